/**
 * Waits for runs, from job to run, to a state that does not change any more. Outages are waited out, unknown words keep
 * it waiting, and an answer that it cannot read is never taken for an end. Waits in one process share their looks.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { Job, JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { Run } from "@nunu-effect/core/Run"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { LookError } from "./JobLooks.ts"
import type { FinishedJob, Look } from "./Look.ts"
import { isOver, lastAttempt } from "./Look.ts"
import { WaitFailed, WaitTimedOut } from "./PipelineError.ts"
import * as PollPolicy from "./PollPolicy.ts"
import * as RunWatcher from "./RunWatcher.ts"

export type { FinishedJob, Look } from "./Look.ts"
export { isOver, lastAttempt } from "./Look.ts"

export interface AwaitOptions {
  /** How long to wait in all. @default no limit but that of the run */
  readonly timeout?: Duration.Input
  /** Is told how a job stands, at each look. */
  readonly onLook?: (look: Look) => Effect.Effect<void>
  /** What `onLook` is told of: jobs alone, or also their runs, which costs a call for each at each look. @default "runs" */
  readonly looksAt?: "jobs" | "runs"
  /** Is told of a look that failed and is tried again. */
  readonly onLookFailed?: (error: ApiError) => Effect.Effect<void>
}

/** Waits until all jobs are over. */
export const awaitRuns = Effect.fn("nunu.awaitRuns")(function*(
  jobIds: ReadonlyArray<JobId>,
  options: AwaitOptions = {}
): Effect.fn.Return<ReadonlyArray<FinishedJob>, WaitFailed | WaitTimedOut, Nunu> {
  const finished = new Map<JobId, FinishedJob>()
  const waiting = Effect.forEach(
    jobIds,
    (jobId) => Effect.tap(awaitJob(jobId, options), (job) => Effect.sync(() => finished.set(jobId, job))),
    { concurrency: "unbounded" }
  ).pipe(Effect.mapError((error) => new WaitFailed({ jobIds, finished: Array.from(finished.values()), error })))
  if (options.timeout === undefined) return yield* waiting
  const timeout = Duration.fromInputUnsafe(options.timeout)
  return yield* Effect.timeoutOrElse(waiting, {
    duration: timeout,
    orElse: () =>
      Effect.fail(
        new WaitTimedOut({
          jobIds: jobIds.filter((jobId) => !finished.has(jobId)),
          finished: Array.from(finished.values()),
          timeout
        })
      )
  })
})

const awaitJob = Effect.fnUntraced(function*(
  jobId: JobId,
  options: AwaitOptions
): Effect.fn.Return<FinishedJob, ApiError, Nunu> {
  const policy = yield* PollPolicy.PollPolicy
  const startedAt = yield* Clock.currentTimeMillis
  let failures = 0
  let failingSince: number | null = null // the end of a look: a machine that slept before it was in no outage
  let status: string | null = null
  let overSince: number | null = null
  for (let number = 0;; number++) {
    const window = { from: PollPolicy.shortestWait(policy, number), due: yield* PollPolicy.wait(policy, number) }
    const outcome: Result.Result<Look, LookError> = yield* RunWatcher.nextLook({ jobId, status }, window).pipe(
      Effect.flatMap(Effect.fromResult),
      Effect.flatMap((job) => withRun(job, options)),
      Effect.result
    )
    const now = yield* Clock.currentTimeMillis
    if (outcome._tag === "Success") {
      failures = 0
      failingSince = null
      const job: Job = outcome.success.job
      status = job.status
      if (isOver(job)) overSince ??= now
      // The run may be told to be over a little later than its job, or be readable only then.
      if (overSince !== null && lags(outcome.success) && now - overSince < Duration.toMillis(policy.unknown)) continue
      yield* options.onLook?.(outcome.success) ?? Effect.void
      if (isOver(job)) return outcome.success
      continue
    }
    const error = outcome.failure
    const notYetKnown = error._tag === "NotFound" && now - startedAt <= Duration.toMillis(policy.unknown)
    if (!notYetKnown) {
      failingSince ??= now
      const isOutage = ++failures > policy.failures || now - failingSince > Duration.toMillis(policy.outage)
      if (isOutage || !isPassing(error)) return yield* error
    }
    yield* options.onLookFailed?.(error) ?? Effect.void
  }
})

/** The run of a job that is over is always read; that of another only for somebody who is told of it. */
const withRun = Effect.fnUntraced(function*(job: Job, options: AwaitOptions): Effect.fn.Return<Look, LookError, Nunu> {
  const attempt = lastAttempt(job)
  const isTold = options.onLook !== undefined && options.looksAt !== "jobs"
  if (attempt === undefined || !(isTold || isOver(job))) return { job, run: null }
  // A run may be listed in its job before it can be read.
  const run: Run | null = yield* Effect.catchTag(
    RunWatcher.readRun(attempt.runId),
    "NotFound",
    () => Effect.succeed(null)
  )
  return { job, run }
})

/** The job is over, but the run that it tells of is not told to be. */
const lags = ({ job, run }: Look): boolean =>
  isOver(job) && lastAttempt(job) !== undefined &&
  (run === null || (run.result === null && run.completedAt === null && run.state !== "COMPLETED"))

/** Failures that the next look may not have. A key that was refused stays refused. */
const isPassing = (error: ApiError): boolean =>
  error._tag === "NetworkError" || error._tag === "TooManyRequests" || error._tag === "ServerError" ||
  error._tag === "UnexpectedResponse"
