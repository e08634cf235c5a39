/**
 * One process that carries releases out, on SQLite or on Postgres; its only argument says where everything is. It takes
 * releases on its input, one as JSON a line, and says `up`, and `took` with their number so far. To `memory` it says how
 * much is in use after a collection, in bytes.
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as DurableEngine from "@nunu-effect/pipelines/durable/DurableEngine"
import * as PostgresEngine from "@nunu-effect/pipelines/durable/PostgresEngine"
import { ReleaseRequest } from "@nunu-effect/pipelines/durable/Release"
import * as ReleaseWorkflow from "@nunu-effect/pipelines/durable/ReleaseWorkflow"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import * as UploadWindow from "@nunu-effect/upload/UploadWindow"
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import * as readline from "node:readline"

export interface Settings {
  readonly store: { readonly file: string } | { readonly url: string; readonly port: number }
  readonly baseUrl: string
  readonly apiKey: string
  readonly stateDirectory: string
  /** How many parts are under way at once, of all uploads of the process. @default as many as turn out to be best */
  readonly places?: number
}

const { apiKey, baseUrl, places, stateDirectory, store }: Settings = JSON.parse(process.argv[2] ?? "") // what the bench wrote

const engine: Layer.Layer<DurableEngine.Services, unknown> = "file" in store
  ? DurableEngine.layerSqlite(store.file)
  : PostgresEngine.layer({ url: Redacted.make(store.url), host: "127.0.0.1", port: store.port })

const automatic = UploadWindow.makeUnsafe()

const window: UploadWindow.UploadWindow = {
  join: (options) => automatic.join(places === undefined ? options : { ...options, concurrency: places })
}

const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

const memory = (): number => {
  for (let round = 0; round < 3; round++) globalThis.gc?.() // there by a flag of whoever started this
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

const decode = Schema.decodeEffect(Schema.fromJsonString(ReleaseRequest))

const runner = Effect.gen(function*() {
  yield* say("up")
  let taken = 0
  yield* Stream.fromAsyncIterable(readline.createInterface({ input: process.stdin }), (cause) => cause).pipe(
    Stream.mapEffect((line) =>
      line === "memory"
        ? Effect.flatMap(Effect.sync(memory), (bytes) => say(`memory ${bytes}`))
        : Effect.andThen(
          Effect.flatMap(decode(line), ReleaseWorkflow.begin),
          Effect.suspend(() => say(`took ${++taken}`))
        ), {
      concurrency: 16
    }),
    Stream.runDrain
  )
  return yield* Effect.never
}).pipe(Effect.provide(
  ReleaseWorkflow.layer.pipe(
    Layer.provideMerge(engine),
    Layer.provide([
      Layer.provide(Nunu.layer({ apiKey: Redacted.make(apiKey), baseUrl }), NodeHttpClient.layerUndici),
      UploadNode.layer,
      UploadNode.layerLedger(stateDirectory)
    ]),
    Layer.provide(Layer.succeed(UploadWindow.UploadWindow, window))
  )
))

NodeRuntime.runMain(runner)
