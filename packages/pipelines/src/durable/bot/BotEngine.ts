/** The engine of a bot, by where it keeps its releases; what its parts remember is kept in the same place. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import { hostname } from "node:os"
import * as DurableEngine from "../DurableEngine.ts"
import type { ReleaseLogError } from "../ReleaseLog.ts"
import * as ReleaseStoreSql from "../ReleaseStoreSql.ts"
import type { StoreUnavailable } from "../SqliteClient.ts"
import type { BotStorage } from "./BotSettings.ts"
import * as EngineLog from "./EngineLog.ts"

export type Services = DurableEngine.Services | KeyValueStore.KeyValueStore

/** Fails when the store cannot be opened: with whose it is, when another process has it. */
export const layer = (storage: BotStorage): Layer.Layer<Services, ConfigurationError, FileSystem.FileSystem> => {
  switch (storage._tag) {
    case "Memory":
      return Layer.merge(DurableEngine.layerMemory, KeyValueStore.layerMemory)
    case "Sqlite":
      return layerSqlite(storage.file)
    case "Postgres":
      return layerPostgres(storage)
  }
}

const memory = KeyValueStore.layerSql({ table: "nunu_bot_memory" })

const layerSqlite = (file: string) =>
  // Only a bot on SQLite needs it, as below.
  Layer.unwrap(Effect.map(
    Effect.promise(() => import("../SqliteEngine.ts")),
    (SqliteEngine) =>
      Layer.mergeAll(memory, ReleaseStoreSql.layer, layerOwner(file)).pipe(
        Layer.provideMerge(SqliteEngine.layer(file).pipe(Layer.provide(EngineLog.layer))),
        Layer.catch((error) => Layer.unwrap(Effect.map(words(error), refuse)))
      )
  ))

const layerPostgres = ({ runner, url }: BotStorage & { readonly _tag: "Postgres" }) =>
  Layer.unwrap(Effect.map(
    Effect.promise(() => Promise.all([import("../PostgresEngine.ts"), import("../PostgresTurn.ts")])),
    ([PostgresEngine, { inTurn }]) =>
      inTurn(memory, { url }).pipe(
        Layer.provideMerge(PostgresEngine.layer({ url, ...runner }).pipe(Layer.provide(EngineLog.layer))),
        Layer.catch(({ message }) => refuse(message))
      )
  ))

const refuse = (message: string): Layer.Layer<Services, ConfigurationError> =>
  Layer.effectContext<Services, ConfigurationError, never>(Effect.fail(new ConfigurationError({ message })))

/** Tells in a file beside the store which process has it, for whoever finds it locked. */
const layerOwner = (file: string) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    // Whoever cannot be told is refused all the same.
    yield* Effect.ignore(
      fs.writeFileString(ownerOf(file), `process ${process.pid} on ${hostname()}\n`, { mode: 0o600 })
    )
    yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(ownerOf(file))))
  }))

const words = Effect.fnUntraced(function*(error: StoreUnavailable | ReleaseLogError) {
  const { message } = error
  if (error._tag !== "StoreUnavailable" || error.reason !== "in-use") return message
  const fs = yield* FileSystem.FileSystem
  const owner = yield* Effect.orElseSucceed(fs.readFileString(ownerOf(error.file)), () => "")
  return owner === "" ? message : message.replace("another process has it", `${owner.trim()} has it`)
})

const ownerOf = (file: string): string => `${file}.owner`
