/** Tests a program against a bad day: the storage fails, an answer is lost, the API limits. The emulator judges it. */
import { NodeRuntime } from "@effect/platform-node"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { PartTransport, Upload, UploadSource } from "@nunu-effect/upload"
import { Console, Effect, Layer } from "effect"

const BadDay = PartTransport.layerHttpClient.pipe(
  Layer.provideMerge(EmulatorNode.layerNunu({
    partSize: 5 * 1024 ** 2,
    weather: [
      { kind: "answer", status: 503, times: 2, when: { origin: "storage", part: 1 } },
      { kind: "lose", when: { origin: "storage", part: 2 } },
      { kind: "answer", status: 429, retryAfter: 1, when: { path: "/builds/upload/parts" } }
    ]
  }))
)

export const example = Effect.gen(function*() {
  const game = UploadSource.fromBytes("game.apk", new Uint8Array(12 * 1024 ** 2).fill(7))
  yield* Upload.upload(game, { name: "Build of a bad day", multipart: true })

  const emulator = yield* Emulator.Emulator
  const met = (yield* emulator.requests).flatMap(({ method, path, weather }) =>
    weather.length === 0 ? [] : [`${method} ${path.split("/")[1]}: ${weather.join()}`]
  )
  const violations = yield* emulator.violations
  yield* Console.log([...met, violations.length === 0 ? "and yet all is well" : violations.join("\n")].join("\n"))
  return { met, violations }
}).pipe(Effect.provide(BadDay))

if (import.meta.main) example.pipe(NodeRuntime.runMain)
