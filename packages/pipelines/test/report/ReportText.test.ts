import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { block, bytes, cap, count, duration, line } from "../../src/report/ReportText.ts"
import { hostileTexts } from "../support/Results.ts"

const steering =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\uffff]|\p{Surrogate}/u

describe("text from outside", () => {
  it("is one line without what steers a terminal or turns the reading direction", () => {
    assert.strictEqual(line(" a\u001b[31m\u001b]0;title\u0007 b\r\n\tc\u202e\u0000d "), "a b c d")
    assert.strictEqual(line("日本語 עברית 🎮👩‍🚀"), "日本語 עברית 🎮👩‍🚀", "scripts and joined signs stay")
  })

  it("keeps its lines where it may have some", () => {
    assert.strictEqual(block("a\r\nb \u2028 c\n\n\n\n d\u001b[0m"), "a\nb\nc\n\nd")
  })

  it("is cut with an ellipsis, never within a sign", () => {
    assert.strictEqual(cap("abcdef", 6), "abcdef")
    assert.strictEqual(cap("abcdefg", 6), "abcde…")
    assert.strictEqual(cap("abcd🎮fg", 6), "abcd…")
    assert.strictEqual(line("x".repeat(1_000_000)).length, 300)
  })

  it.prop("is harmless, whatever it was, and stays as it is from then on", [Schema.String], ([text]) => {
    for (const hostile of [text, ...hostileTexts.slice(0, -3).map((hostile) => hostile + text)]) {
      const harmless = line(hostile)
      assert.notMatch(harmless, steering)
      assert.notInclude(harmless, "\n")
      assert.strictEqual(line(harmless), harmless)
      assert.notMatch(block(hostile), steering)
    }
  })
})

it("numbers are said for people", () => {
  assert.deepStrictEqual([0, 400, 42_000, 185_000, 7_620_000].map(duration), [
    "0 s",
    "under 1 s",
    "42 s",
    "3 min 05 s",
    "2 h 07 min"
  ])
  assert.deepStrictEqual([0, 1023, 1536, 1_530_000_000, 2 ** 50].map(bytes), [
    "0 B",
    "1023 B",
    "1.5 KiB",
    "1.4 GiB",
    "1024 TiB"
  ])
  assert.deepStrictEqual([count(1, "bug"), count(0, "bug"), count(2, "fails", "fail")], ["1 bug", "0 bugs", "2 fail"])
})
