import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { KeyValueStore } from "effect/persistence"
import { SqlClient } from "effect/sql"
import * as net from "node:net"
import type { AddressInfo } from "node:net"
import * as BotEngine from "../../src/durable/bot/BotEngine.ts"
import * as PostgresTurn from "../../src/durable/PostgresTurn.ts"
import * as PostgresServer from "./support/PostgresServer.ts"

const freePort = Effect.promise(() =>
  new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // listening on TCP
      server.close(() => resolve(port))
    })
  })
)

describe("processes that begin at once in one Postgres", () => {
  it.live("make their tables one after the other", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer.make
      const url = Redacted.make(yield* server.database)
      const sql = Context.get(yield* Layer.build(PgClient.layer({ url })), SqlClient.SqlClient)
      const tables = Effect.map(
        sql<{ readonly tablename: string }>`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`,
        (rows) => rows.map(({ tablename }) => tablename)
      )
      // Another process that has its turn, as far as the database sees it.
      const other = yield* sql.reserve
      const turn = other.executeUnprepared("SELECT pg_advisory_lock($1)", [PostgresTurn.lockNumber], undefined)
      const pass = other.executeUnprepared("SELECT pg_advisory_unlock($1)", [PostgresTurn.lockNumber], undefined)
      yield* turn

      const runner = { host: "127.0.0.1", port: yield* freePort }
      const fiber = yield* Effect.forkChild(Layer.build(BotEngine.layer({ _tag: "Postgres", url, runner })))
      const waits = Effect.gen(function*() {
        while (fiber.pollUnsafe() === undefined) {
          const rows = yield* sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
          if (rows.length > 0) return
          yield* Effect.sleep("20 millis")
        }
        return yield* Effect.die(new Error("it did not wait"))
      })
      yield* waits
      assert.deepStrictEqual(yield* tables, [])
      yield* pass
      yield* turn // after the engine, which was first in the queue
      yield* waits
      assert.include(yield* tables, "nunu_releases")
      assert.notInclude(yield* tables, "nunu_bot_memory")
      yield* pass
      const store = Context.get(yield* Fiber.join(fiber), KeyValueStore.KeyValueStore)
      yield* store.set("it", "works")
      assert.strictEqual(yield* store.get("it"), "works")
    }).pipe(Effect.provide([NodeServices.layer, Logger.layer([])])))
})
