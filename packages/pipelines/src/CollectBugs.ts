/** Collects the bugs of a run when they do not change any more: the API may add some after the run is over. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Run } from "@nunu-effect/core/Run"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { BugsUnread } from "./PipelineError.ts"

export interface CollectedBugs {
  readonly bugs: ReadonlyArray<BugOccurrence>
  /** False when they still changed, or were fewer than the run says, after a minute of looking. */
  readonly settled: boolean
}

/**
 * Settled when two looks, 2 seconds apart, agree and see no fewer than the run counts, where it does; there may be more,
 * as bugs come late. After 60 seconds it takes what is there and says so.
 */
export const collectBugs = Effect.fn("nunu.collectBugs")(function*(
  run: Pick<Run, "runId" | "bugInfo">
): Effect.fn.Return<CollectedBugs, BugsUnread, Nunu> {
  const nunu = yield* Nunu
  const look = nunu.runs.bugs(run.runId).pipe(
    Effect.map((page) => page.data),
    Effect.mapError((error: ApiError) => new BugsUnread({ runId: run.runId, error }))
  )
  const expected = run.bugInfo?.bugCount ?? null
  const until = (yield* Clock.currentTimeMillis) + 60_000
  let bugs = yield* look
  while (true) {
    yield* Effect.sleep("2 seconds")
    const again = yield* look
    const settled = sameBugs(bugs, again) && (expected === null || again.length >= expected)
    bugs = again
    if (settled || (yield* Clock.currentTimeMillis) >= until) return { bugs, settled }
  }
})

const sameBugs = (before: ReadonlyArray<BugOccurrence>, after: ReadonlyArray<BugOccurrence>): boolean => {
  const ids = new Set(before.map((bug) => bug.id))
  return ids.size === new Set(after.map((bug) => bug.id)).size && after.every((bug) => ids.has(bug.id))
}
