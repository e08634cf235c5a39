/** Jobs by ids that people have at hand: of the jobs themselves, or of their runs. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { NotFound } from "@nunu-effect/core/ApiError"
import { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import { RunId } from "@nunu-effect/core/Run"
import * as Effect from "effect/Effect"
import * as Format from "./Format.ts"
import { Screen } from "./Screen.ts"

export interface Found {
  /** Each once. */
  readonly jobIds: ReadonlyArray<JobId>
  /** Ids of neither a job nor a run. */
  readonly unknown: ReadonlyArray<string>
}

/** Looks for them; a job that was just started may not be known yet, so what is not found is looked for again, twice. */
export const find = Effect.fnUntraced(function*(
  ids: ReadonlyArray<string>
): Effect.fn.Return<Found, ApiError, Nunu | Screen> {
  const screen = yield* Screen
  const found = new Map<string, JobId>()
  let missing = ids
  for (let look = 0; missing.length > 0 && look < 3; look++) {
    if (look > 0) {
      if (look === 1) {
        yield* screen.print(
          `${screen.style("yellow", "waiting")} no job and no run is known by ${Format.remote(missing.join(", "))} yet`
        )
      }
      yield* Effect.sleep("3 seconds")
    }
    yield* Effect.forEach(
      missing,
      (id) => Effect.tap(jobOf(id), (jobId) => Effect.sync(() => jobId !== null && found.set(id, jobId))),
      { concurrency: 8 }
    )
    missing = missing.filter((id) => !found.has(id))
  }
  return { jobIds: Array.from(new Set(found.values())), unknown: missing }
})

/** What is to be said of ids that nobody knows. */
export const notFound = (operation: string, unknown: ReadonlyArray<string>): NotFound =>
  new NotFound({
    operation,
    error: `${unknown.length === 1 ? "this is the id" : "these are ids"} of no job and no run: ${unknown.join(", ")}`,
    attempts: 3,
    sent: "yes"
  })

/** The job itself, or that of a run; null where there is neither. */
const jobOf = Effect.fnUntraced(function*(id: string): Effect.fn.Return<JobId | null, ApiError, Nunu> {
  const nunu = yield* Nunu
  return yield* nunu.jobs.get(JobId.make(id)).pipe(
    Effect.map(({ jobId }): JobId | null => jobId),
    Effect.catchTag("NotFound", () =>
      nunu.runs.get(RunId.make(id)).pipe(
        Effect.map(({ jobId }) => jobId === null ? null : JobId.make(jobId)),
        Effect.catchTag("NotFound", () => Effect.succeed(null))
      ))
  )
})
