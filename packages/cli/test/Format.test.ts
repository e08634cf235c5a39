import { assert, describe, it } from "@effect/vitest"
import * as Format from "../src/Format.ts"

describe("Format", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [100 * 1024 ** 2, "100 MiB"],
    [3 * 1024 ** 3, "3.0 GiB"],
    [1.25 * 1024 ** 4, "1.3 TiB"],
    [5000 * 1024 ** 4, "5000 TiB"]
  ])("tells %d bytes as %s", (count, text) => {
    assert.strictEqual(Format.bytes(count), text)
  })

  it.each([
    [0, "0 s"],
    [0.4, "under 1 s"],
    [59.4, "59 s"],
    [59.6, "1 min 00 s"],
    [185, "3 min 05 s"],
    [3599.4, "59 min 59 s"],
    [3599.6, "1 h 00 min"],
    [7620, "2 h 07 min"],
    [90_000, "25 h 00 min"]
  ])("tells %d seconds as %s", (count, text) => {
    assert.strictEqual(Format.seconds(count), text)
  })

  it.each([
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007text", "text"],
    ["\u001b]8;;http://evil\u0007link\u001b]8;;\u0007", "link"],
    ["\u009b2Jtext", "text"],
    ["up\u001b[1A\u001b[2K\rgone", "up gone"],
    ["two\r\nlines\tand\u0085a\u2028half", "two lines and a half"],
    ["left\u202eright\u2066 \u200f", "left right"],
    ["\u0000\u0008bell\u0007", "bell"],
    ["\u001b[0m ::error::a::b", ": :error::a::b"],
    ["a ##[error]b", "a # #[error]b"],
    ["  spaces   between  ", "spaces between"],
    ["日本 👩‍🚀 é", "日本 👩‍🚀 é"]
  ])("makes one harmless line of %j", (remote, text) => {
    assert.strictEqual(Format.remote(remote), text)
  })

  it("cuts to a width in columns, by characters and not by halves of them", () => {
    assert.strictEqual(Format.fit("crab", 4), "crab")
    assert.strictEqual(Format.fit("crabs", 4), "cra…")
    assert.strictEqual(Format.fit("🦀🦀", 4), "🦀🦀")
    assert.strictEqual(Format.fit("🦀🦀🦀", 4), "🦀…")
    assert.strictEqual(Format.fit("蟹の島", 5), "蟹の…")
    assert.strictEqual(Format.fit("👩‍🚀👩‍🚀", 3), "👩‍🚀…")
    assert.strictEqual(Format.fit("crab", 0), "…")
  })

  it("puts columns under each other, also where characters take two of a terminal's", () => {
    assert.strictEqual(
      Format.table([["BUG", "TITLE"], ["蟹の島", "a"], ["e\u0301", "b"]]),
      "BUG     TITLE\n蟹の島  a\ne\u0301       b"
    )
  })

  it("draws a bar of its width, whatever the share", () => {
    assert.strictEqual(Format.bar(0, 4), "░░░░")
    assert.strictEqual(Format.bar(0.5, 4), "██░░")
    assert.strictEqual(Format.bar(1, 4), "████")
    assert.strictEqual(Format.bar(7, 4), "████")
    assert.strictEqual(Format.bar(-1, 4), "░░░░")
  })
})
