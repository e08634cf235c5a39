/**
 * The repeats that all parts of one upload have together, so that a long outage ends it soon instead of after every
 * part's own attempts.
 */
import * as Effect from "effect/Effect"
import { RetriesSpent } from "./UploadError.ts"

export interface RetryBudget {
  /** Takes one repeat for a part that has failed; fails with what failed when none is left. */
  readonly take: (
    failed: Pick<RetriesSpent, "partNumber" | "status" | "detail">
  ) => Effect.Effect<void, RetriesSpent>
  /** Counts a part that is stored, to be told if the budget ends. */
  readonly stored: Effect.Effect<void>
}

/** The repeats that an upload of so many parts may use: twice as many, and never under 20. */
export const sizeFor = (parts: number): number => Math.max(20, 2 * parts)

/** Opens the budget of an upload that has so many parts left to send, of `totalParts`. */
export const make = (options: { readonly parts: number; readonly totalParts: number }): RetryBudget => {
  const repeats = sizeFor(options.parts)
  let left = repeats
  let stored = options.totalParts - options.parts
  return {
    take: (failed) =>
      Effect.suspend(() =>
        left-- > 0
          ? Effect.void
          : Effect.fail(new RetriesSpent({ ...failed, repeats, stored, totalParts: options.totalParts }))
      ),
    stored: Effect.sync(() => {
      stored++
    })
  }
}

/** No repeats at all. */
export const empty: Pick<RetryBudget, "take"> = {
  take: (failed) => Effect.fail(new RetriesSpent({ ...failed, repeats: 0, stored: 0, totalParts: 0 }))
}
