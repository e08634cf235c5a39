/** What an uploader is told by its first argument, as JSON, and what it tells at its end. */
import * as fs from "node:fs"

export interface Order {
  readonly file: string
  /** A small file that is sent before: modules are loaded then, and what runs is compiled. */
  readonly warmUp: string
  /** Bytes. */
  readonly partSize: number
  readonly concurrency: number
  /** A part goes to `<storage>/bucket/key?partNumber=<number>`. */
  readonly storage: string
  /** For ours alone: the API, and whether MD5s are computed: on threads, on the main one, not at all. */
  readonly api: string
  readonly hashing: "threads" | "inline" | "off"
}

export interface Part {
  readonly number: number
  readonly offset: number
  readonly size: number
}

export const order: Order = JSON.parse(process.argv[2] ?? "{}")

export const partsOf = (file: string): ReadonlyArray<Part> => {
  const { partSize } = order
  const { size } = fs.statSync(file)
  return Array.from({ length: Math.ceil(size / partSize) }, (_, index) => ({
    number: index + 1,
    offset: index * partSize,
    size: Math.min(partSize, size - index * partSize)
  }))
}

export const urlOf = (part: Part): string => `${order.storage}/bucket/key?partNumber=${part.number}`

/** Runs an upload, and tells wall and CPU time in milliseconds and the peak of the whole process in MiB. */
export const measure = async (upload: (file: string) => Promise<unknown>): Promise<void> => {
  await upload(order.warmUp)
  const before = process.cpuUsage()
  const begun = performance.now()
  await upload(order.file)
  const wall = performance.now() - begun
  const { system, user } = process.cpuUsage(before)
  const rss = peak()
  process.stdout.write(JSON.stringify({ wall, cpu: (user + system) / 1000, rss }), () => process.exit())
}

/** In MiB. What the system calls `maxrss` begins with the size of the process that started this one. */
const peak = (): number => {
  const kibi = fs.existsSync("/proc/self/status")
    ? /VmHWM:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))?.[1]
    : undefined
  return (kibi === undefined ? process.resourceUsage().maxRSS : Number(kibi)) / 1024
}

/** Sends parts with so many at once and no barrier; one that fails is sent again at once. */
export const inWindow = async (
  file: string,
  send: (part: Part, slot: number) => Promise<void>
): Promise<void> => {
  const queue = partsOf(file).slice()
  await Promise.all(Array.from({ length: order.concurrency }, async (_, slot) => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) await again(() => send(part, slot))
  }))
}

/** Tries five times. */
export const again = async (send: () => Promise<void>): Promise<void> => {
  for (let tries = 1;; tries++) {
    try {
      return await send()
    } catch (error) {
      if (tries === 5) throw error
    }
  }
}
