/**
 * What a pipeline came to: the one value that every report is written from, whichever program gave it.
 *
 * A pipeline is a list of trials. A trial is one start and what came of it: `runAwaitBugs`, `awaitBugs` and
 * `uploadRunAwaitBugs` have one, `matrix` one for each test on each deployment, `confirm` one for each time. `jobs` of a trial hold the run with its
 * players, steps and artifacts, and its bugs. The verdict is over all trials.
 *
 * Gotchas: `job.templateData`, `run.templateData` and what `Raw.of` gives of them may hold passwords of test accounts:
 * no report shows them. `error` is set only in a trial of `matrix` or `confirm`; elsewhere it is the program that fails.
 */
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { UploadReceipt } from "@nunu-effect/upload/Upload"
import type * as DateTime from "effect/DateTime"
import type { Accepted, Baseline } from "./Baseline.ts"
import { acceptedAt, nothing } from "./Baseline.ts"
import type { Gate } from "./Gate.ts"
import { defaultGate } from "./Gate.ts"
import type { PipelineError } from "./PipelineError.ts"
import type { Started } from "./StartRun.ts"
import type { JudgedJob } from "./Verdict.ts"
import { Finding, judge, Verdict } from "./Verdict.ts"

/** Grows when a reader of the older shape would misread the newer one; fields may be added without that. */
export const schemaVersion = 1

export interface PipelineResult {
  readonly schemaVersion: typeof schemaVersion
  readonly program: "run" | "wait" | "release" | "matrix" | "confirm"
  readonly verdict: Verdict
  /** What the verdict was measured against. */
  readonly gate: Gate
  /** Known bugs at the time of the verdict: `Baseline.acceptedAt`, or `Baseline.nothing`. */
  readonly accepted: Accepted
  /** The build that was to be tested; null when the starts named none. */
  readonly build: TestedBuild | null
  /** In the order in which they were asked for. */
  readonly trials: ReadonlyArray<Trial>
  /** How often bugs were seen; null but for `confirm`. */
  readonly confirmation: Confirmation | null
  readonly startedAt: DateTime.Utc
  readonly endedAt: DateTime.Utc
}

export interface TestedBuild {
  readonly buildId: string
  /** Null when the build was there before. */
  readonly receipt: UploadReceipt | null
}

/** One start and what came of it. */
export interface Trial {
  /** For people: the name that was given to it, else that of the test, else an id. */
  readonly name: string
  readonly target: TrialTarget
  /** The handles: job ids and the unique tag; null when nothing was started, or that is not known. */
  readonly started: Started | null
  /** As far as they are known: a trial that failed may have none. */
  readonly jobs: ReadonlyArray<JudgedJob>
  /** Why the trial came to no end; its message names the handles of what it left behind. */
  readonly error: PipelineError | null
  readonly startedAt: DateTime.Utc
  readonly endedAt: DateTime.Utc
}

/** What was started, without the values that may be secret. */
export interface TrialTarget {
  readonly multiplayerTestId: string | null
  readonly testPlanId: string | null
  readonly instructions: string | null
  /** Null for runs that were started before: nothing tells it of them. */
  readonly deploymentConfigId: string | null
  readonly buildId: string | null
}

/** How often bugs had to be seen to count, and how often they were. */
export interface Confirmation {
  /** k: a bug that was seen in fewer trials does not fail the gate. */
  readonly needed: number
  /** n: trials at most; there are fewer when the verdict was certain before. */
  readonly of: number
  /** In how many trials each bug was seen, by its `bugId`. */
  readonly seen: ReadonlyMap<string, number>
}

/** Puts a result together from its trials, and judges them: a trial that failed is never part of a pass. */
export const make = (options: {
  readonly program: PipelineResult["program"]
  readonly trials: ReadonlyArray<Trial>
  readonly gate?: Gate | undefined
  readonly baseline?: Baseline | undefined
  readonly build?: TestedBuild | null
  readonly confirmation?: Confirmation | null
  readonly startedAt: DateTime.Utc
  readonly endedAt: DateTime.Utc
}): PipelineResult => {
  const { build = null, confirmation = null, endedAt, gate = defaultGate, program, startedAt, trials } = options
  const accepted = options.baseline === undefined ? nothing : acceptedAt(options.baseline, endedAt)
  const judged = judge(jobsOf({ trials }), {
    gate,
    accepted,
    confirmation,
    ...(build === null ? {} : { buildId: build.buildId })
  })
  return {
    schemaVersion,
    program,
    verdict: withErrors(judged, trials),
    gate,
    accepted,
    build,
    trials,
    confirmation,
    startedAt,
    endedAt
  }
}

/** Takes out of a request what may be shown. */
export const targetOf = (request: StartRunRequest): TrialTarget => ({
  multiplayerTestId: request.multiplayerTestId ?? null,
  testPlanId: request.testPlanId ?? null,
  instructions: request.instructions ?? null,
  deploymentConfigId: request.deploymentConfigId,
  buildId: request.buildId ?? null
})

/** All jobs of all trials. */
export const jobsOf = (result: Pick<PipelineResult, "trials">): ReadonlyArray<JudgedJob> =>
  result.trials.flatMap((trial) => trial.jobs)

const withErrors = (verdict: Verdict, trials: ReadonlyArray<Trial>): Verdict => {
  const findings = trials.flatMap(({ error, name, started }) =>
    error === null ? [] : [Finding.NoResult({ jobId: started?.jobIds[0] ?? "", why: `${name}: ${error.message}` })]
  )
  const [first, ...rest] = findings
  if (first === undefined) return verdict
  if (verdict._tag === "Failed") return Verdict.Failed({ findings: [...verdict.findings, ...findings] })
  const others = verdict._tag === "Inconclusive" && trials.some(({ jobs }) => jobs.length > 0) ? verdict.findings : []
  return Verdict.Inconclusive({ findings: [first, ...rest, ...others] })
}
