import { assert, describe, it } from "@effect/vitest"
import * as Sarif from "../../src/report/Sarif.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial, withBugs } from "../support/Results.ts"
import { faultsInSarif } from "../support/Schemas.ts"

const resultsOf = (log: string): ReadonlyArray<Readonly<Record<string, unknown>>> => JSON.parse(log).runs[0].results

describe("the SARIF report", () => {
  it("follows the published schema, whatever the game says", () => {
    for (const result of [rich(), resultOf([]), withBugs(50), ...hostileTexts.map(saying)]) {
      assert.deepStrictEqual(faultsInSarif(JSON.parse(Sarif.render(result))), [])
    }
    assert.isNotEmpty(faultsInSarif({ ...JSON.parse(Sarif.render(rich())), version: "2.0" }), "the schema does check")
  })

  it("tells which bugs are new, known or expired, and suppresses what is accepted", () => {
    assert.deepStrictEqual(
      resultsOf(Sarif.render(rich())).map(({ baselineState, level, partialFingerprints, suppressions }) => [
        (partialFingerprints as { readonly "nunuBugId/v1": string })["nunuBugId/v1"],
        baselineState,
        level,
        Array.isArray(suppressions)
      ]),
      [
        ["bug_8a1b2c3d", "new", "error", false],
        ["bug_5e6f7a8b", "unchanged", "error", true],
        ["bug_77aa88bb", "unchanged", "error", false],
        ["bug_1f2e3d4c", "new", "warning", false],
        ["bug_0c9d8e7f", "new", "note", false]
      ]
    )
  })

  it("names fixed bugs as absent", () => {
    const bugs = [{ bugId: "bug_9", title: "Gone", reason: "r", owner: "o", until: "2026-12-31" }]
    const log = Sarif.render(resultOf([trial([judged()])], { baseline: { version: 1, bugs } }))
    assert.deepStrictEqual(faultsInSarif(JSON.parse(log)), [])
    assert.deepInclude(resultsOf(log)[0], { baselineState: "absent", message: { text: "Gone" } })
  })

  it("links to nothing: brackets and braces of a title stay what they are", () => {
    const [first] = resultsOf(Sarif.render(saying("see [here](https://evil.example) {0}")))
    const text = "see \\[here\\](https://evil.example) {{0}}"
    assert.deepInclude(first, { message: { text: `${text}\n\n${text}` } })
  })

  it("says of a run that nobody can judge that the tool did not succeed", () => {
    const log = JSON.parse(Sarif.render(resultOf([])))
    assert.deepInclude(log.runs[0].invocations[0], { executionSuccessful: false })
  })
})
