import { assert, describe, it } from "@effect/vitest"
import { BugId } from "@nunu-effect/core/Bug"
import type { Job } from "@nunu-effect/core/Job"
import type { Run } from "@nunu-effect/core/Run"
import { DateTime } from "effect"
import * as Baseline from "../src/Baseline.ts"
import type { Threshold } from "../src/Gate.ts"
import { Finding, judge, type JudgedJob, Verdict } from "../src/Verdict.ts"
import { bug, buildId, job, jobId, run } from "./support/Fixtures.ts"

/** Over with success, its bugs settled at none. */
const judged = (more: Partial<JudgedJob> = {}): JudgedJob => ({
  job: job({ status: "COMPLETED" }),
  run: run(),
  bugs: [],
  settled: true,
  ...more
})

const withResult = (result: Run["result"], number = 1) =>
  judged({ job: job({ jobId: jobId(number), status: "COMPLETED" }), run: run({ result }) })

const withoutRun = (more: Partial<Job>) =>
  judged({ job: job({ status: "COMPLETED", ...more }), run: null, bugs: null, settled: false })

const passed = Verdict.Passed()

const tagsOf = (verdict: Verdict) => verdict._tag === "Passed" ? [] : verdict.findings.map((finding) => finding._tag)

describe("a release passes", () => {
  it("when every run succeeded and its bugs are settled at none", () => {
    assert.deepStrictEqual(judge([judged()]), passed)
    assert.deepStrictEqual(judge([judged(), withResult("SUCCESS", 2)]), passed)
  })

  it("with bugs under the gate", () => {
    const bugs = [bug({ severity: "low" }), bug({ severity: "medium" })]
    assert.deepStrictEqual(judge([judged({ bugs })]), passed)
  })

  it("with any bugs when no gate is set", () => {
    assert.deepStrictEqual(judge([judged({ bugs: [bug({ severity: "critical" })] })], { gate: { failOn: [] } }), passed)
  })

  it("when the run tells the build that was uploaded, or none", () => {
    const told = judged({ run: run({ build: { id: buildId, name: null, type: null } }) })
    assert.deepStrictEqual(judge([told, judged()], { buildId }), passed)
  })
})

describe("a release fails", () => {
  it.each(["FAILED", "MAX_STEPS"])("when a run ended with %s", (result) => {
    assert.deepStrictEqual(
      judge([judged(), withResult(result, 2)]),
      Verdict.Failed({ findings: [Finding.RunNotSuccessful({ jobId: "job-2", result })] })
    )
  })

  it("with a bug over the gate, even though the run succeeded", () => {
    const bad = bug({ severity: "high" })
    assert.deepStrictEqual(
      judge([judged({ bugs: [bug({ bugId: BugId.make("bug_2") }), bad] })]),
      Verdict.Failed({ findings: [Finding.BugOverThreshold({ bug: bad, standing: "new", sightings: 1 })] })
    )
  })

  it("with a bug over the gate, even though its bugs are not settled", () => {
    const verdict = judge([judged({ bugs: [bug({ severity: "critical" })], settled: false })])
    assert.strictEqual(verdict._tag, "Failed")
    assert.deepStrictEqual(tagsOf(verdict), ["BugOverThreshold", "BugsNotSettled"])
  })

  it("with a bug over the gate, whatever the run came to", () => {
    const verdict = judge([judged({ run: run({ result: "STOPPED" }), bugs: [bug({ severity: "critical" })] })])
    assert.strictEqual(verdict._tag, "Failed")
    assert.deepStrictEqual(tagsOf(verdict), ["BugOverThreshold", "NoResult"])
  })

  it("with failed runs first, then bugs, then all that is unclear, each in the order of the jobs", () => {
    const verdict = judge([
      withoutRun({ jobId: jobId(1) }),
      judged({ run: run({ result: "FAILED" }), bugs: [bug({ severity: "high" })], job: job({ jobId: jobId(2) }) }),
      withResult("ERROR", 3),
      withResult("MAX_STEPS", 4)
    ])
    assert.strictEqual(verdict._tag, "Failed")
    assert.deepStrictEqual(tagsOf(verdict), [
      "RunNotSuccessful",
      "RunNotSuccessful",
      "BugOverThreshold",
      "NoResult",
      "NoResult"
    ])
  })
})

describe("nobody can tell", () => {
  const inconclusive = (why: string, number = 1) =>
    Verdict.Inconclusive({ findings: [Finding.NoResult({ jobId: `job-${number}`, why })] })

  it("when there was no job", () => {
    assert.deepStrictEqual(
      judge([]),
      Verdict.Inconclusive({ findings: [Finding.NoResult({ jobId: "", why: "there was no job" })] })
    )
  })

  it.each(["STOPPED", "ERROR", "PARTLY_FINE", "success", ""])("when a run ended with %j", (result) => {
    assert.deepStrictEqual(judge([withResult(result)]), inconclusive(`the result is ${result}`))
  })

  it("when a run has no result", () => {
    assert.deepStrictEqual(judge([withResult(null)]), inconclusive("the run has no result"))
  })

  it.each<readonly [string, Partial<Job>, string]>([
    ["the queue refused it", { queueRejectionReason: "no device is free" }, "no device is free"],
    ["it was stopped", { stoppedBy: { type: "user" } }, "it was stopped"],
    ["it ended", {}, "it ended without a run"]
  ])("when there is no run, because %s", (_, more, why) => {
    assert.deepStrictEqual(judge([withoutRun(more)]), inconclusive(why))
  })

  it.each<readonly [string, Partial<Job>, string]>([
    ["stopped", { stoppedBy: { type: "user" } }, "it was stopped"],
    ["refused", { queueRejectionReason: "quota" }, "quota"]
  ])("when the job was %s, whatever its run says", (_, more, why) => {
    const verdict = judge([judged({ job: job({ status: "COMPLETED", ...more }) })])
    assert.deepStrictEqual(verdict, inconclusive(why))
  })

  it.each([
    ["not settled", { settled: false }],
    ["not known", { bugs: null }]
  ])("when the bugs are %s", (_, more) => {
    assert.deepStrictEqual(
      judge([judged(more)]),
      Verdict.Inconclusive({ findings: [Finding.BugsNotSettled({ jobId: "job-1" })] })
    )
  })

  it("when one of several jobs is unclear", () => {
    assert.deepStrictEqual(judge([judged(), withResult("ERROR", 2)]), inconclusive("the result is ERROR", 2))
  })

  it.each<readonly [string, Partial<JudgedJob>]>([
    ["run", { run: run({ build: { id: "build-2", name: null, type: null } }) }],
    ["job", { job: job({ status: "COMPLETED", buildId: "build-2" }) }]
  ])("when the %s tested another build", (_, more) => {
    assert.deepStrictEqual(
      judge([judged(more)], { buildId }),
      Verdict.Inconclusive({
        findings: [Finding.BuildMismatch({ jobId: "job-1", expected: buildId, actual: "build-2" })]
      })
    )
    assert.deepStrictEqual(judge([judged(more)]), passed, "no build was asked for")
  })
})

describe("a bug fails the gate", () => {
  const fails = (severity: string | null, confidence: string | null, threshold: Threshold) =>
    judge([judged({ bugs: [bug({ severity, confidence })] })], { gate: { failOn: [threshold] } })._tag === "Failed"

  it.each<readonly [Threshold["severity"], ReadonlyArray<string>]>([
    ["low", ["low", "medium", "high", "critical"]],
    ["medium", ["medium", "high", "critical"]],
    ["high", ["high", "critical"]],
    ["critical", ["critical"]]
  ])("from severity %s on", (severity, over) => {
    for (const word of ["low", "medium", "high", "critical"]) {
      assert.strictEqual(fails(word, "low", { severity }), over.includes(word), word)
    }
  })

  it.each<readonly [NonNullable<Threshold["confidence"]>, ReadonlyArray<string>]>([
    ["low", ["low", "medium", "high"]],
    ["medium", ["medium", "high"]],
    ["high", ["high"]]
  ])("of confidence %s on", (confidence, over) => {
    for (const word of ["low", "medium", "high"]) {
      assert.strictEqual(fails("critical", word, { severity: "high", confidence }), over.includes(word), word)
      assert.isFalse(fails("medium", word, { severity: "high", confidence }), "the severity counts too")
    }
  })

  it.each(["catastrophic", "", null])("of severity %j, which nobody knows, as the worst", (severity) => {
    assert.isTrue(fails(severity, "high", { severity: "critical", confidence: "high" }))
  })

  it.each(["certain", "", null])("of confidence %j, which nobody knows, as the surest", (confidence) => {
    assert.isTrue(fails("critical", confidence, { severity: "critical", confidence: "high" }))
  })

  it("in any case of letters", () => {
    assert.isFalse(fails("LOW", "HIGH", { severity: "high" }))
    assert.isTrue(fails("High", "High", { severity: "high", confidence: "high" }))
    assert.isFalse(fails("CRITICAL", "Low", { severity: "high", confidence: "high" }))
  })

  it("when any of several thresholds is met", () => {
    const gate = { failOn: [{ severity: "critical" }, { severity: "medium", confidence: "high" }] } as const
    const verdictOf = (severity: string, confidence: string) =>
      judge([judged({ bugs: [bug({ severity, confidence })] })], { gate })._tag
    assert.strictEqual(verdictOf("critical", "low"), "Failed")
    assert.strictEqual(verdictOf("medium", "high"), "Failed")
    assert.strictEqual(verdictOf("high", "medium"), "Passed")
  })

  it("once, by its worst sighting, however often it was seen", () => {
    const [high, critical] = [bug({ id: "1", severity: "high" }), bug({ id: "2", severity: "critical" })]
    const other = bug({ id: "3", bugId: BugId.make("bug_2"), severity: "high" })
    assert.deepStrictEqual(
      judge([judged({ bugs: [high, other, critical] })]),
      Verdict.Failed({
        findings: [
          Finding.BugOverThreshold({ bug: critical, standing: "new", sightings: 2 }),
          Finding.BugOverThreshold({ bug: other, standing: "new", sightings: 1 })
        ]
      })
    )
  })
})

describe("the baseline", () => {
  const known = (until: string, bugId = "bug_1") => ({ bugId, reason: "A driver's fault", owner: "mara", until })
  const at = DateTime.makeUnsafe("2026-11-23T12:00:00Z")
  const accepted = (...bugs: ReadonlyArray<Baseline.KnownBug>) => Baseline.acceptedAt({ version: 1, bugs }, at)
  const jobs = [judged({ bugs: [bug({ severity: "critical" })] })]

  it("lets a known bug pass", () => {
    assert.deepStrictEqual(judge(jobs, { accepted: accepted(known("2026-11-23")) }), passed)
  })

  it("does not any more when its day is over", () => {
    const verdict = judge(jobs, { accepted: accepted(known("2026-11-22")) })
    assert.deepStrictEqual(tagsOf(verdict), ["BugOverThreshold"])
    assert.deepInclude(verdict._tag === "Failed" ? verdict.findings[0] : {}, { standing: "expired" })
  })

  it("says nothing of another bug, nor of one without an id", () => {
    assert.strictEqual(judge(jobs, { accepted: accepted(known("2027-01-01", "bug_2")) })._tag, "Failed")
    const nameless = [judged({ bugs: [bug({ severity: "critical", bugId: null })] })]
    assert.strictEqual(judge(nameless, { accepted: accepted(known("2027-01-01")) })._tag, "Failed")
  })

  it("says nothing of how a run ended, nor of bugs that were not read", () => {
    const options = { accepted: accepted(known("2027-01-01")) }
    assert.strictEqual(judge([withResult("FAILED")], options)._tag, "Failed")
    assert.strictEqual(judge([judged({ bugs: null })], options)._tag, "Inconclusive")
  })
})

describe("a confirmation", () => {
  const jobs = [judged({ bugs: [bug({ severity: "critical" })] })]
  const seen = (times: number) => ({ confirmation: { needed: 2, seen: new Map([["bug_1", times]]) } })

  it("lets a bug pass that was seen too seldom", () => {
    assert.deepStrictEqual(judge(jobs, seen(1)), passed)
    assert.strictEqual(judge(jobs, seen(2))._tag, "Failed")
  })

  it("does not hold for a bug without an id, which cannot be counted", () => {
    const nameless = [judged({ bugs: [bug({ severity: "critical", bugId: null })] })]
    assert.strictEqual(judge(nameless, seen(0))._tag, "Failed")
  })
})
