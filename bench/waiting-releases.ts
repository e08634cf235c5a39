/**
 * A thousand releases that wait at once in one process on SQLite: what each takes of memory, how many calls a look takes,
 * and how long it takes after a kill until all of them are looked for again. The peers are what was expected.
 */
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import { Data } from "@nunu-effect/emulator/Scenario"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as readline from "node:readline"
import type { Row } from "./main.ts"

export const run = (): Promise<ReadonlyArray<Row>> => Effect.runPromise(Effect.scoped(measure))

const releases = Number(process.env["NUNU_WAITING"] ?? 1000)

/** What `support/waiting-releases.ts` says. */
interface Said {
  readonly what: string
  /** Milliseconds since its process began. */
  readonly sinceStart: number
  readonly heapKib?: number
  readonly rssMib?: number
}

const measure = Effect.gen(function*() {
  const context = yield* Layer.build(EmulatorNode.layerServer({ script: twoHours, data }))
  const emulator = Context.get(context, Emulator)
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nunu-bench-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
  )
  const start = Effect.acquireRelease(
    Effect.sync(() => {
      const program = path.join(import.meta.dirname, "support/waiting-releases.ts")
      const file = path.join(folder, "releases.db")
      const key = Redacted.value(emulator.apiKey)
      const child = spawn(process.execPath, [program, file, emulator.baseUrl, key, String(releases)], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const said = new Map<string, Said>()
      readline.createInterface({ input: child.stdout }).on("line", (line) => {
        const one: Said = JSON.parse(line)
        said.set(one.what, one)
      })
      return { child, said }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const wait = Effect.fnUntraced(function*(said: ReadonlyMap<string, Said>, what: string) {
    while (!said.has(what)) yield* Effect.sleep("50 millis")
    return said.get(what) ?? nothing
  })
  const { later, looks, open, soon, waiting } = yield* Effect.scoped(Effect.gen(function*() {
    const { said } = yield* start
    const open = yield* wait(said, "open")
    const waiting = yield* wait(said, "waiting")
    const soon = yield* wait(said, "waited 10")
    const later = yield* wait(said, "waited 80")
    // A look is a burst of calls: none is within two seconds of the next.
    const requests = (yield* emulator.requests).filter(({ at, path }) =>
      path.endsWith("/jobs") && at > Date.now() - 60_000
    )
    const looks: Array<number> = []
    let last = 0
    for (const { at } of requests) {
      if (at - last > 2000) looks.push(0)
      looks[looks.length - 1] = (looks.at(-1) ?? 0) + 1
      last = at
    }
    return { open, waiting, soon, later, looks }
  }))
  const before = (yield* emulator.requests).length
  const begunAt = Date.now()
  yield* start
  const lookedFor = Effect.map(
    emulator.requests,
    (requests) => requests.slice(before).findLast(({ path }) => path.endsWith("/jobs"))
  )
  yield* Effect.repeat(Effect.delay(lookedFor, "20 millis"), { while: (last) => last === undefined })
  yield* Effect.sleep("1 second") // the look is a burst of calls
  const last = yield* lookedFor
  const kib = (then: Said) => Number((((then.heapKib ?? 0) - (open.heapKib ?? 0)) / releases).toFixed(1))
  const row = (what: string, unit: string, ours: number, theirs: number): Row => ({
    what: `${releases} waiting releases, ${what}`,
    peer: "expected",
    unit,
    ours,
    theirs
  })
  return [
    row("heap of one, all just begun", "KiB", kib(soon), 100),
    row("heap of one, after 90 s", "KiB", kib(later), 20),
    row("memory of the process", "MiB", Math.round(later.rssMib ?? 0), 300),
    row("calls of a look", "calls", Math.max(...looks), releases / 100 + 1),
    row("to let one begin", "ms", Math.round((waiting.sinceStart - open.sinceStart) / releases), 50),
    row("from the start after a kill until all were looked for", "ms", (last?.at ?? 0) - begunAt, 10_000)
  ]
})

const nothing: Said = { what: "", sinceStart: 0 }

const data = Schema.decodeUnknownSync(Data)({ builds: [{ id: "build-1" }] })

const twoHours = () => ({
  testName: "Test",
  queuedSeconds: 5,
  startingSeconds: 5,
  players: [[{ goal: "Play", seconds: 7200 }]],
  bugs: [],
  result: "SUCCESS"
})
