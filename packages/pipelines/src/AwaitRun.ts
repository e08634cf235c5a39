/**
 * Waits for runs, from job to run, to a state that does not change any more. Outages are waited out, unknown words keep
 * it waiting, and an answer that it cannot read is never taken for an end.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { Job, JobId, JobRun } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Run } from "@nunu-effect/core/Run"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { WaitFailed, WaitTimedOut } from "./PipelineError.ts"
import * as PollPolicy from "./PollPolicy.ts"

/** A job that is over, with its last attempt; `run` is null when it never came to a run. */
export interface FinishedJob {
  readonly job: Job
  readonly run: Run | null
}

/** How a job stood at one look; `run` is null while it is in the queue. */
export interface Look {
  readonly job: Job
  readonly run: Run | null
}

export interface AwaitOptions {
  /** How long to wait in all. @default no limit but that of the run */
  readonly timeout?: Duration.Input
  /** Is told how a job stands, at each look. */
  readonly onLook?: (look: Look) => Effect.Effect<void>
  /** Is told of a look that failed and is tried again. */
  readonly onLookFailed?: (error: ApiError) => Effect.Effect<void>
}

/** Waits until all jobs are over. */
export const awaitRuns = Effect.fn("nunu.awaitRuns")(function*(
  jobIds: ReadonlyArray<JobId>,
  options: AwaitOptions = {}
): Effect.fn.Return<ReadonlyArray<FinishedJob>, WaitFailed | WaitTimedOut, Nunu> {
  const waiting = Effect.forEach(jobIds, (jobId) => awaitJob(jobId, options), { concurrency: "unbounded" }).pipe(
    Effect.mapError((error) => new WaitFailed({ jobIds, error }))
  )
  if (options.timeout === undefined) return yield* waiting
  const timeout = Duration.fromInputUnsafe(options.timeout)
  return yield* Effect.timeoutOrElse(waiting, {
    duration: timeout,
    orElse: () => Effect.fail(new WaitTimedOut({ jobIds, timeout }))
  })
})

/** A job does not change any more: its status says so, or it has an end, a rejection or somebody who stopped it. */
export const isOver = (job: Job): boolean =>
  overWords.has(job.status) || job.completedAt !== null || job.queueRejectionReason !== null || job.stoppedBy !== null

/** The attempt that counts: with retries a job has several runs, and the last one decides. */
export const lastAttempt = (job: Job): JobRun | undefined => job.runs.toSorted((a, b) => startOf(a) - startOf(b)).at(-1)

const overWords: ReadonlySet<string> = new Set([
  "COMPLETED",
  "STOPPED",
  "FAILED",
  "ERROR",
  "CANCELLED",
  "CANCELED",
  "REJECTED",
  "TIMED_OUT"
])

const awaitJob = Effect.fnUntraced(function*(
  jobId: JobId,
  options: AwaitOptions
): Effect.fn.Return<FinishedJob, ApiError, Nunu> {
  const policy = yield* PollPolicy.PollPolicy
  const startedAt = yield* Clock.currentTimeMillis
  let lastSuccess = startedAt
  let failures = 0
  for (let number = 0;; number++) {
    yield* Effect.sleep(yield* PollPolicy.wait(policy, number))
    const outcome = yield* Effect.result(look(jobId))
    const now = yield* Clock.currentTimeMillis
    if (outcome._tag === "Success") {
      failures = 0
      lastSuccess = now
      yield* options.onLook?.(outcome.success) ?? Effect.void
      if (isOver(outcome.success.job)) return outcome.success
      continue
    }
    const error = outcome.failure
    const notYetKnown = error._tag === "NotFound" && now - startedAt <= Duration.toMillis(policy.unknown)
    if (!notYetKnown && !isPassing(error)) return yield* error
    if (!notYetKnown && (++failures > policy.failures || now - lastSuccess > Duration.toMillis(policy.outage))) {
      return yield* error
    }
    yield* options.onLookFailed?.(error) ?? Effect.void
  }
})

const look = Effect.fnUntraced(function*(jobId: JobId): Effect.fn.Return<Look, ApiError, Nunu> {
  const nunu = yield* Nunu
  const job = yield* nunu.jobs.get(jobId)
  const attempt = lastAttempt(job)
  if (attempt === undefined) return { job, run: null }
  // A run may be listed in its job before it can be read.
  const run = yield* Effect.catchTag(nunu.runs.get(attempt.runId), "NotFound", () => Effect.succeed(null))
  return { job, run }
})

/** Failures that the next look may not have. A key that was refused stays refused. */
const isPassing = (error: ApiError): boolean =>
  error._tag === "NetworkError" || error._tag === "TooManyRequests" || error._tag === "ServerError" ||
  error._tag === "UnexpectedResponse"

/** An attempt that has neither begun nor ended is still to come; one may also end, in error, before it has begun. */
const startOf = ({ completedAt, startedAt }: JobRun): number => {
  const time = startedAt ?? completedAt
  return time === null ? Number.MAX_SAFE_INTEGER : DateTime.toEpochMillis(time)
}
