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

/**
 * Stops runs on the way out: within 5 seconds and never failing; what could not be stopped is told. A job that the API
 * does not know yet, just after its start, is asked for again.
 */
export const stopRunsNow = (
  jobIds: readonly [JobId, ...Array<JobId>],
  options: {
    /** @default 3.25 seconds: with the grace for a start before it, within the 5 that a CI system gives before it kills */
    readonly within?: Duration.Input
  } = {}
): Effect.Effect<Stopped, never, Nunu> =>
  Effect.map(
    Effect.forEach(Arr.chunksOf(jobIds, 100), (hundred) =>
      Effect.suspend(() => {
        const over = new Set<JobId>()
        return stopKnown(hundred, over).pipe(
          Effect.interruptible,
          Effect.timeout(options.within ?? "3250 millis"),
          Effect.ignore,
          Effect.map((): Stopped => ({
            over: hundred.filter((jobId) => over.has(jobId)),
            running: hundred.filter((jobId) => !over.has(jobId))
          }))
        )
      }), { concurrency: "unbounded" }),
    together
  )

/** Stops until the API has told of every job, or says that all is well; what is over goes into `over` at once. */
const stopKnown = Effect.fnUntraced(function*(jobIds: readonly [JobId, ...Array<JobId>], over: Set<JobId>) {
  const nunu = yield* Nunu
  let [first, ...rest]: ReadonlyArray<JobId> = jobIds
  while (first !== undefined) {
    const { ok, results } = yield* nunu.runs.stop([first, ...rest])
    const left: Set<JobId> = new Set([first, ...rest])
    for (const result of results) {
      left.delete(result.jobId)
      if (StopRuns.isOver(result)) over.add(result.jobId)
    }
    if (ok) { for (const jobId of left) over.add(jobId) }
    if (ok || left.size === 0) return
    yield* Effect.sleep("500 millis")
    ;[first, ...rest] = left
  }
})

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
