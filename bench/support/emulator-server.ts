/**
 * The emulator for `emulator.ts`, or its bare peer, in a process of its own; tells by IPC where it is served.
 * `emulator`: a hundred finished runs, uploads kept on a disk. `hash`: uploads only hashed. `bare`: `node:http` that
 * gives a page as long, and takes bytes and forgets them.
 */
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import { lively } from "@nunu-effect/emulator/LivelyRun"
import { Effect } from "effect"
import * as http from "node:http"

const runs = Array.from({ length: 100 }, (_, seed) => ({ ...lively(seed), startedSecondsAgo: 3600 }))

const kind = process.argv[2] ?? "emulator"

if (kind === "bare") {
  const page = await pageOfEmulator()
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json", "content-length": page.length, etag: "\"e\"" })
      response.end(page)
    })
  })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
    process.send?.({ baseUrl: `${origin}/api/v1`, apiKey: "nunu_emulator" })
  })
} else {
  Effect.gen(function*() {
    const { baseUrl } = yield* Emulator
    process.send?.({ baseUrl, apiKey: "nunu_emulator" })
    return yield* Effect.never
  }).pipe(
    Effect.provide(
      EmulatorNode.layerServer({ data: { runs }, keepBytes: kind !== "hash", multipartFrom: 5 * 2 ** 30 })
    ),
    Effect.runFork
  )
}

process.on("disconnect", () => process.exit())

/** What the peer gives is what the emulator gave once. */
async function pageOfEmulator(): Promise<Buffer> {
  return await Effect.gen(function*() {
    const { baseUrl } = yield* Emulator
    return yield* Effect.promise(async () => {
      const answer = await fetch(`${baseUrl}/runs?page_size=20`, { headers: { "x-api-key": "nunu_emulator" } })
      return Buffer.from(await answer.arrayBuffer())
    })
  }).pipe(Effect.provide(EmulatorNode.layerServer({ data: { runs } })), Effect.scoped, Effect.runPromise)
}
