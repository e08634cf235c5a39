/**
 * 1,000 releases that wait for their runs at once in one process, on SQLite and on Postgres: what each takes of memory,
 * how many list calls a round of looks takes, and how soon a process that was killed is there again. The peers are what
 * was predicted.
 */
import { NodeServices } from "@effect/platform-node"
import * as Emulator from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import { ReleaseId, type ReleaseRequest } from "@nunu-effect/pipelines/durable/Release"
import { Context, Effect, FileSystem, Layer, Redacted } from "effect"
import * as path from "node:path"
import * as PostgresServer from "../packages/pipelines/test/durable/support/PostgresServer.ts"
import type { Row } from "./main.ts"
import type { Settings } from "./support/durable-runner.ts"
import * as DurableRunner from "./support/DurableRunner.ts"

const releases = 1000
const warmUp = 100
/** By then nothing of a release that waits is loaded, and looks are 24 to 36 s apart. */
const atRest = "100 seconds"

export const run = (): Promise<ReadonlyArray<Row>> =>
  Effect.gen(function*() {
    const rows: Array<Row> = []
    for (const store of ["SQLite", "Postgres"] as const) rows.push(...(yield* Effect.scoped(measure(store))))
    return rows
  }).pipe(Effect.provide(NodeServices.layer), Effect.runPromise)

const predictions = {
  SQLite: { kibibytes: 4, upSeconds: 1.5, lookSeconds: 8 },
  Postgres: { kibibytes: 4, upSeconds: 2, lookSeconds: 9 }
}

const measure = Effect.fnUntraced(function*(store: keyof typeof predictions) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-durable-" })
  const emulator = Context.get(
    yield* Layer.build(EmulatorNode.layerServer({
      script: () => ({
        testName: "Test",
        queuedSeconds: 1,
        startingSeconds: 1,
        players: [[{ goal: "Play", seconds: 7200 }]],
        bugs: [],
        result: "SUCCESS"
      })
    })),
    Emulator.Emulator
  )
  const settings: Settings = {
    store: store === "SQLite"
      ? { file: path.join(folder, "releases.db") }
      : {
        url: yield* Effect.flatMap(PostgresServer.make, ({ database }) => database),
        port: yield* PostgresServer.freePort
      },
    baseUrl: emulator.baseUrl,
    apiKey: Redacted.value(emulator.apiKey),
    stateDirectory: folder
  }
  const file = path.join(folder, "game.apk")
  yield* fs.writeFileString(file, "a game")
  const started = Effect.acquireRelease(
    Effect.promise(() => DurableRunner.start(settings)),
    (runner) => Effect.promise(runner.kill)
  )
  const first = yield* started
  // One uploads, the others take its build: what waits afterwards is the same.
  yield* Effect.promise(() => first.give([release(0, { _tag: "File", path: file })]))
  yield* until(Effect.map(emulator.jobs, (jobs) => jobs.length === 1))
  const [build] = yield* emulator.builds
  if (build === undefined) return yield* Effect.die(new Error("there is no build"))
  /** Some at a time, as a bot admits them. */
  const begin = Effect.fnUntraced(function*(from: number, to: number) {
    for (let number = from; number < to; number += 50) {
      const some = Array.from(
        { length: Math.min(50, to - number) },
        (_, index) => release(number + index, { _tag: "Build", buildId: build.id })
      )
      yield* Effect.promise(() => first.give(some))
      yield* until(Effect.map(emulator.jobs, (jobs) => jobs.length === number + some.length))
    }
  })
  // What the first ones take is mostly code that is compiled: it stays, as the runner is told to keep it.
  yield* begin(1, warmUp)
  yield* Effect.sleep(atRest)
  const before = yield* Effect.promise(first.memory)
  const begun = performance.now()
  yield* begin(warmUp, releases)
  const startSeconds = (performance.now() - begun) / 1000
  yield* Effect.sleep(atRest)
  const lists = Effect.map(emulator.requests, (requests) => requests.filter(isList))
  const kibibytes = ((yield* Effect.promise(first.memory)) - before) / (releases - warmUp) / 1024
  const listsBefore = (yield* lists).length
  yield* Effect.sleep("80 seconds") // two looks at least
  const looks = looksOf((yield* lists).slice(listsBefore).map(({ at }) => at))
  yield* Effect.promise(first.kill)
  const listsAtKill = (yield* lists).length
  const killed = performance.now()
  const second = yield* started
  yield* until(Effect.map(lists, (now) => now.length >= listsAtKill + releases / 100))
  const lookSeconds = (performance.now() - killed) / 1000
  const predicted = predictions[store]
  const row = (what: string, unit: string, ours: number, theirs: number): Row => ({
    what: `${releases} waiting releases on ${store}, ${what}`,
    peer: "predicted",
    unit,
    ours: Number(ours.toFixed(2)),
    theirs
  })
  return [
    row("memory of one", "KiB", kibibytes, predicted.kibibytes),
    row("list calls of a look", "calls", Math.max(...looks), releases / 100 + 1),
    row("up again after kill -9", "s", second.upAfter / 1000, predicted.upSeconds),
    row("all looked for again after kill -9", "s", lookSeconds, predicted.lookSeconds),
    row(`${releases - warmUp} of them begun`, "s", startSeconds, 60)
  ]
})

const release = (number: number, source: ReleaseRequest["source"]): ReleaseRequest => ({
  version: 1,
  releaseId: ReleaseId.make(`release-${number}`),
  source,
  run: { multiplayerTestId: "test-1", deploymentConfigId: "phones" }
})

const isList = ({ method, path }: { readonly method: string; readonly path: string }) =>
  method === "GET" && path === "/api/v1/jobs"

/** How many of the calls at these moments belong to each look: looks are at least 24 s apart. */
const looksOf = (moments: ReadonlyArray<number>): ReadonlyArray<number> => {
  const looks: Array<number> = []
  let last = -Infinity
  for (const moment of moments) {
    if (moment - last > 12_000) looks.push(0)
    looks.push((looks.pop() ?? 0) + 1)
    last = moment
  }
  return looks
}

const until = (condition: Effect.Effect<boolean>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep("50 millis")
  })
