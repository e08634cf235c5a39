/** How a job stands at one look, and what can be told from it. Pure. */
import type { Job, JobRun } from "@nunu-effect/core/Job"
import type { Run } from "@nunu-effect/core/Run"
import * as DateTime from "effect/DateTime"

/** How a job stood at one look; `run` is null while it is in the queue, and where only jobs were looked at. */
export interface Look {
  readonly job: Job
  readonly run: Run | null
}

/** A job that is over, with its last attempt; `run` is null when it never came to a run. */
export interface FinishedJob {
  readonly job: Job
  readonly run: Run | null
}

/** Words of a job that ended without a result that counts, whatever its run says. */
export const givenUpWords: ReadonlySet<string> = new Set([
  "STOPPED",
  "FAILED",
  "ERROR",
  "CANCELLED",
  "CANCELED",
  "REJECTED",
  "TIMED_OUT"
])

/** A job does not change any more: its status says so, or it has an end, a rejection or somebody who stopped it. */
export const isOver = (job: Job): boolean =>
  job.status === "COMPLETED" || givenUpWords.has(job.status) || job.completedAt !== null ||
  job.queueRejectionReason !== null || job.stoppedBy !== null

/** The attempt that counts: with retries a job has several runs, and the last one decides. */
export const lastAttempt = (job: Job): JobRun | undefined => job.runs.toSorted((a, b) => startOf(a) - startOf(b)).at(-1)

/**
 * The run was played to its proper end: with success, or a failure after every step of every player. What a run that ended
 * before has not seen may be there still.
 */
export const cameToItsEnd = ({ players, result }: Pick<Run, "players" | "result">): boolean =>
  result === "SUCCESS" ||
  (result === "FAILED" && players.length > 0 &&
    players.every(({ completedStepCount, stepCount }) =>
      stepCount !== null && completedStepCount !== null && completedStepCount >= stepCount
    ))

/** An attempt that has neither begun nor ended is still to come; one may also end, in error, before it has begun. */
const startOf = ({ completedAt, startedAt }: JobRun): number => {
  const time = startedAt ?? completedAt
  return time === null ? Number.MAX_SAFE_INTEGER : DateTime.toEpochMillis(time)
}
