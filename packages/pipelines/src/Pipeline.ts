/**
 * The ready-made programs. Start here.
 *
 * `uploadRunAwaitBugs` is the whole way: a file becomes a build, the build is tested, the bugs are collected, a verdict
 * is given. It is a composition of the steps in this package, each of which stands on its own. `Matrix` runs many tests,
 * `Confirm` one many times, and `Supersede` lets a newer build take the place of an older one.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { BuildId } from "@nunu-effect/core/Build"
import type { JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { PartTransport } from "@nunu-effect/upload/PartTransport"
import type { UploadOptions, UploadReceipt } from "@nunu-effect/upload/Upload"
import * as Upload from "@nunu-effect/upload/Upload"
import { UploadLedger } from "@nunu-effect/upload/UploadLedger"
import type { UploadSource } from "@nunu-effect/upload/UploadSource"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Baseline } from "./Baseline.ts"
import type { Gate } from "./Gate.ts"
import type { GivenUp, OnInterrupt } from "./GivenUp.ts"
import type { FinishedJob, Look } from "./Look.ts"
import { PipelineError } from "./PipelineError.ts"
import type { PipelineResult, Trial } from "./PipelineResult.ts"
import * as Result from "./PipelineResult.ts"
import type { Started } from "./StartRun.ts"
import type { TrialListener } from "./Trial.ts"
import { awaitTrial, runTrial } from "./Trial.ts"

export type PipelineEvent =
  | Data.TaggedEnum<{
    Uploaded: { readonly receipt: UploadReceipt }
    Started: { readonly started: Started }
    Looked: { readonly look: Look }
    LookFailed: { readonly error: ApiError }
    /** All jobs of a start are over; their bugs are being collected. */
    Finished: { readonly jobs: ReadonlyArray<FinishedJob> }
    /** A trial of a matrix or of a confirmation came to its end. */
    TrialEnded: { readonly trial: Trial }
  }>
  /** The program was given up, and its runs were stopped as far as that was possible, or left alone. */
  | GivenUp
export const PipelineEvent = Data.taggedEnum<Exclude<PipelineEvent, GivenUp>>()

export interface RunOptions {
  /** How long to wait for the runs. @default no limit but that of the run */
  readonly timeout?: Duration.Input | undefined
  /** What fails the release. @default bugs of severity high and critical */
  readonly gate?: Gate | undefined
  /** Known bugs that do not. @default none */
  readonly baseline?: Baseline | undefined
  /** What becomes of the runs when this is given up: interrupted, failed or out of time. @default "stop", but of `awaitBugs` "detach" */
  readonly onInterrupt?: OnInterrupt | undefined
  /** Is told what happens, as it happens. */
  readonly onEvent?: ((event: PipelineEvent) => Effect.Effect<void>) | undefined
  /** Is told what is known when the program fails without a verdict, for a report: with the error in it, and never a pass. */
  readonly onUndecided?: ((result: PipelineResult) => Effect.Effect<void>) | undefined
}

/** What a release came to. */
export interface ReleaseResult extends PipelineResult {
  readonly build: { readonly buildId: BuildId; readonly receipt: UploadReceipt }
}

/** Starts a test, waits for it, collects its bugs and judges. */
export const runAwaitBugs: (
  request: StartRunRequest,
  options?: RunOptions
) => Effect.Effect<PipelineResult, PipelineError, Nunu> = Effect.fn("nunu.runAwaitBugs")(
  function*(request: StartRunRequest, options: RunOptions = {}) {
    const trial = yield* runTrial(request, { ...options, ...listener(options) })
    const { buildId } = request
    return yield* ofTrial(trial, {
      ...options,
      program: "run",
      build: buildId === undefined ? null : { buildId, receipt: null }
    })
  }
)

/**
 * Waits for jobs that were started before, collects their bugs and judges. Given up, it leaves their runs alone, as they
 * are not its own, unless `onInterrupt` is "stop". A build that all jobs tell of is that of the result.
 */
export const awaitBugs: (
  jobIds: readonly [JobId, ...Array<JobId>],
  options?: RunOptions
) => Effect.Effect<PipelineResult, PipelineError, Nunu> = Effect.fn("nunu.awaitBugs")(
  function*(jobIds, options: RunOptions = {}) {
    const trial = yield* awaitTrial(jobIds, { ...options, ...listener(options) })
    const { buildId } = trial.target
    return yield* ofTrial(trial, {
      ...options,
      program: "wait",
      build: buildId === null ? null : { buildId, receipt: null }
    })
  }
)

/**
 * Uploads a build, tests it, waits, collects its bugs and judges. Given up, it leaves nothing behind; with "detach" its
 * runs go on, and an upload that is written down in a ledger can be gone on with.
 */
export const uploadRunAwaitBugs: (
  source: UploadSource,
  options: RunOptions & {
    /** The test; the uploaded build goes into it. */
    readonly run: Omit<StartRunRequest, "buildId">
    readonly upload?: UploadOptions
  }
) => Effect.Effect<ReleaseResult, PipelineError, Nunu | PartTransport> = Effect.fn("nunu.uploadRunAwaitBugs")(
  function*(source, { run, upload, ...options }) {
    const startedAt = yield* DateTime.now
    const { keeps } = yield* UploadLedger
    const receipt = yield* Effect.mapError(
      Upload.upload(source, {
        // Without a ledger nobody could go on with it.
        onInterrupt: options.onInterrupt === "detach" && keeps ? "keep" : "abort",
        ...upload
      }),
      (reason) => new PipelineError({ reason })
    ).pipe(Effect.tapError((error) =>
      Effect.flatMap(DateTime.now, (endedAt) => {
        const nothing = { target: Result.targetOf(run), started: null, jobs: [] }
        const trial: Trial = { ...nothing, name: source.name, error, startedAt, endedAt }
        return Effect.ignore(ofTrial(trial, { ...options, program: "release", build: null }))
      })
    ))
    yield* options.onEvent?.(PipelineEvent.Uploaded({ receipt })) ?? Effect.void
    const { buildId } = receipt
    const ofRelease = (result: PipelineResult): ReleaseResult => ({
      ...result,
      program: "release",
      build: { buildId, receipt },
      startedAt
    })
    const { onUndecided } = options
    const result = yield* runAwaitBugs({ ...run, buildId }, {
      ...options,
      ...(onUndecided === undefined ? {} : { onUndecided: (result) => onUndecided(ofRelease(result)) })
    })
    return ofRelease(result)
  }
)

/** What a program of one trial came to; it fails as the trial did. */
const ofTrial = Effect.fnUntraced(function*(
  trial: Trial,
  options: RunOptions & Pick<PipelineResult, "program" | "build">
): Effect.fn.Return<PipelineResult, PipelineError> {
  const { startedAt } = trial
  const result = Result.make({ ...options, trials: [trial], startedAt, endedAt: yield* DateTime.now })
  if (trial.error === null) return result
  yield* options.onUndecided?.(result) ?? Effect.void
  return yield* trial.error
})

/** Passes on what happens in a trial as events. */
export const listener = ({ onEvent }: Pick<RunOptions, "onEvent">): TrialListener =>
  onEvent === undefined ? {} : {
    onStarted: (started) => onEvent(PipelineEvent.Started({ started })),
    onLook: (look) => onEvent(PipelineEvent.Looked({ look })),
    onLookFailed: (error) => onEvent(PipelineEvent.LookFailed({ error })),
    onFinished: (jobs) => onEvent(PipelineEvent.Finished({ jobs })),
    onGivenUp: onEvent
  }
