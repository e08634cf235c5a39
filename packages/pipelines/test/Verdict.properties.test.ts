import { assert, describe, it } from "@effect/vitest"
import { BugId } from "@nunu-effect/core/Bug"
import { DateTime, Schema } from "effect"
import * as Baseline from "../src/Baseline.ts"
import { judge, type JudgedJob } from "../src/Verdict.ts"
import { bug, buildId, job, jobId, run } from "./support/Fixtures.ts"

const severities = ["low", "medium", "high", "critical"]
const confidences = ["low", "medium", "high"]

const Word = (words: ReadonlyArray<string>) => Schema.NullOr(Schema.Union([Schema.Literals(words), Schema.String]))
const Build = Schema.NullOr(Schema.Literals([buildId, "build-2"]))

const AnyBug = Schema.Struct({ severity: Word(severities), confidence: Word(confidences) })

interface AnyJob {
  readonly hasRun: boolean
  readonly result: string | null
  readonly bugs: ReadonlyArray<typeof AnyBug.Type> | null
  readonly settled: boolean
  readonly rejection: string | null
  readonly stopped: boolean
  readonly buildOfRun: string | null
  readonly buildOfJob: string | null
}

const clean: AnyJob = {
  hasRun: true,
  result: "SUCCESS",
  bugs: [],
  settled: true,
  rejection: null,
  stopped: false,
  buildOfRun: buildId,
  buildOfJob: null
}

/** What may be wrong with a job, or may seem so. */
const Fault = Schema.Union([
  Schema.Struct({ hasRun: Schema.Boolean }),
  Schema.Struct({ result: Word(["SUCCESS", "FAILED", "MAX_STEPS", "STOPPED", "ERROR"]) }),
  Schema.Struct({ bugs: Schema.NullOr(Schema.Array(AnyBug)) }),
  Schema.Struct({ bugs: Schema.Array(AnyBug) }),
  Schema.Struct({ settled: Schema.Boolean }),
  Schema.Struct({ rejection: Schema.NullOr(Schema.String) }),
  Schema.Struct({ stopped: Schema.Boolean }),
  Schema.Struct({ buildOfRun: Build, buildOfJob: Build })
])
const Faults = Schema.Array(Fault)

const jobOf = (faults: typeof Faults.Type): AnyJob =>
  faults.reduce<AnyJob>((any, fault) => ({ ...any, ...fault }), clean)

const Threshold = Schema.Struct({
  severity: Schema.Literals(["low", "medium", "high", "critical"]),
  confidence: Schema.Literals(["low", "medium", "high"])
})

const AnyThreshold = Schema.Struct({
  ...Threshold.fields,
  categories: Schema.Array(Schema.Literals(["ui", "crash", "gameplay", "physics"])).check(Schema.isNonEmpty())
})

const judgedOf = (any: AnyJob, index: number): JudgedJob => ({
  job: job({
    jobId: jobId(index),
    status: "COMPLETED",
    queueRejectionReason: any.rejection,
    stoppedBy: any.stopped ? { type: "user" } : null,
    buildId: any.buildOfJob
  }),
  run: any.hasRun
    ? run({
      result: any.result,
      build: any.buildOfRun === null ? null : { id: any.buildOfRun, name: null, type: null }
    })
    : null,
  bugs: any.bugs?.map((words, number) => bug({ id: `${index}-${number}`, ...words })) ?? null,
  settled: any.settled
})

/** Written down a second time, the other way round: what must hold of a bug that may pass. */
const isUnder = (words: typeof AnyBug.Type, threshold: typeof Threshold.Type): boolean => {
  const severity = severities.indexOf(words.severity?.toLowerCase() ?? "")
  const confidence = confidences.indexOf(words.confidence?.toLowerCase() ?? "")
  return (severity !== -1 && severity < severities.indexOf(threshold.severity)) ||
    (confidence !== -1 && confidence < confidences.indexOf(threshold.confidence))
}

/** All that a job needs for a pass. */
const isClean = (any: AnyJob, failOn: ReadonlyArray<typeof Threshold.Type>): boolean =>
  any.hasRun && any.result === "SUCCESS" && any.rejection === null && !any.stopped &&
  any.buildOfRun !== "build-2" && any.buildOfJob !== "build-2" && any.settled && any.bugs !== null &&
  any.bugs.every((words) => failOn.every((threshold) => isUnder(words, threshold)))

const input = [Schema.Array(Faults), Schema.Array(Threshold)] as const
const runs = { arbitrary: { runs: 500 } }

describe("every verdict", () => {
  it.prop("passes exactly when there are jobs and all of them are clean", [...input], ([faults, failOn]) => {
    const jobs = faults.map(jobOf)
    const verdict = judge(jobs.map(judgedOf), { gate: { failOn }, buildId })
    assert.strictEqual(verdict._tag === "Passed", jobs.length > 0 && jobs.every((any) => isClean(any, failOn)))
  }, runs)

  it.prop("does not pass any more for one job that is not clean", [Faults, Threshold], ([faults, threshold]) => {
    const any = jobOf(faults)
    const verdict = judge([clean, any, clean].map(judgedOf), { gate: { failOn: [threshold] }, buildId })
    assert.strictEqual(verdict._tag === "Passed", isClean(any, [threshold]))
  }, runs)

  it.prop("is the same kind in whatever order the jobs are", [...input], ([faults, failOn]) => {
    const jobs = faults.map(jobOf)
    const judged = jobs.map(judgedOf)
    const options = { gate: { failOn }, buildId }
    assert.strictEqual(judge(judged.toReversed(), options)._tag, judge(judged, options)._tag)
  }, runs)

  it.prop("fails exactly when it tells of a failure, and tells failures first", [...input], ([faults, failOn]) => {
    const jobs = faults.map(jobOf)
    const verdict = judge(jobs.map(judgedOf), { gate: { failOn }, buildId })
    if (verdict._tag === "Passed") return
    const failures = verdict.findings.map((finding) =>
      finding._tag === "RunNotSuccessful" || finding._tag === "BugOverThreshold"
    )
    assert.strictEqual(failures.includes(true), verdict._tag === "Failed")
    assert.deepStrictEqual(failures, failures.toSorted((a, b) => Number(b) - Number(a)))
  }, runs)

  it.prop("gets no better by one more bug", [Faults, AnyBug, Threshold], ([faults, words, threshold]) => {
    const any = jobOf(faults)
    const ranks = ["Passed", "Inconclusive", "Failed"]
    const rank = (jobs: ReadonlyArray<AnyJob>) =>
      ranks.indexOf(judge(jobs.map(judgedOf), { gate: { failOn: [threshold] } })._tag)
    const found = any.bugs ?? []
    assert.isAtLeast(rank([{ ...any, bugs: [...found, words] }]), rank([{ ...any, bugs: found }]))
  }, runs)

  const entry = { reason: "r", owner: "o", until: "2026-12-31" }
  const idOf = (number: number) => BugId.make(`bug_${number}`)
  const Ids = Schema.Array(Schema.Literals([0, 1, 2, 3]))
  const day = (date: string) => DateTime.makeUnsafe(date)

  it.prop("gets no better by one more bug, no worse by one more that is accepted, and no better as days go by", [
    Schema.Array(AnyBug),
    Ids,
    Threshold
  ], ([words, ids, threshold]) => {
    const ranks = ["Passed", "Inconclusive", "Failed"]
    const found = words.map((word, number) => bug({ id: `${number}`, bugId: idOf(number % 4), ...word }))
    const rank = (bugs: typeof found, accepted: ReadonlyArray<number>, at: string) =>
      ranks.indexOf(
        judge([{ ...judgedOf(clean, 0), bugs }], {
          gate: { failOn: [threshold] },
          accepted: Baseline.acceptedAt(
            { version: 1, bugs: accepted.map((id) => ({ bugId: idOf(id), ...entry })) },
            day(at)
          )
        })._tag
      )
    const now = rank(found, ids, "2026-11-23")
    assert.isAtLeast(now, rank(found.slice(1), ids, "2026-11-23"))
    assert.isAtLeast(rank(found, ids.slice(1), "2026-11-23"), now)
    assert.isAtLeast(rank(found, ids, "2027-01-01"), now)
    assert.strictEqual(rank(found, ids, "2027-01-01"), rank(found, [], "2026-11-23"))
  }, runs)

  it.prop("gets no better by one more threshold", [Schema.Array(Faults), Schema.Array(AnyThreshold), AnyThreshold], ([
    faults,
    failOn,
    more
  ]) => {
    const ranks = ["Passed", "Inconclusive", "Failed"]
    const judged = faults.map(jobOf).map(judgedOf)
    const rank = (thresholds: ReadonlyArray<typeof AnyThreshold.Type>) =>
      ranks.indexOf(judge(judged, { gate: { failOn: thresholds } })._tag)
    assert.isAtLeast(rank([...failOn, more]), rank(failOn))
  }, runs)
})
