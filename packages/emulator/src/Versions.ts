/** The versions of a thing, oldest first, of which the last one counts. */
import { Conflict, NotFound } from "@nunu-effect/core/ApiError"
import * as Effect from "effect/Effect"

export interface Versioned {
  readonly version: number
}

/** All versions by id, for one kind of thing. */
export type Versions<A extends Versioned> = Map<string, ReadonlyArray<A>>

/** Finds a version, or the latest. */
export const find = <A extends Versioned>(
  versions: Versions<A>,
  id: string,
  version?: number
): Effect.Effect<A, NotFound> => {
  const found = versions.get(id)?.findLast((item) => version === undefined || item.version === version)
  return found === undefined ? Effect.fail(new NotFound({ error: "not found" })) : Effect.succeed(found)
}

/** Adds a version that was made from the one that was expected; 409 when there is a later one by now. */
export const update = Effect.fnUntraced(function*<A extends Versioned, E>(
  versions: Versions<A>,
  id: string,
  { change, expectedVersion }: {
    readonly expectedVersion: number
    readonly change: (latest: A) => Effect.Effect<A, E>
  }
): Effect.fn.Return<A, NotFound | Conflict | E> {
  const latest = yield* find(versions, id)
  if (latest.version !== expectedVersion) {
    return yield* new Conflict({
      error: "version conflict",
      expected_version: expectedVersion,
      latest_version: latest.version
    })
  }
  const changed = yield* change(latest)
  versions.set(id, [...versions.get(id) ?? [], changed])
  return changed
})
