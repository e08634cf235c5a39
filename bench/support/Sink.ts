/**
 * The storage that the upload benches send to: `sink.c`, built by the C compiler of the machine and run in a process of
 * its own. Without a compiler one in Node takes its place, which has no weather and costs several times the CPU.
 */
import { fork, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

export interface Weather {
  /** Milliseconds until an answer is sent. */
  readonly delay?: number
  /** Bytes a second that a connection is read at. */
  readonly rate?: number
  /** Every so many PUTs one is answered with 500. */
  readonly failEvery?: number
  /** Every so many parts one is read so many times slower. */
  readonly slow?: readonly [every: number, factor: number]
  readonly tls?: boolean
}

export interface Sink {
  readonly origin: string
  /** What it is. */
  readonly name: string
  /** Milliseconds of CPU so far. */
  readonly cpu: () => number
  readonly stop: () => void
}

/** A certificate for 127.0.0.1, and the authority behind it. */
export const authority = path.join(import.meta.dirname, "../../packages/upload/test/support/tls/ca.pem")

/** Undefined where the machine cannot do it. */
export const start = async (weather: Weather = {}): Promise<Sink | undefined> => {
  const program = built(weather.tls === true)
  if (program === undefined) {
    return Object.keys(weather).length === 0 ? startInNode() : undefined
  }
  const { delay, failEvery, rate, slow, tls } = weather
  const child = spawn(program, [
    ...(delay === undefined ? [] : ["--delay", String(delay)]),
    ...(rate === undefined ? [] : ["--rate", String(rate)]),
    ...(failEvery === undefined ? [] : ["--fail", String(failEvery)]),
    ...(slow === undefined ? [] : ["--slow", ...slow.map(String)]),
    ...(tls === true ? ["--tls", certificate("storage.pem"), certificate("storage.key")] : [])
  ], { stdio: ["pipe", "pipe", "inherit"] })
  const [port] = await once(child.stdout, "data")
  return {
    origin: `${tls === true ? "https" : "http"}://127.0.0.1:${String(port).trim()}`,
    name: "C",
    cpu: () => cpuOf(child.pid),
    stop: () => child.stdin.end()
  }
}

const certificate = (name: string) => path.join(path.dirname(authority), name)

const startInNode = async (): Promise<Sink> => {
  const child = fork(path.join(import.meta.dirname, "storage-node.ts"))
  const [port] = await once(child, "message")
  return {
    origin: `http://127.0.0.1:${port}`,
    name: "Node, as there is no C compiler",
    cpu: () => cpuOf(child.pid),
    stop: () => child.disconnect()
  }
}

/** Builds it once a run; undefined where there is no compiler, or no OpenSSL to build with. */
const built = (tls: boolean): string | undefined => {
  const known = programs.get(tls)
  if (known !== undefined) return known
  const file = path.join(folder, tls ? "sink-tls" : "sink")
  const source = path.join(import.meta.dirname, "sink.c")
  const libraries = tls ? ["-DTLS", "-lssl", "-lcrypto"] : []
  const { status } = spawnSync("cc", ["-O2", "-o", file, source, "-lpthread", ...libraries])
  if (status !== 0) return undefined
  programs.set(tls, file)
  return file
}

const programs = new Map<boolean, string>()

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-bench-"))
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }))

/** From `/proc`, in ticks of 10 ms; 0 where there is none. */
const cpuOf = (pid: number | undefined): number => {
  try {
    const [, fields = ""] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
    const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number)
    return (user + system) * 10
  } catch {
    return 0
  }
}
