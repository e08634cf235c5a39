import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Baseline from "../../src/Baseline.ts"
import * as Gate from "../../src/Gate.ts"
import * as Json from "../../src/report/Json.ts"
import { ReportView } from "../../src/report/ReportView.ts"
import { run } from "../support/Fixtures.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial } from "../support/Results.ts"
import { faultsIn2020 } from "../support/Schemas.ts"

describe("the JSON report", () => {
  it("tells the verdict, its reasons, and all bugs with what the gate and the baseline say of them", () => {
    const report = JSON.parse(Json.render(rich()))
    assert.deepInclude(report, { schemaVersion: 1, program: "matrix", verdict: "failed" })
    assert.deepStrictEqual(report.counts, { runs: 2, bugs: 5, new: 3, known: 1, expired: 1, failing: 2, fixed: 0 })
    assert.deepStrictEqual(
      report.bugs.map(({ bugId, fails, sightingCount, standing }: ReportView["bugs"][number]) => [
        bugId,
        standing,
        fails,
        sightingCount
      ]),
      [
        ["bug_8a1b2c3d", "new", true, 1],
        ["bug_5e6f7a8b", "known", false, 2],
        ["bug_77aa88bb", "expired", true, 1],
        ["bug_1f2e3d4c", "new", false, 1],
        ["bug_0c9d8e7f", "new", false, 1]
      ]
    )
    assert.deepStrictEqual(report.reasons.map(({ message }: { readonly message: string }) => message), [
      "The run of “Tutorial” (job job-2) ended with FAILED",
      "Bug of severity critical: Player falls through the bridge when two players stand on the third plank",
      "Bug of severity high: Shop button has no effect on the second tap; it was accepted until 2026-11-01 by mara",
      "No result of “Save and load” (job job-3): no device is free"
    ])
    assert.deepStrictEqual(report.trials[0].jobs[0].run.players[0].steps[1], {
      number: 2,
      goal: "Cross the rope bridge",
      state: "COMPLETED",
      result: "SUCCESS",
      startMs: 32_000,
      durationMs: 79_000,
      report: null
    })
  })

  it("calls known bugs fixed only when every run could be judged", () => {
    const result = rich()
    assert.deepStrictEqual(JSON.parse(Json.render(result)).fixed, [])
    const [first, second] = result.trials
    assert.isDefined(first)
    const { trials, accepted } = {
      ...resultOf([first, ...(second === undefined ? [] : [second])]),
      accepted: result.accepted
    }
    const verdict = resultOf(trials).verdict
    const report = JSON.parse(Json.render({ ...result, trials, accepted, verdict }))
    assert.deepStrictEqual(report.fixed.map(({ bugId }: { readonly bugId: string }) => bugId), ["bug_deadbeef"])
    assert.strictEqual(report.counts.fixed, 1)
  })

  it("calls no known bug fixed by a run that ended before its last step", () => {
    const baseline = {
      version: 1 as const,
      bugs: [{ bugId: "bug_9", reason: "Waits", owner: "mara", until: "2999-12-31" }]
    }
    const player = { id: "p", state: null, result: null, playerNumber: 0, testName: null, compositeTestId: null }
    const of = (result: string, stepCount: number | null, completedStepCount: number | null) =>
      JSON.parse(Json.render(resultOf([
        trial([
          judged({
            run: run({
              result,
              players: [{ ...player, platform: null, artifacts: [], steps: [], stepCount, completedStepCount }]
            })
          })
        ])
      ], { baseline })))
    const told = (report: { readonly conclusive: boolean; readonly fixed: ReadonlyArray<unknown> }) => [
      report.conclusive,
      report.fixed.length
    ]
    assert.deepStrictEqual(told(of("SUCCESS", null, null)), [true, 1])
    assert.deepStrictEqual(told(of("FAILED", 5, 5)), [true, 1])
    for (const early of [of("FAILED", 5, 2), of("FAILED", null, null), of("MAX_STEPS", 5, 5), of("STOPPED", 5, 5)]) {
      assert.deepStrictEqual([...told(early), early.notSeen.length], [false, 0, 1])
    }
  })

  it("follows its JSON Schema, whatever the game says", () => {
    const results = [rich(), resultOf([]), ...hostileTexts.map(saying)]
    const reports: ReadonlyArray<unknown> = results.map((result) => JSON.parse(Json.render(result)))
    assert.deepStrictEqual(faultsIn2020(Json.jsonSchema(), ...reports), [])
    for (const report of reports) Schema.decodeUnknownSync(ReportView)(report)
    assert.isNotEmpty(faultsIn2020(Json.jsonSchema(), { ...JSON.parse(Json.render(rich())), verdict: "green" }))
  })

  it("has schemas beside it for the files of the gate and the baseline", () => {
    const gate = { version: 1, failOn: [{ severity: "high", confidence: "low", categories: ["ui"] }] }
    assert.deepStrictEqual(faultsIn2020(Gate.jsonSchema(), gate), [])
    assert.isNotEmpty(faultsIn2020(Gate.jsonSchema(), { ...gate, failon: [] }))
    const baseline = JSON.parse(
      Baseline.print({ version: 1, bugs: [{ bugId: "b", reason: "r", owner: "o", until: "2026-12-31" }] })
    )
    assert.deepStrictEqual(faultsIn2020(Baseline.jsonSchema(), baseline), [])
    assert.isNotEmpty(faultsIn2020(Baseline.jsonSchema(), { ...baseline, bugs: [{ bug_id: "b" }] }))
  })

  it.for([["gate", Gate.jsonSchema()], ["baseline", Baseline.jsonSchema()], ["report", Json.jsonSchema()]] as const)(
    "has its schema, that of the %s, in the docs for editors",
    async ([name, schema], { expect }) => {
      const text = `${JSON.stringify(schema, null, 2)}\n`
      await expect(text).toMatchFileSnapshot(`../../../../docs/schemas/${name}.schema.json`)
    }
  )

  it("has no text longer than somebody reads, and none that steers a terminal", () => {
    for (const text of hostileTexts) {
      const report = Json.render(saying(text))
      assert.notMatch(JSON.stringify(JSON.parse(report)), steering)
      assert.notMatch(report, /\\u00|\\ud8|\\udc/)
      assert.isBelow(report.length, 100_000)
    }
  })
})

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const steering = /[\u0000-\u001f\u007f-\u009f\u200f\u2028-\u202e\u2066-\u2069\ufeff]/
