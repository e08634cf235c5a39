/**
 * The ready-made programs. Start here.
 *
 * `uploadRunAwaitBugs` is the whole way: a file becomes a build, the build is tested, the bugs are collected, a verdict
 * is given. It is a composition of the steps in this package, each of which stands on its own.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { BuildId } from "@nunu-effect/core/Build"
import type { JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { PartTransport } from "@nunu-effect/upload/PartTransport"
import type { UploadOptions, UploadReceipt } from "@nunu-effect/upload/Upload"
import * as Upload from "@nunu-effect/upload/Upload"
import type { UploadSource } from "@nunu-effect/upload/UploadSource"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { FinishedJob, Look } from "./AwaitRun.ts"
import { awaitRuns } from "./AwaitRun.ts"
import { collectBugs } from "./CollectBugs.ts"
import type { PipelineErrorReason } from "./PipelineError.ts"
import { PipelineError } from "./PipelineError.ts"
import type { Started } from "./StartRun.ts"
import { startRun } from "./StartRun.ts"
import type { Stopped } from "./StopRun.ts"
import { stopRunsNow } from "./StopRun.ts"
import type { Gate, JudgedJob, Verdict } from "./Verdict.ts"
import { judge } from "./Verdict.ts"

export type PipelineEvent = Data.TaggedEnum<{
  Uploaded: { readonly receipt: UploadReceipt }
  Started: { readonly started: Started }
  Looked: { readonly look: Look }
  LookFailed: { readonly error: ApiError }
  /** All jobs are over; their bugs are being collected. */
  Finished: { readonly jobs: ReadonlyArray<FinishedJob> }
  /** The program was given up, and its runs were stopped as far as that was possible. */
  Stopped: { readonly stopped: Stopped }
  /** The program was given up, and its runs were left alone. */
  Detached: { readonly jobIds: ReadonlyArray<JobId> }
}>
export const PipelineEvent = Data.taggedEnum<PipelineEvent>()

export interface RunOptions {
  /** How long to wait for the runs. @default no limit but that of the run */
  readonly timeout?: Duration.Input
  /** What fails the release. @default bugs of severity high and critical */
  readonly gate?: Gate
  /** What becomes of the runs when this is given up: interrupted, failed or out of time. @default "stop" */
  readonly onInterrupt?: "stop" | "detach"
  /** Is told what happens, as it happens. */
  readonly onEvent?: (event: PipelineEvent) => Effect.Effect<void>
}

/** What a test came to. */
export interface RunReport {
  readonly buildId: string | null
  readonly started: Started
  readonly jobs: ReadonlyArray<JudgedJob>
  readonly verdict: Verdict
}

/** What a release came to. */
export interface ReleaseReport extends RunReport {
  readonly buildId: BuildId
  readonly receipt: UploadReceipt
}

/** Starts a test, waits for it, collects its bugs and judges. */
export const runAwaitBugs: (
  request: StartRunRequest,
  options?: RunOptions
) => Effect.Effect<RunReport, PipelineError, Nunu> = Effect.fn("nunu.runAwaitBugs")(
  function*(request: StartRunRequest, options: RunOptions = {}) {
    const emit = options.onEvent ?? (() => Effect.void)
    let jobIds: Started["jobIds"] | undefined // what is to be stopped if this is given up
    return yield* Effect.gen(function*() {
      const started = yield* startRun(request, {
        record: (started) => Effect.sync(() => jobIds = started.jobIds)
      })
      yield* emit(PipelineEvent.Started({ started }))
      const finished = yield* awaitRuns(started.jobIds, {
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
        onLook: (look) => emit(PipelineEvent.Looked({ look })),
        onLookFailed: (error) => emit(PipelineEvent.LookFailed({ error }))
      })
      jobIds = undefined // over: nothing is left to stop
      yield* emit(PipelineEvent.Finished({ jobs: finished }))
      const jobs = yield* Effect.forEach(finished, withBugs, { concurrency: 4 })
      const { buildId } = request
      const verdict = judge(jobs, {
        ...(options.gate === undefined ? {} : { gate: options.gate }),
        ...(buildId === undefined ? {} : { buildId })
      })
      return { buildId: buildId ?? started.buildId, started, jobs, verdict }
    }).pipe(Effect.onExit((exit) => {
      if (Exit.isSuccess(exit) || jobIds === undefined) return Effect.void
      return options.onInterrupt === "detach"
        ? emit(PipelineEvent.Detached({ jobIds }))
        : Effect.flatMap(stopRunsNow(jobIds), (stopped) => emit(PipelineEvent.Stopped({ stopped })))
    }))
  },
  Effect.mapError((reason: PipelineErrorReason) => new PipelineError({ reason }))
)

/** Uploads a build, tests it, waits, collects its bugs and judges. Given up, it leaves nothing behind. */
export const uploadRunAwaitBugs: (
  source: UploadSource,
  options: RunOptions & {
    /** The test; the uploaded build goes into it. */
    readonly run: Omit<StartRunRequest, "buildId">
    readonly upload?: UploadOptions
  }
) => Effect.Effect<ReleaseReport, PipelineError, Nunu | PartTransport> = Effect.fn("nunu.uploadRunAwaitBugs")(
  function*(source, { run, upload, ...options }) {
    const receipt = yield* Effect.mapError(
      Upload.upload(source, upload),
      (reason) => new PipelineError({ reason })
    )
    yield* options.onEvent?.(PipelineEvent.Uploaded({ receipt })) ?? Effect.void
    const report = yield* runAwaitBugs({ ...run, buildId: receipt.buildId }, options)
    return { ...report, buildId: receipt.buildId, receipt }
  }
)

const withBugs = (finished: FinishedJob) =>
  finished.run === null
    ? Effect.succeed<JudgedJob>({ ...finished, bugs: null, settled: false })
    : Effect.map(collectBugs(finished.run), ({ bugs, settled }): JudgedJob => ({ ...finished, bugs, settled }))
