/** What becomes of releases, as their book in a Postgres tells. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Option, Redacted, Schedule } from "effect"
import type { ReleaseOutcome, ReleaseRequest } from "../../../src/durable/Release.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"
import * as ReleaseStoreSql from "../../../src/durable/ReleaseStoreSql.ts"

/** Waits for the ends of all, also while the database is away. */
export const ended = (
  url: string,
  requests: ReadonlyArray<ReleaseRequest>
): Effect.Effect<ReadonlyArray<ReleaseOutcome>> =>
  Effect.gen(function*() {
    const log = yield* ReleaseLog
    return yield* Effect.forEach(
      requests,
      Effect.fnUntraced(function*({ releaseId }) {
        while (true) {
          const outcome = Option.getOrNull(yield* log.get(releaseId))?.outcome ?? null
          if (outcome !== null) return outcome
          yield* Effect.sleep("250 millis")
        }
      })
    )
  }).pipe(
    Effect.provide(
      Layer.provide(ReleaseStoreSql.layer, PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
    ),
    Effect.retry(Schedule.spaced("250 millis")),
    Effect.orDie
  )
