/** Stops runs by their jobs. That a job is over already, or not known, is a success: what counts is that nothing runs. */
import type { BadRequest, KeyedCallError } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as StopRuns from "@nunu-effect/core/StopRuns"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Jobs by what became of them. */
export interface Stopped {
  /** Not running any more, or not known to the API. */
  readonly over: ReadonlyArray<JobId>
  /** May be running still. */
  readonly running: ReadonlyArray<JobId>
}

/** Stops runs, a hundred jobs a call. */
export const stopRuns = Effect.fn("nunu.stopRuns")(function*(
  jobIds: readonly [JobId, ...Array<JobId>]
): Effect.fn.Return<Stopped, BadRequest | KeyedCallError, Nunu> {
  return together(yield* Effect.forEach(Arr.chunksOf(jobIds, 100), stopHundred, { concurrency: 8 }))
})

/** Stops runs on the way out: within 5 seconds and never failing; what could not be stopped is told. */
export const stopRunsNow = (
  jobIds: readonly [JobId, ...Array<JobId>],
  options: {
    /** @default 4.5 seconds: within the 5 that a CI system gives before it kills, with time left to tell of it */
    readonly within?: Duration.Input
  } = {}
): Effect.Effect<Stopped, never, Nunu> =>
  Effect.map(
    Effect.forEach(Arr.chunksOf(jobIds, 100), (hundred) =>
      stopHundred(hundred).pipe(
        Effect.interruptible,
        Effect.timeout(options.within ?? "4500 millis"),
        Effect.orElseSucceed(() => ({ over: [], running: hundred }))
      ), { concurrency: "unbounded" }),
    together
  )

const stopHundred = Effect.fnUntraced(function*(jobIds: readonly [JobId, ...Array<JobId>]) {
  const nunu = yield* Nunu
  const { results } = yield* nunu.runs.stop(jobIds)
  const running = results.filter((result) => !StopRuns.isOver(result)).map((result) => result.jobId)
  return { running, over: jobIds.filter((jobId) => !running.includes(jobId)) }
})

const together = (parts: ReadonlyArray<Stopped>): Stopped => ({
  over: parts.flatMap(({ over }) => over),
  running: parts.flatMap(({ running }) => running)
})
