/**
 * The emulator on a port against a bare `node:http` server that gives as many bytes, or takes them and forgets them:
 * pages of 20 runs a second, and the rate of one PUT of 1 GiB. Each server is in a process of its own; in turn, medians.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import * as http from "node:http"
import * as path from "node:path"
import { Pool } from "undici"
import type { Row } from "./main.ts"

const inFlight = 32
const seconds = 2
const rounds = 5
const bytes = Number(process.env["NUNU_BENCH_BYTES"] ?? 2 ** 30)

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const emulator = await serve("emulator")
  const hash = await serve("hash")
  const bare = await serve("bare")
  try {
    const pages = await inTurn(() => pagesOf(emulator), () => pagesOf(bare))
    const kept = await inTurn(() => putTo(emulator), () => putTo(bare))
    const hashed = await inTurn(() => putTo(hash), () => putTo(bare))
    return [
      { what: "emulator, GET /runs, pages of 20", peer: "bare node:http", unit: "requests/s", ...pages },
      { what: "emulator, PUT of 1 GiB, kept on disk", peer: "node:http that forgets", unit: "MiB/s", ...kept },
      { what: "emulator, PUT of 1 GiB, only hashed", peer: "node:http that forgets", unit: "MiB/s", ...hashed }
    ]
  } finally {
    for (const { end } of [emulator, hash, bare]) end()
  }
}

interface Served {
  readonly baseUrl: string
  readonly apiKey: string
  readonly end: () => void
}

const serve = async (kind: string): Promise<Served> => {
  const server = fork(path.join(import.meta.dirname, "support/emulator-server.ts"), [kind], { stdio: "inherit" })
  const [{ apiKey, baseUrl }] = await once(server, "message")
  return { apiKey, baseUrl, end: () => server.disconnect() }
}

const inTurn = async (ours: () => Promise<number>, theirs: () => Promise<number>) => {
  const measured: { ours: Array<number>; theirs: Array<number> } = { ours: [], theirs: [] }
  await ours() // warm
  await theirs()
  for (let round = 0; round < rounds; round++) {
    measured.ours.push(await ours())
    measured.theirs.push(await theirs())
  }
  return { ours: median(measured.ours), theirs: median(measured.theirs) }
}

/** Pages a second. */
const pagesOf = async ({ apiKey, baseUrl }: Served): Promise<number> => {
  const { origin, pathname } = new URL(`${baseUrl}/runs`)
  const pool = new Pool(origin, { connections: inFlight, pipelining: 1 })
  const begun = performance.now()
  let pages = 0
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (; performance.now() - begun < seconds * 1000; pages++) {
      const { body, statusCode } = await pool.request({
        method: "GET",
        path: `${pathname}?page_size=20`,
        headers: { "x-api-key": apiKey }
      })
      await body.dump({ limit: 2 ** 20 })
      if (statusCode !== 200) throw new Error(`${statusCode}`)
    }
  }))
  const rate = pages / (performance.now() - begun) * 1000
  await pool.close()
  return rate
}

/** MiB a second of one PUT, from a buffer that is sent again and again. */
const putTo = async (served: Served): Promise<number> => {
  const url = await urlOf(served)
  const block = Buffer.alloc(2 ** 20, "a build is not all zeros")
  const begun = performance.now()
  await new Promise<void>((resolve, reject) => {
    const request = http.request(
      url,
      { method: "PUT", headers: { "content-length": bytes }, agent: false },
      (response) => {
        response.resume().on(
          "end",
          () => response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))
        )
      }
    )
    request.on("error", reject)
    let sent = 0
    const send = () => {
      if (sent === bytes) return request.end()
      const piece = block.subarray(0, Math.min(block.length, bytes - sent))
      sent += piece.length
      request.write(piece, send)
      return undefined
    }
    send()
  })
  const rate = bytes / 2 ** 20 / (performance.now() - begun) * 1000
  await forget(served)
  return rate
}

/** Where to PUT: the emulator gives a presigned URL, its peer takes what comes. */
const urlOf = async ({ apiKey, baseUrl }: Served): Promise<string> => {
  const answer = await fetch(`${baseUrl}/builds/upload`, {
    method: "POST",
    headers: { "x-api-key": apiKey, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", file_name: "b.apk", file_size: bytes, platform: "android", multipart: false })
  })
  const { upload_url: url } = await answer.json() as { readonly upload_url?: string } // the peer gives runs
  return url ?? new URL("/builds/bench", baseUrl).href
}

const forget = async ({ baseUrl }: Served): Promise<void> => {
  await (await fetch(new URL("/_emulator/reset", baseUrl), { method: "POST" })).text()
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
