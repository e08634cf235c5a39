/** Decides what finished runs and their bugs mean for a release. Pure, and never green by default. */
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import type { Job } from "@nunu-effect/core/Job"
import type { Run } from "@nunu-effect/core/Run"
import * as Data from "effect/Data"
import { defaultGate } from "./Gate.ts"
import type { FinishedJob } from "./Look.ts"
import { givenUpWords } from "./Look.ts"
import type { TriageOptions } from "./Triage.ts"
import { triage } from "./Triage.ts"

/** Why a release failed, or why that cannot be told. */
export type Finding = Data.TaggedEnum<{
  RunNotSuccessful: { readonly jobId: string; readonly result: string }
  /** Once for each bug, by its worst sighting. `expired`: the baseline accepted it until a day that is over. */
  BugOverThreshold: { readonly bug: BugOccurrence; readonly standing: "new" | "expired"; readonly sightings: number }
  /** The job ended without a run, or the run without a result that is known. */
  NoResult: { readonly jobId: string; readonly why: string }
  /** The run tested another build than the one that was uploaded. */
  BuildMismatch: { readonly jobId: string; readonly expected: string; readonly actual: string }
  BugsNotSettled: { readonly jobId: string }
}>
export const Finding = Data.taggedEnum<Finding>()

/** `Failed` and `Inconclusive` are apart: the game is bad, or nobody can tell. */
export type Verdict = Data.TaggedEnum<{
  Passed: {}
  Failed: { readonly findings: readonly [Finding, ...Array<Finding>] }
  Inconclusive: { readonly findings: readonly [Finding, ...Array<Finding>] }
}>
export const Verdict = Data.taggedEnum<Verdict>()

/** A finished job with the bugs of its last attempt; `bugs` is null when there was no run to ask. */
export interface JudgedJob extends FinishedJob {
  readonly bugs: ReadonlyArray<BugOccurrence> | null
  readonly settled: boolean
}

/** Judges: failures first, then what cannot be told; passed is only what succeeded in every way. */
export const judge = (
  jobs: ReadonlyArray<JudgedJob>,
  options: Partial<TriageOptions> & { readonly buildId?: string } = {}
): Verdict => {
  const { bugs } = triage(jobs, { ...options, gate: options.gate ?? defaultGate })
  const unclear = jobs.flatMap((job) => unclearOf(job, options.buildId))
  const [firstFailure, ...otherFailures] = [
    ...jobs.flatMap(failuresOf),
    ...bugs.filter((bug) => bug.fails).map(({ bug, sightings, standing }) =>
      Finding.BugOverThreshold({
        bug,
        standing: standing === "expired" ? "expired" : "new",
        sightings: sightings.length
      })
    )
  ]
  if (firstFailure !== undefined) return Verdict.Failed({ findings: [firstFailure, ...otherFailures, ...unclear] })
  const [firstUnclear, ...otherUnclear] = jobs.length === 0
    ? [Finding.NoResult({ jobId: "", why: "there was no job" })]
    : unclear
  return firstUnclear === undefined
    ? Verdict.Passed()
    : Verdict.Inconclusive({ findings: [firstUnclear, ...otherUnclear] })
}

const failuresOf = ({ job, run }: JudgedJob): ReadonlyArray<Finding> => {
  const result = run?.result ?? null
  return result !== null && knownFailures.has(result) ? [Finding.RunNotSuccessful({ jobId: job.jobId, result })] : []
}

const unclearOf = ({ bugs, job, run, settled }: JudgedJob, buildId: string | undefined): ReadonlyArray<Finding> => {
  const { jobId } = job
  const why = whyUnknown(job, run)
  const noResult = why === null ? [] : [Finding.NoResult({ jobId, why })]
  if (run === null) return noResult
  const actual = [run.build?.id, job.buildId].find((told) => typeof told === "string" && told !== buildId)
  return [
    ...(buildId !== undefined && typeof actual === "string"
      ? [Finding.BuildMismatch({ jobId, expected: buildId, actual })]
      : []),
    ...noResult,
    ...(bugs === null || !settled ? [Finding.BugsNotSettled({ jobId })] : [])
  ]
}

/** Why a job has no result that counts; a job that was refused or stopped has none, whatever its run says. */
const whyUnknown = (job: Job, run: Run | null): string | null => {
  if (job.queueRejectionReason !== null) return job.queueRejectionReason
  if (job.stoppedBy !== null) return "it was stopped"
  if (givenUpWords.has(job.status)) return `the job is ${job.status}`
  if (run === null) return "it ended without a run"
  if (run.result === null) return "the run has no result"
  return run.result === "SUCCESS" || knownFailures.has(run.result) ? null : `the result is ${run.result}`
}

/** Results that say that the game failed. `STOPPED` and `ERROR` say that nobody can tell. */
const knownFailures: ReadonlySet<string> = new Set(["FAILED", "MAX_STEPS"])
