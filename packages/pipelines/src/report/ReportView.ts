/**
 * What every report shows of a pipeline's result: plain values, with text from outside made harmless, and without what
 * may be secret (template data, tags of accounts, credentials in links). It is the JSON report; the others draw it.
 */
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type { KnownBug } from "../Baseline.ts"
import { Threshold } from "../Gate.ts"
import * as Gate from "../Gate.ts"
import { cameToItsEnd } from "../Look.ts"
import type { PipelineResult, Trial } from "../PipelineResult.ts"
import { jobsOf } from "../PipelineResult.ts"
import type { Triage, TriagedBug } from "../Triage.ts"
import { triage } from "../Triage.ts"
import type { Finding, JudgedJob } from "../Verdict.ts"
import { PlayerView, playerViewOf } from "./PlayerView.ts"
import { Reason, reasonsOf } from "./Reason.ts"
import { block, count, isRecord, line, lineOrNull, millisBetween, momentOf, textOf } from "./ReportText.ts"

const Moment = Schema.NullOr(Schema.String).annotate({ description: "ISO 8601, in UTC" })
const Millis = Schema.NullOr(Schema.Finite).annotate({ description: "milliseconds" })
const Text = Schema.NullOr(Schema.String)

export const AcceptedView = Schema.Struct({
  bugId: Schema.String,
  title: Text,
  reason: Schema.String,
  owner: Schema.String,
  until: Schema.String
})
export type AcceptedView = typeof AcceptedView.Type

export const SightingView = Schema.Struct({
  trial: Schema.String,
  jobId: Schema.String,
  runId: Text,
  testName: Text,
  player: Schema.NullOr(Schema.Finite),
  step: Text,
  detectedAt: Moment
})
export type SightingView = typeof SightingView.Type

export const BugView = Schema.Struct({
  bugId: Text,
  title: Schema.String,
  severity: Text,
  confidence: Text,
  category: Text,
  description: Text,
  reproductionSteps: Schema.Array(Schema.String),
  standing: Schema.Literals(["new", "known", "expired"]),
  overGate: Schema.Boolean,
  confirmed: Schema.Boolean,
  /** Over the gate, confirmed and not accepted. */
  fails: Schema.Boolean,
  accepted: Schema.NullOr(AcceptedView),
  sightingCount: Schema.Finite,
  /** The first twenty. */
  sightings: Schema.Array(SightingView)
})
export type BugView = typeof BugView.Type

export const JobView = Schema.Struct({
  jobId: Schema.String,
  status: Schema.String,
  testName: Text,
  /** Null when the job never came to a run. */
  run: Schema.NullOr(Schema.Struct({
    runId: Schema.String,
    state: Schema.String,
    result: Text,
    startedAt: Moment,
    completedAt: Moment,
    durationMs: Millis,
    players: Schema.Array(PlayerView)
  })),
  /** Null when they could not be read. */
  bugCount: Schema.NullOr(Schema.Finite),
  settled: Schema.Boolean
})
export type JobView = typeof JobView.Type

export const TrialView = Schema.Struct({
  name: Schema.String,
  multiplayerTestId: Text,
  testPlanId: Text,
  instructions: Text,
  /** Null in a report of `nunu wait`. */
  deploymentConfigId: Text,
  /** The tag by which its jobs can be found. */
  tag: Text,
  /** Why it came to no end. */
  error: Text,
  durationMs: Schema.Finite,
  jobs: Schema.Array(JobView)
})
export type TrialView = typeof TrialView.Type

export const ReportView = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  program: Schema.String,
  verdict: Schema.Literals(["passed", "failed", "inconclusive"]),
  /** The verdict in a sentence. */
  summary: Schema.String,
  reasons: Schema.Array(Reason),
  gate: Schema.Struct({ text: Schema.String, failOn: Schema.Array(Threshold) }),
  build: Schema.NullOr(Schema.Struct({ buildId: Schema.String, size: Schema.NullOr(Schema.Finite) })),
  startedAt: Schema.String,
  endedAt: Schema.String,
  durationMs: Schema.Finite,
  counts: Schema.Struct({
    runs: Schema.Finite,
    bugs: Schema.Finite,
    new: Schema.Finite,
    known: Schema.Finite,
    expired: Schema.Finite,
    failing: Schema.Finite,
    fixed: Schema.Finite
  }),
  /** In how many trials a bug had to be seen to count; null when once was enough. */
  confirmation: Schema.NullOr(Schema.Struct({ needed: Schema.Finite, of: Schema.Finite })),
  /** The worst first. */
  bugs: Schema.Array(BugView),
  /** Every run could be judged and was played to its proper end: a bug that was not seen is not there. */
  conclusive: Schema.optionalKey(Schema.Boolean),
  /** Known bugs that no run has seen any more, where that is conclusive. */
  fixed: Schema.Array(AcceptedView),
  /** Known bugs that were not seen, where that says nothing. */
  notSeen: Schema.Array(AcceptedView),
  trials: Schema.Array(TrialView)
}).annotate({ title: "nunu report", description: "What a pipeline came to" })
export type ReportView = typeof ReportView.Type

/** Takes from a result what reports show. */
export const viewOf = (result: PipelineResult): ReportView => {
  const { accepted, confirmation, gate } = result
  const triaged = triage(jobsOf(result), { accepted, confirmation, gate })
  const reasons = reasonsOf(result)
  const trialOf = new Map(result.trials.flatMap(({ jobs, name }) => jobs.map(({ job }) => [job.jobId as string, name])))
  const unseen = triaged.unseen.map(acceptedView)
  const conclusive = reasons.every(({ kind }) => kind === "BugOverThreshold" || kind === "RunNotSuccessful") &&
    jobsOf(result).every(({ run }) => run !== null && cameToItsEnd(run))
  const runs = result.trials.reduce((sum, { jobs }) => sum + jobs.filter(({ run }) => run !== null).length, 0)
  return {
    schemaVersion: 1,
    program: result.program,
    verdict: verdictWords[result.verdict._tag],
    summary: summaryOf(result, triaged, runs),
    reasons,
    gate: { text: Gate.describe(gate), failOn: gate.failOn },
    build: result.build === null
      ? null
      : { buildId: line(result.build.buildId, 100), size: result.build.receipt?.size ?? null },
    startedAt: DateTime.formatIso(result.startedAt),
    endedAt: DateTime.formatIso(result.endedAt),
    durationMs: millisBetween(result.startedAt, result.endedAt) ?? 0,
    counts: {
      runs,
      bugs: triaged.bugs.length,
      new: triaged.bugs.filter(({ standing }) => standing === "new").length,
      known: triaged.bugs.filter(({ standing }) => standing === "known").length,
      expired: triaged.bugs.filter(({ standing }) => standing === "expired").length,
      failing: triaged.bugs.filter(({ fails }) => fails).length,
      fixed: conclusive ? unseen.length : 0
    },
    confirmation: confirmation === null ? null : { needed: confirmation.needed, of: confirmation.of },
    bugs: triaged.bugs.map((bug) => bugView(bug, trialOf)),
    conclusive,
    fixed: conclusive ? unseen : [],
    notSeen: conclusive ? [] : unseen,
    trials: result.trials.map(trialView)
  }
}

const verdictWords = { Passed: "passed", Failed: "failed", Inconclusive: "inconclusive" } as const

const summaryOf = ({ verdict }: PipelineResult, { bugs }: Triage, runs: number): string => {
  if (verdict._tag === "Passed") {
    return `${runs === 1 ? "The run" : `All ${runs} runs`} succeeded, and ${
      bugs.length === 0 ? "no bug was found" : `none of ${count(bugs.length, "bug")} fails the gate`
    }`
  }
  const number = (kind: Finding["_tag"]) => verdict.findings.filter(({ _tag }) => _tag === kind).length
  const part = (kind: Finding["_tag"], say: (many: number) => string): ReadonlyArray<string> =>
    number(kind) === 0 ? [] : [say(number(kind))]
  return [
    ...part("BugOverThreshold", (many) => `${count(many, "bug")} over the gate`),
    ...part("RunNotSuccessful", (many) => `${count(many, "run")} not successful`),
    ...part("NoResult", (many) => many === 1 ? "one result is missing" : `${many} results are missing`),
    ...part("BuildMismatch", (many) => `${count(many, "run")} of another build`),
    ...part("BugsNotSettled", (many) => `bugs of ${count(many, "run")} not read to the end`)
  ].join(", ")
}

const acceptedView = ({ bugId, owner, reason, title, until }: KnownBug): AcceptedView => ({
  bugId: line(bugId, 100),
  title: title === undefined ? null : line(title),
  reason: line(reason),
  owner: line(owner, 100),
  until
})

const bugView = (triaged: TriagedBug, trialOf: ReadonlyMap<string, string>): BugView => {
  const { accepted, bug, confirmed, fails, overGate, sightings, standing } = triaged
  return {
    bugId: lineOrNull(bug.bugId, 100),
    title: line(bug.title) || "(no title)",
    severity: lineOrNull(bug.severity, 30),
    confidence: lineOrNull(bug.confidence, 30),
    category: lineOrNull(bug.category, 30),
    description: bug.description === null ? null : block(bug.description) || null,
    reproductionSteps: linesOf(bug.reproductionSteps),
    standing,
    overGate,
    confirmed,
    fails,
    accepted: accepted === null ? null : acceptedView(accepted),
    sightingCount: sightings.length,
    sightings: sightings.slice(0, 20).map(({ bug, job, run }): SightingView => ({
      trial: line(trialOf.get(job.jobId) ?? "", 120),
      jobId: line(job.jobId, 100),
      runId: lineOrNull(run?.runId ?? null, 100),
      testName: lineOrNull(run?.test?.name ?? job.testName, 120),
      player: bug.playerNumber,
      step: stepOf(bug),
      detectedAt: momentOf(bug.detectedAt)
    }))
  }
}

const trialView = ({ endedAt, error, jobs, name, started, startedAt, target }: Trial): TrialView => ({
  name: line(name, 120) || "(no name)",
  multiplayerTestId: lineOrNull(target.multiplayerTestId, 100),
  testPlanId: lineOrNull(target.testPlanId, 100),
  instructions: target.instructions === null ? null : block(target.instructions, 1000),
  deploymentConfigId: lineOrNull(target.deploymentConfigId, 100),
  tag: started?.tag ?? null,
  error: error === null ? null : line(error.message, 1000),
  durationMs: millisBetween(startedAt, endedAt) ?? 0,
  jobs: jobs.map(jobView)
})

const jobView = ({ bugs, job, run, settled }: JudgedJob): JobView => ({
  jobId: line(job.jobId, 100),
  status: line(job.status, 60),
  testName: lineOrNull(run?.test?.name ?? job.testName, 120),
  run: run === null ? null : {
    runId: line(run.runId, 100),
    state: line(run.state, 60),
    result: lineOrNull(run.result, 60),
    startedAt: momentOf(run.startedAt),
    completedAt: momentOf(run.completedAt),
    durationMs: run.durationMs ?? millisBetween(run.startedAt, run.completedAt),
    players: run.players.map((player) => playerViewOf(player, run))
  },
  bugCount: bugs === null ? null : bugs.length,
  settled
})

const stepOf = ({ testStep }: BugOccurrence): string | null =>
  isRecord(testStep) ? textOf(testStep["goal"] ?? testStep["step_number"]) : textOf(testStep)

const linesOf = (steps: unknown): ReadonlyArray<string> => {
  const all: ReadonlyArray<unknown> = Array.isArray(steps)
    ? steps
    : typeof steps === "string"
    ? block(steps).split("\n")
    : []
  return all.slice(0, 50).flatMap((step) => textOf(isRecord(step) ? step["description"] ?? step["action"] : step) ?? [])
}
