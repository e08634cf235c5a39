/**
 * One process after the other where several begin at once in the same database: Postgres fails a `CREATE TABLE IF NOT
 * EXISTS` when another session is about to make the same table, as it happens at the first start of all.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** Builds a layer while no other process builds one in its turn. One that keeps the turn for half a minute is passed. */
export const inTurn = <A, E, R>(
  layer: Layer.Layer<A, E, R>,
  { url }: { readonly url: Redacted.Redacted }
): Layer.Layer<A, E | SqlError, R> =>
  Layer.effectContext(Effect.gen(function*() {
    const outer = yield* Effect.scope
    return yield* Effect.scoped(Effect.gen(function*() {
      const client = yield* Layer.build(PgClient.layer({ url, applicationName: "nunu begins", maxConnections: 1 }))
      // The lock is its session's, and ends with it.
      const session = yield* Context.get(client, SqlClient.SqlClient).reserve
      yield* Effect.timeoutOption(
        session.executeUnprepared("SELECT pg_advisory_lock($1)", [lockNumber], undefined),
        "30 seconds"
      )
      return yield* Layer.buildWithScope(layer, outer)
    }))
  }))

/** Any number that others do not take. */
export const lockNumber = 7_205_759_403
