/**
 * The width of the window on lines that are not a sink: `"auto"` against fixed widths and against the algorithm of the
 * vendor's own command (batches with barriers, 4 parts at once, 32 at most), in turn.
 *
 * A run that would take more than one and a half times as long as the best so far is ended early, and its time projected
 * from what it has stored by then.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as Upload from "@nunu-effect/upload/Upload"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import { Effect, Layer, Redacted } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Agent } from "undici"
import type { Row } from "./main.ts"
import type { Line } from "./support/Line.ts"

const mebi = 1024 ** 2

/** `NUNU_BENCH_ROUNDS`: medians of more rounds move less. */
const rounds = Number(process.env["NUNU_BENCH_ROUNDS"] ?? 3)

const base = { each: 4e6, partSize: 8 * mebi }

interface Scenario {
  readonly what: string
  readonly line: Line
  /** Bytes. */
  readonly size: number
}

const scenarios: ReadonlyArray<Scenario> = [
  { what: "RTT 100 ms, 4 MB/s a connection", line: { ...base, roundTrip: 100 }, size: 4096 * mebi },
  { what: "the same, 40 MB/s in all", line: { ...base, roundTrip: 100, all: 40e6 }, size: 768 * mebi },
  {
    what: "RTT 20 ms, 4 MB/s a connection, 5 % of PUTs fail",
    line: { ...base, roundTrip: 20, failEvery: 20 },
    size: 4096 * mebi
  },
  {
    what: "RTT 20 ms, 4 MB/s a connection, one part in ten at a fifth",
    line: { ...base, roundTrip: 20, slowEvery: 10, slower: 5 },
    size: 4096 * mebi
  }
]

/** How one upload went. `projected`: it was ended early. */
interface Run {
  readonly seconds: number
  readonly projected: boolean
  /** The share of the window's time in which a place had no part under way; null where nobody measures it. */
  readonly idle: number | null
  readonly widest: number
}

type Contender = (progress: (bytes: number) => void, signal: AbortSignal) => Promise<Pick<Run, "idle" | "widest">>

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const only = process.env["NUNU_BENCH_ONLY"]
  const rows: Array<Row> = []
  for (const scenario of scenarios.filter(({ what }) => only === undefined || what.includes(only))) {
    rows.push(...await measure(scenario))
  }
  return rows
}

const widths = [32, 16, 8, 4, 2, 1]

const measure = async ({ line, size, what }: Scenario): Promise<ReadonlyArray<Row>> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-lines-"))
  const file = path.join(folder, "game.apk")
  fs.writeFileSync(file, "")
  fs.truncateSync(file, size)
  const server = fork(path.join(import.meta.dirname, "support/shaped-storage.ts"), [JSON.stringify(line)])
  const [port] = await once(server, "message")
  const origin = `http://127.0.0.1:${port}`
  const contenders = new Map<string, Contender>([
    ["auto", ours({ origin, file, concurrency: "auto" })],
    ...widths.map((width) => [`fixed ${width}`, ours({ origin, file, concurrency: width })] as const),
    ...[4, 32].map((parallel) => [`batches of ${parallel}`, batches({ origin, size, line, parallel })] as const)
  ])
  const runs = new Map<string, Array<Run>>()
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, contender] of contenders) {
        const known = runs.get(name) ?? []
        if (known.some(({ projected, seconds }) => projected || seconds > 1.2 * best(runs))) continue // it is out of the question
        known.push(await timed(contender, { size, best: best(runs) }))
        runs.set(name, known)
        const { idle, projected, seconds, widest } = known.at(-1) ??
          { seconds: NaN, projected: false, idle: null, widest: 0 }
        console.log(
          `${what}: ${name}: ${seconds.toFixed(1)} s${projected ? ", projected" : ""}` +
            (idle === null ? "" : `, idle ${(100 * idle).toFixed(1)} %, ${widest} wide`)
        )
      }
    }
  } finally {
    server.disconnect()
    fs.rmSync(folder, { recursive: true })
  }
  const median = (name: string) => {
    const seconds = (runs.get(name) ?? []).map((run) => run.seconds).toSorted((a, b) => a - b)
    const middle = (seconds.length - 1) / 2
    return ((seconds[Math.floor(middle)] ?? NaN) + (seconds[Math.ceil(middle)] ?? NaN)) / 2
  }
  const fixed = widths.map((width) => `fixed ${width}`)
  const bestFixed = fixed.reduce((a, b) => median(b) < median(a) ? b : a)
  const peers = [bestFixed, ...fixed.filter((name) => name !== bestFixed), "batches of 4", "batches of 32"]
  const idle = Math.max(...(runs.get("auto") ?? []).map((run) => run.idle ?? 0))
  return [
    ...peers.map((peer): Row => ({
      what,
      peer: peer === bestFixed ? `${peer}, the best` : peer,
      unit: "s",
      ours: median("auto"),
      theirs: median(peer)
    })),
    { what, peer: "idle share of the window, and its limit", unit: "", ours: idle, theirs: 0.15 }
  ]
}

const best = (runs: ReadonlyMap<string, ReadonlyArray<Run>>): number =>
  Math.min(...Array.from(runs.values()).flat().filter(({ projected }) => !projected).map(({ seconds }) => seconds))

const timed = async (
  contender: Contender,
  { best, size }: { readonly best: number; readonly size: number }
): Promise<Run> => {
  const begun = performance.now()
  const elapsed = () => (performance.now() - begun) / 1000
  const stop = new AbortController()
  let stored = 0
  let projected = Infinity
  const look = setInterval(() => {
    projected = elapsed() * size / stored
    if (elapsed() > 8 && projected > 1.5 * best) stop.abort()
  }, 500)
  try {
    const ended = await contender((bytes) => stored += bytes, stop.signal)
    return { seconds: elapsed(), projected: false, ...ended }
  } catch (error) {
    if (!stop.signal.aborted) throw error
    return { seconds: projected, projected: true, idle: null, widest: 0 }
  } finally {
    clearInterval(look)
  }
}

const ours = (options: {
  readonly origin: string
  readonly file: string
  readonly concurrency: number | "auto"
}): Contender =>
async (progress, signal) => {
  const { concurrency, file, origin } = options
  const first = concurrency === "auto" ? 4 : concurrency
  const window = use(first)
  const program = Effect.gen(function*() {
    yield* Upload.upload(yield* UploadSource.fromFile(file), {
      multipart: true,
      integrity: "off", // how fast bytes are hashed is another bench
      concurrency,
      onEvent: (event) =>
        Effect.sync(() => {
          if (event._tag === "PartStarted") window.begin()
          if (event._tag === "PartRetried") window.end()
          if (event._tag === "ConcurrencyChanged") window.widen(event.to)
          if (event._tag === "PartCompleted") {
            window.end()
            progress(event.bytes)
          }
        })
    })
  }).pipe(
    Effect.provide(Layer.mergeAll(
      UploadNode.layer,
      Layer.provide(
        Nunu.layer({ apiKey: Redacted.make("bench"), baseUrl: `${origin}/api/v1` }),
        NodeHttpClient.layerUndici
      )
    ))
  )
  await Effect.runPromise(program, { signal })
  return { idle: window.idle(), widest: window.widest() }
}

/** The time that the places of a window have, and the time that parts are under way. */
const use = (first: number) => {
  let width = first
  let widest = first
  let busy = 0
  let since: number | undefined
  let used = 0
  let all = 0
  const count = () => {
    const now = performance.now()
    if (since !== undefined) {
      used += Math.min(busy, width) * (now - since)
      all += width * (now - since)
    }
    since = now
  }
  return {
    begin: () => {
      count()
      busy++
    },
    end: () => {
      count()
      busy--
    },
    widen: (to: number) => {
      count()
      width = to
      widest = Math.max(widest, to)
    },
    idle: () => 1 - used / all,
    widest: () => widest
  }
}

/** The vendor's: URLs of a batch, its parts side by side, and the next batch when the last of them is stored. */
const batches = (options: {
  readonly origin: string
  readonly size: number
  readonly line: Line
  readonly parallel: number
}): Contender =>
async (progress, signal) => {
  const { line: { partSize }, origin, parallel, size } = options
  const agent = new Agent()
  const part = Buffer.alloc(partSize)
  const total = Math.ceil(size / partSize)
  // It has no repeats; one is added, as the first failure would end it.
  const send = async (number: number): Promise<void> => {
    const { body, statusCode } = await agent.request({
      origin,
      path: `/part/${number}`,
      method: "PUT",
      body: part,
      signal
    })
    await body.dump()
    if (statusCode !== 200) throw new Error(String(statusCode))
  }
  try {
    await fetch(`${origin}/api/v1/builds/upload`, { method: "POST", body: JSON.stringify({ file_size: size }) })
    for (let first = 1; first <= total; first += parallel) {
      const numbers = Array.from({ length: Math.min(parallel, total - first + 1) }, (_, index) => first + index)
      await fetch(`${origin}/api/v1/builds/upload/parts?part_numbers=${numbers.join(",")}`)
      await Promise.all(numbers.map(async (number) => {
        await send(number).catch((error) => {
          if (signal.aborted) throw error
          return send(number)
        })
        progress(partSize)
      }))
    }
  } finally {
    await agent.destroy()
  }
  return { idle: null, widest: parallel }
}
