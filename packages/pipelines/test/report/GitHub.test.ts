import { assert, describe, it } from "@effect/vitest"
import * as GitHub from "../../src/report/GitHub.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial, withBugs } from "../support/Results.ts"

const linesOf = (text: string) => text.split("\n").slice(0, -1)

const outputNames = [
  "verdict",
  "summary",
  "build-id",
  "run-ids",
  "bugs",
  "new-bugs",
  "known-bugs",
  "failing-bugs",
  "fixed-bugs"
]

describe("the report for GitHub Actions", () => {
  it("has outputs", () => {
    const outputs = Object.fromEntries(linesOf(GitHub.render(rich()).outputs).map((line) => line.split("=")))
    assert.deepInclude(outputs, { verdict: "failed", bugs: "5", "new-bugs": "3", "run-ids": "run-1,run-2" })
  })

  it("annotates failures as errors, what could not be told as warnings, and other new bugs as notices", () => {
    const lines = linesOf(GitHub.render(rich()).annotations)
    assert.deepStrictEqual(lines.map((line) => line.slice(2, line.indexOf(" "))), [
      "error",
      "error",
      "error",
      "warning",
      "notice",
      "notice"
    ])
    assert.strictEqual(
      lines[3],
      "::warning title=nunu%3A could not tell::No result of “Save and load” (job job-3): no device is free"
    )
    assert.strictEqual(GitHub.render(resultOf([trial([judged()])])).annotations, "")
  })

  it("annotates no more than GitHub shows, and says in the last that there is more", () => {
    const lines = linesOf(GitHub.render(withBugs(10_000)).annotations)
    const errors = lines.filter((line) => line.startsWith("::error "))
    assert.strictEqual(errors.length, 10)
    assert.match(errors.at(-1) ?? "", /::…and 4991 more: see the summary of this step$/)
    assert.strictEqual(lines.filter((line) => line.startsWith("::notice ")).length, 10)
  })

  it("has a summary that GitHub takes, however many bugs there are", () => {
    const { summary } = GitHub.render(withBugs(10_000))
    assert.isBelow(new TextEncoder().encode(summary).length, 1024 * 1024)
    assert.match(summary, /…and 9000 bugs more\./)
  })

  it("gives no commands and no outputs but its own, whatever the game says", () => {
    for (const text of hostileTexts) {
      const { annotations, outputs } = GitHub.render(saying(text))
      assert.deepStrictEqual(linesOf(outputs).map((line) => line.slice(0, line.indexOf("="))), outputNames)
      for (const line of linesOf(annotations)) assert.match(line, /^::(?:error|warning|notice) title=nunu%3A [\w ]+::/)
      assert.strictEqual(linesOf(annotations).length, linesOf(GitHub.render(saying("fine")).annotations).length)
      assert.notMatch(annotations, /##\[/)
      assert.notMatch(annotations, /%(?!25|3A|2C)/)
    }
  })
})
