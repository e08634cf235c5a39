/**
 * The peak of an uploader's memory, for files from 1 to 100 GiB (sparse) in parts from 8 MiB to 1 GiB, 8 parts at once:
 * it must depend on neither. Times are not looked at; MD5s are off for 100 GiB, unless `NUNU_BENCH_HASH` is set.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Row } from "./main.ts"
import * as Contenders from "./support/Contender.ts"
import * as Sink from "./support/Sink.ts"
import * as StubApi from "./support/StubApi.ts"
import type { Order } from "./support/uploaders/Order.ts"

const mebi = 1024 ** 2

const cases = [
  { gibi: 1, partMebi: 8 },
  { gibi: 1, partMebi: 100 },
  { gibi: 1, partMebi: 1024 },
  { gibi: 10, partMebi: 8 },
  { gibi: 10, partMebi: 100 },
  { gibi: 10, partMebi: 1024 },
  { gibi: 100, partMebi: 16 },
  { gibi: 100, partMebi: 1024 }
] as const

/** What it may be at most, in MiB, and how far from each other all may be. */
const most = 150
const apart = 20

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const named = await Contenders.build()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-bench-memory-"))
  const file = path.join(folder, "sparse")
  const warmUp = path.join(folder, "warm-up")
  const sink = await Sink.start()
  if (sink === undefined) return []
  try {
    const peaks: Array<readonly [string, number]> = []
    for (const { gibi, partMebi } of cases) {
      for (
        const hashing of gibi === 100 && process.env["NUNU_BENCH_HASH"] === undefined
          ? ["off"]
          : ["off", "threads"]
      ) {
        fs.writeFileSync(file, "")
        fs.truncateSync(file, gibi * 1024 * mebi)
        fs.writeFileSync(warmUp, "one part")
        const partSize = partMebi * mebi
        const api = await StubApi.start({ partSize, storage: sink.origin })
        const order: Omit<Order, "hashing"> = {
          file,
          warmUp,
          partSize,
          concurrency: 8,
          storage: sink.origin,
          api: api.origin
        }
        const { rss } = await named("ours", { hashing: hashing === "off" ? "off" : "threads" })({
          ...order,
          hashing: "off"
        })
        console.log(`${gibi} GiB in ${partMebi} MiB, MD5 ${hashing}: ${rss.toFixed(0)} MiB`)
        peaks.push([`${gibi} GiB in ${partMebi} MiB, MD5 ${hashing === "off" ? "off" : "on"}`, Math.round(rss)])
        api.stop()
      }
    }
    const all = peaks.map(([, rss]) => rss)
    return [
      ...peaks.map(([what, rss]): Row => ({
        what: `memory of an upload, ${what}`,
        peer: "the most that it may be",
        unit: "MiB",
        ours: rss,
        theirs: most
      })),
      {
        what: "memory of an upload, from the smallest to the largest of these",
        peer: "the most that it may be",
        unit: "MiB",
        ours: Math.max(...all) - Math.min(...all),
        theirs: apart
      }
    ]
  } finally {
    sink.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
