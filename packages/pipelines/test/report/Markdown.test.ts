import { assert, describe, it } from "@effect/vitest"
import { micromark } from "micromark"
import { gfm, gfmHtml } from "micromark-extension-gfm"
import * as Gate from "../../src/Gate.ts"
import { InvalidOptions, PipelineError } from "../../src/PipelineError.ts"
import { make } from "../../src/PipelineResult.ts"
import * as Markdown from "../../src/report/Markdown.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial, withBugs } from "../support/Results.ts"

/** What a reader of GitHub's Markdown makes of a report. */
const htmlOf = (markdown: string): string =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })

const elementsOf = (markdown: string) => htmlOf(markdown).match(/<\/?[\w-]+/g)?.join(" ")

describe("the Markdown report", () => {
  it("begins with the verdict, then why, then the bugs, the worst first", () => {
    const report = Markdown.render(rich())
    assert.match(report, /^# ❌ Failed\n\n\*\*2 bugs over the gate, 1 run not successful, one result is missing\*\*/)
    const headings = report.match(/^#+ .*$/gm)
    assert.deepStrictEqual(headings, [
      "# ❌ Failed",
      "## Why",
      "## Bugs",
      "### Critical (1)",
      "### High (2)",
      "### Medium (1)",
      "### Low (1)",
      "## Not seen",
      "## Runs",
      "### Rope bridge",
      "### Tutorial on tablets",
      "### Save and load"
    ])
    assert.include(report, "| known until 2026-12-31 | Chest stays shut after the key was used `bug_5e6f7a8b` |")
    assert.include(report, "| ❌ expired on 2026-11-01 | Shop button has no effect on the second tap `bug_77aa88bb` |")
  })

  it("says so when nothing is wrong", () => {
    const report = Markdown.render(resultOf([trial([judged()])]))
    assert.match(report, /^# ✅ Passed\n\n\*\*The run succeeded, and no bug was found\*\*/)
    assert.notInclude(report, "## Why")
  })

  it("says in words what the gate is", () => {
    const of = (gate: Gate.Gate) => Markdown.render(resultOf([trial([judged()])], { gate }))
    assert.include(of(Gate.defaultGate), "the gate fails from high on")
    assert.include(of({ failOn: [] }), "no bug fails the gate")
  })

  it("is the same document, whatever the game says", () => {
    for (const text of hostileTexts) {
      assert.strictEqual(
        elementsOf(Markdown.render(saying(text))),
        elementsOf(Markdown.render(saying("fine"))),
        text.slice(0, 80)
      )
    }
  })

  it.each(["# Heading", "- item", "+ item", "1. first", "2) second", "=== line", "> quote"])(
    "lets a name that begins a line begin nothing else: %s",
    (name) => {
      const error = new PipelineError({ reason: new InvalidOptions({ action: "begin", faults: [] }) })
      const named = (name: string) => {
        const one = trial([], { name, error })
        return Markdown.render(make({ ...one, program: "confirm", trials: [one] }))
      }
      assert.strictEqual(elementsOf(named(name)), elementsOf(named("fine")))
      assert.include(htmlOf(named(name)), name.replace(">", "&gt;"))
    }
  )

  it("calls nobody and links to nothing", () => {
    for (const text of hostileTexts) {
      const html = htmlOf(Markdown.render(saying(text))).replace(/<code>[^<]*<\/code>/g, "") // what is code stays text
      assert.notMatch(html, /<a |<img |<input |@[\w]|#\d|GH-\d/)
    }
  })

  it("counts the bugs that it leaves out", () => {
    const report = Markdown.render(withBugs(30), { maxBugs: 10 })
    assert.include(report, "…and 20 bugs more.")
    assert.strictEqual(report.match(/Bug number/g)?.length, 16 + 10, "those of the gate are told as reasons, too")
  })
})
