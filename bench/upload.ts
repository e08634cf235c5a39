/**
 * Uploads against peers: plain Node, undici, curl, AWS's own uploader and the algorithm of the vendor's command, in turn
 * in one run, to a storage in a process of its own. Lower is better; ratios under 1 are ours.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Row } from "./main.ts"
import type { Contender, Measured } from "./support/Contender.ts"
import * as Contenders from "./support/Contender.ts"
import * as Sink from "./support/Sink.ts"
import * as StubApi from "./support/StubApi.ts"
import type { Order, Part } from "./support/uploaders/Order.ts"

const mebi = 1024 ** 2
/** `NUNU_BENCH_ROUNDS`: medians of more rounds move less. */
const rounds = Number(process.env["NUNU_BENCH_ROUNDS"] ?? 5)

interface Scenario {
  readonly what: string
  /** Bytes. */
  readonly size: number
  readonly partSize: number
  readonly concurrency: number
  readonly weather?: Sink.Weather
  readonly contenders: ReadonlyArray<string>
  /** Where the bytes do not matter, as with 4 GiB. */
  readonly sparse?: boolean
}

const fast = [
  "ours, off",
  "ours",
  "ours, inline",
  "plain node:http",
  "undici",
  "curl -T, 4 at once",
  "lib-storage",
  "batches"
]
const lines = ["ours", "plain node:http", "curl -T, 4 at once", "lib-storage", "batches"]

const scenarios: ReadonlyArray<Scenario> = [
  { what: "1 GiB in 8 MiB", size: 1024 * mebi, partSize: 8 * mebi, concurrency: 4, contenders: fast },
  {
    what: "1 GiB in 100 MiB",
    size: 1024 * mebi,
    partSize: 100 * mebi,
    concurrency: 4,
    contenders: ["ours, off", "ours", "plain node:http", "lib-storage", "batches"]
  },
  {
    what: "1 GiB in 8 MiB, TLS",
    size: 1024 * mebi,
    partSize: 8 * mebi,
    concurrency: 4,
    weather: { tls: true },
    contenders: fast
  },
  {
    what: "4 GiB in 100 MiB",
    size: 4096 * mebi,
    partSize: 100 * mebi,
    concurrency: 4,
    sparse: true,
    contenders: ["ours, off", "ours", "batches"]
  },
  {
    what: "RTT 50 ms, 40 MB/s a connection, 1 % fail",
    size: 1024 * mebi,
    partSize: 8 * mebi,
    concurrency: 8,
    weather: { delay: 50, rate: 40e6, failEvery: 100 },
    contenders: lines
  },
  {
    what: "40 MB/s a connection, one part in ten at a fifth",
    size: 1024 * mebi,
    partSize: 8 * mebi,
    concurrency: 8,
    weather: { rate: 40e6, slow: [10, 5] },
    contenders: lines
  }
]

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const named = await Contenders.build()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-bench-upload-"))
  try {
    const all: Array<Row> = []
    const wanted = process.env["NUNU_BENCH_ONLY"] ?? ""
    for (const scenario of scenarios.filter(({ what }) => what.includes(wanted))) {
      const measured = await measure(scenario, folder, named)
      if (measured === undefined) {
        console.warn(`${scenario.what}: not measured, as sink.c cannot be built here`)
      } else all.push(...rowsOf(scenario, measured))
    }
    return all
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

type Results = ReadonlyMap<string, ReadonlyArray<Measured & { readonly sink: number }>>

type Named = Awaited<ReturnType<typeof Contenders.build>>

/** What each contender took in each round, the sink's CPU as one of them. */
const measure = async (scenario: Scenario, folder: string, named: Named) => {
  const { concurrency, partSize, size } = scenario
  const sink = await Sink.start(scenario.weather)
  if (sink === undefined) return undefined
  const file = path.join(folder, `${size}`)
  if (!fs.existsSync(file)) await write(file, size, scenario.sparse === true)
  const warmUp = path.join(folder, "warm-up")
  if (!fs.existsSync(warmUp)) await write(warmUp, 256 * mebi, true)
  const api = await StubApi.start({ partSize, storage: sink.origin })
  const contenders = new Map<string, Contender | null>()
  for (const name of scenario.contenders) {
    contenders.set(
      name,
      name.startsWith("curl")
        ? await Contenders.curl(split(file, { size, partSize, folder }))
        : named(programs[name] ?? name, hashings[name] ?? {})
    )
  }
  const results = new Map<string, Array<Measured & { readonly sink: number }>>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of contenders) {
      if (contender === null) continue
      const before = sink.cpu()
      const where = { storage: sink.origin, api: api.origin }
      const order: Order = { file, warmUp, partSize, concurrency, ...where, hashing: "off" }
      const measured = { ...await contender(order), sink: sink.cpu() - before }
      results.set(name, [...results.get(name) ?? [], measured])
    }
  }
  api.stop()
  sink.stop()
  const load = os.loadavg().map((load) => load.toFixed(1)).join(" ")
  console.log(`${scenario.what}: sink in ${sink.name}, ${rounds} rounds, load of the machine ${load}`)
  console.table(Object.fromEntries(Array.from(results, ([name, all]) => [name, {
    "wall ms": Math.round(median(all.map(({ wall }) => wall))),
    "CPU ms": Math.round(median(all.map(({ cpu }) => cpu))),
    "RSS MiB": Math.round(median(all.map(({ rss }) => rss))),
    "sink's CPU ms": Math.round(median(all.map(({ sink }) => sink)))
  }])))
  return results
}

const programs: Readonly<Record<string, string>> = {
  "ours": "ours",
  "ours, off": "ours",
  "ours, inline": "ours",
  "plain node:http": "plain-node",
  "undici": "plain-undici"
}

const hashings: Readonly<Record<string, Partial<Order>>> = {
  "ours": { hashing: "threads" },
  "ours, inline": { hashing: "inline" }
}

/** Each of ours against each peer, and ours with its hashes against what they must cost. */
const rowsOf = (
  { contenders, what }: Scenario,
  results: Results
): ReadonlyArray<Row> => {
  const of = (name: string, unit: keyof Measured) => median((results.get(name) ?? []).map((one) => one[unit]))
  const ours = ["ours, off", "ours"].filter((name) => contenders.includes(name))
  const peers = contenders.filter((name) => results.has(name) && !ours.includes(name))
  const bound = lowerBound(results)
  const units = { wall: "wall ms", cpu: "CPU ms", rss: "RSS MiB" } as const
  return ours.flatMap((name) =>
    peers.flatMap((peer) =>
      (["wall", "cpu", "rss"] as const).map((unit) => ({
        what: `upload, ${what}, MD5 ${name === "ours" ? "on" : "off"}`,
        peer,
        unit: units[unit],
        ours: Math.round(of(name, unit)),
        theirs: Math.round(of(peer, unit))
      }))
    )
  ).concat(
    bound === undefined ? [] : {
      what: `upload, ${what}, MD5 on`,
      peer: "what it must take: MD5 off, or all CPU spread over the cores",
      unit: "wall ms",
      ours: Math.round(of("ours", "wall")),
      theirs: Math.round(bound)
    }
  ).filter(({ theirs }) => !Number.isNaN(theirs))
}

/** The larger of the wall time without hashes, and the CPU of sending, hashing and the sink spread over the cores. */
const lowerBound = (results: Results): number | undefined => {
  const off = results.get("ours, off")
  const inline = results.get("ours, inline")
  if (off === undefined || inline === undefined) return undefined
  const cpu = median(inline.map(({ cpu, sink }) => cpu + sink))
  return Math.max(median(off.map(({ wall }) => wall)), cpu / os.availableParallelism())
}

const write = async (file: string, size: number, sparse: boolean): Promise<void> => {
  const opened = await fs.promises.open(file, "w")
  if (sparse) await opened.truncate(size)
  else {
    const block = Buffer.alloc(mebi)
    for (let position = 0; position < size; position += block.length) {
      for (let at = 0; at < block.length; at += 4) block.writeUInt32LE((position + at) * 2654435761 % 2 ** 32, at)
      await opened.write(block)
    }
  }
  await opened.close()
}

/** curl sends whole files only. */
const split = (
  file: string,
  options: { readonly size: number; readonly partSize: number; readonly folder: string }
) => {
  const { folder, partSize, size } = options
  const descriptor = fs.openSync(file, "r")
  const parts = Array.from({ length: Math.ceil(size / partSize) }, (_, index): Part & { readonly file: string } => {
    const part = { number: index + 1, offset: index * partSize, size: Math.min(partSize, size - index * partSize) }
    const buffer = Buffer.alloc(part.size)
    fs.readSync(descriptor, buffer, 0, part.size, part.offset)
    const name = path.join(folder, `part-${part.number}`)
    fs.writeFileSync(name, buffer)
    return { ...part, file: name }
  })
  fs.closeSync(descriptor)
  return parts
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
