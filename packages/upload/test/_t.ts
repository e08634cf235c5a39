import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fiber from "effect/Fiber"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as UploadNode from "../src/UploadNode.ts"
import * as Upload from "../src/Upload.ts"
import * as UploadSource from "../src/UploadSource.ts"
import * as fs from "node:fs"
const size = Number(process.argv[2] ?? 300) * 1024**2
fs.writeFileSync("/tmp/sparse.apk", ""); fs.truncateSync("/tmp/sparse.apk", size)
const main = Effect.gen(function*() {
  const emulator = yield* Emulator
  return yield* Effect.gen(function*() {
    const source = yield* UploadSource.fromFile("/tmp/sparse.apk")
    const t0 = Date.now()
    let sent = 0
    const fiber = yield* Effect.forkChild(Upload.upload(source, { onEvent: (e) => { if (e._tag === "BytesSent") sent += e.bytes; else if (e._tag==="Aborted") console.log(e); return Effect.void } }))
    if (process.argv[3]) { yield* Effect.sleep(process.argv[3] + " millis" as any); console.log("interrupting"); const t = Date.now(); yield* Fiber.interrupt(fiber); console.log("interrupted in", Date.now() - t) }
    const receipt = yield* Fiber.await(fiber)
    console.log(receipt, sent, Date.now() - t0, "ms", process.memoryUsage.rss() / 1024**2, process.resourceUsage().maxRSS/1024)
    console.log((yield* emulator.requests).map((r) => `${r.origin} ${r.method} ${r.path} ${r.status}`).slice(-8), yield* emulator.violations, yield* emulator.stored("00000002-0000-4000-8000-000000000001"))
  }).pipe(Effect.provide(Layer.mergeAll(Nunu.layer({ apiKey: emulator.apiKey, baseUrl: emulator.baseUrl }).pipe(Layer.provide(NodeHttpClient.layerUndici)), UploadNode.layer)))
}).pipe(Effect.provide(EmulatorNode.layerServer()))
await Effect.runPromise(main)
