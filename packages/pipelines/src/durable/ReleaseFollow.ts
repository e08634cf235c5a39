/** Following a book of releases: what is there, and then what comes. The same for every store. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { LoggedEvent } from "./ReleaseEvent.ts"
import type { ReleaseLog, ReleaseLogError } from "./ReleaseLog.ts"

/**
 * Gives events after a place, in order, without an end. `changes` is asked before each look, and what it gives ends when
 * there may be more: nothing falls between a look and the wait after it.
 */
export const follow = (
  events: ReleaseLog["Service"]["events"],
  changes: Effect.Effect<Effect.Effect<void>>
): ReleaseLog["Service"]["follow"] =>
({ after = 0, ...options } = {}): Stream.Stream<LoggedEvent, ReleaseLogError> =>
  Stream.paginate(after, (place) =>
    Effect.gen(function*() {
      const change = yield* changes
      const found = yield* events({ ...options, after: place, limit: 500 })
      if (found.length === 0) yield* change
      return [found, Option.some(found.at(-1)?.seq ?? place)] as const
    }))
