/** The typed client against bare undici: pages of 20 runs a second, 8 requests in flight, in turn. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Effect, Layer, Redacted } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { Pool } from "undici"
import type { Row } from "./main.ts"

const inFlight = 8
const rounds = 7
const seconds = 1.5

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const server = fork(path.join(import.meta.dirname, "support/runs-server.ts"))
  const [port] = await once(server, "message")
  const origin = `http://127.0.0.1:${port}`
  const pool = new Pool(origin)
  try {
    const peer = async () => {
      const { body } = await pool.request({
        method: "GET",
        path: "/api/v1/runs?page_size=20",
        headers: { accept: "application/json", "x-api-key": "bench" }
      })
      await body.json()
    }
    const measured = await Effect.gen(function*() {
      const nunu = yield* Nunu.Nunu
      const context = yield* Effect.context<never>()
      const ours = () => Effect.runPromiseWith(context)(nunu.runs.list({ pageSize: 20 })).then(() => {})
      return yield* Effect.promise(() => inTurn({ ours, peer }))
    }).pipe(
      Effect.provide(Layer.provide(
        Nunu.layer({ apiKey: Redacted.make("bench"), baseUrl: `${origin}/api/v1` }),
        NodeHttpClient.layerUndici
      )),
      Effect.runPromise
    )
    return [{ what: "typed client, GET /runs, pages of 20", peer: "bare undici", unit: "requests/s", ...measured }]
  } finally {
    await pool.close()
    server.disconnect()
  }
}

const inTurn = async (sides: { readonly ours: () => Promise<void>; readonly peer: () => Promise<void> }) => {
  const ours: Array<number> = []
  const peer: Array<number> = []
  await rate(sides.ours) // warm
  await rate(sides.peer)
  for (let round = 0; round < rounds; round++) {
    ours.push(await rate(sides.ours))
    peer.push(await rate(sides.peer))
  }
  return { ours: median(ours), theirs: median(peer) }
}

/** Calls a second. */
const rate = async (call: () => Promise<void>): Promise<number> => {
  const begun = performance.now()
  let calls = 0
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (; performance.now() - begun < seconds * 1000; calls++) await call()
  }))
  return calls / (performance.now() - begun) * 1000
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
