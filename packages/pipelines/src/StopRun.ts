/** Stops runs by their jobs. That a job is over already, or not known, is a success: what counts is that nothing runs. */
import type { BadRequest, KeyedCallError } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as StopRuns from "@nunu-effect/core/StopRuns"
import * as Effect from "effect/Effect"

/** Jobs by what became of them. */
export interface Stopped {
  /** Not running any more, or not known to the API. */
  readonly over: ReadonlyArray<JobId>
  /** May be running still. */
  readonly running: ReadonlyArray<JobId>
}

export const stopRuns = Effect.fn("nunu.stopRuns")(function*(
  jobIds: readonly [JobId, ...Array<JobId>]
): Effect.fn.Return<Stopped, BadRequest | KeyedCallError, Nunu> {
  const nunu = yield* Nunu
  const { results } = yield* nunu.runs.stop(jobIds)
  const running = results.filter((result) => !StopRuns.isOver(result)).map((result) => result.jobId)
  return { running, over: jobIds.filter((jobId) => !running.includes(jobId)) }
})

/** Stops runs on the way out: within 5 seconds and never failing; what could not be stopped is told. */
export const stopRunsNow = (jobIds: readonly [JobId, ...Array<JobId>]): Effect.Effect<Stopped, never, Nunu> =>
  stopRuns(jobIds).pipe(
    Effect.interruptible,
    Effect.timeout(undoingTime),
    Effect.orElseSucceed(() => ({ over: [], running: jobIds }))
  )

/** Within the 5 seconds that a CI system gives before it kills, with time left to tell what came of it. */
export const undoingTime = "4500 millis"
