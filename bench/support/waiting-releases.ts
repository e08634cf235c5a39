/**
 * A process whose releases wait: opens a store, lets as many releases begin as it is told, and says as JSON how long that
 * took and what it holds once all of them wait. It goes on until it is killed.
 */
import * as Nunu from "@nunu-effect/core/Nunu"
import * as DurableEngine from "@nunu-effect/pipelines/durable/DurableEngine"
import { ReleaseRequest } from "@nunu-effect/pipelines/durable/Release"
import { ReleaseLog } from "@nunu-effect/pipelines/durable/ReleaseLog"
import * as ReleaseWorkflow from "@nunu-effect/pipelines/durable/ReleaseWorkflow"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import { Effect, Layer, Redacted, Schema } from "effect"
import * as v8 from "node:v8"
import * as vm from "node:vm"

// What the bench wrote.
const [file = "", baseUrl = "", apiKey = "", releases = "0"] = process.argv.slice(2)

const services = Layer.mergeAll(
  Nunu.layer({ apiKey: Redacted.make(apiKey), baseUrl }).pipe(Layer.provide(ProxyNode.layerUndici)),
  UploadNode.layer,
  DurableEngine.layerSqlite(file)
)

const memory = () => {
  v8.setFlagsFromString("--expose-gc")
  const collect: () => void = vm.runInNewContext("gc")
  collect()
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapKib: heapUsed / 1024, rssMib: rss / 1024 ** 2 }
}

const say = (what: string, more: object) =>
  Effect.sync(() => process.stdout.write(`${JSON.stringify({ what, sinceStart: performance.now(), ...more })}\n`))

const request = (index: number) =>
  Schema.decodeUnknownSync(ReleaseRequest)({
    version: 1,
    releaseId: `release-${index}`,
    source: { _tag: "Build", buildId: "build-1" },
    run: { multiplayer_test_id: `test-${index}`, deployment_config_id: "phones" }
  })

const counts = Effect.flatMap(ReleaseLog, (log) => log.counts)

await Effect.gen(function*() {
  yield* say("open", memory())
  yield* Effect.forEach(
    Array.from({ length: Number(releases) }, (_, index) => index),
    (index) => ReleaseWorkflow.begin(request(index)),
    { concurrency: 16, discard: true }
  )
  yield* say("begun", {})
  while (((yield* counts).waiting ?? 0) < Number(releases)) yield* Effect.sleep("100 millis")
  yield* say("waiting", {})
  for (const seconds of [10, 80]) {
    yield* Effect.sleep(`${seconds} seconds`)
    yield* say(`waited ${seconds}`, memory())
  }
  yield* Effect.never
}).pipe(Effect.provide(Layer.provideMerge(ReleaseWorkflow.layer, services)), Effect.runPromise)
