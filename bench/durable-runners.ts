/**
 * Releases on one Postgres: how much faster two runners upload than one on a line where parts wait more than they work,
 * and how soon the other one has what a runner had that was killed. The peers are what is promised.
 */
import { NodeServices } from "@effect/platform-node"
import * as Emulator from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import { ReleaseId, type ReleaseRequest } from "@nunu-effect/pipelines/durable/Release"
import { Context, Effect, FileSystem, Layer, Redacted } from "effect"
import * as path from "node:path"
import * as PostgresServer from "../packages/pipelines/test/durable/support/PostgresServer.ts"
import * as Runners from "../packages/pipelines/test/durable/support/Runners.ts"
import type { Row } from "./main.ts"
import * as DurableRunner from "./support/DurableRunner.ts"

const releases = 80
/** Parts under way in one runner, and how long each waits: what it costs to work on is little beside that, as on a real line. */
const places = 8
const seconds = 6
const rounds = Number(process.env["NUNU_BENCH_ROUNDS"] ?? 2)

export const run = (): Promise<ReadonlyArray<Row>> =>
  Effect.gen(function*() {
    const one: Array<number> = []
    const two: Array<number> = []
    const takeOvers: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      one.push(yield* Effect.scoped(uploads(1)))
      two.push(yield* Effect.scoped(uploads(2)))
      takeOvers.push(...(yield* Effect.scoped(takeOver)))
    }
    const row = { peer: "promise", unit: "s" }
    return [
      {
        what:
          `${releases} releases of one part each that waits for ${seconds} s, ${places} at once: 2 runners against 1`,
        peer: "1 runner",
        unit: "releases/s",
        ours: releases / median(two),
        theirs: releases / median(one)
      },
      {
        ...row,
        what: "releases of a runner killed by kill -9 begun by the other, median",
        ours: median(takeOvers),
        theirs: 10
      },
      { ...row, what: "the same, the last of all", ours: Math.max(...takeOvers), theirs: 10 }
    ]
  }).pipe(Effect.provide(NodeServices.layer), Effect.runPromise)

/** An emulator, a database, so many runners, and the releases. */
const world = Effect.fnUntraced(function*(runners: number) {
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
      }),
      weather: [{ kind: "latency", seconds, times: "always", when: { origin: "storage" } }]
    })),
    Emulator.Emulator
  )
  const server = yield* PostgresServer.make
  const url = yield* server.database
  const started = yield* Effect.forEach(
    Array.from({ length: runners }),
    Effect.fnUntraced(function*() {
      const port = yield* PostgresServer.freePort
      return yield* Effect.acquireRelease(
        Effect.promise(() =>
          DurableRunner.start({
            store: { url, port },
            baseUrl: emulator.baseUrl,
            apiKey: Redacted.value(emulator.apiKey),
            stateDirectory: path.join(folder, "state"),
            places
          })
        ),
        (runner) => Effect.promise(runner.kill)
      )
    }),
    { concurrency: "unbounded" }
  )
  yield* Runners.settled(url, runners)
  const requests = yield* Effect.forEach(
    Array.from({ length: releases }, (_, number) => number),
    Effect.fnUntraced(function*(number): Effect.fn.Return<ReleaseRequest> {
      const file = path.join(folder, `game-${number}.apk`)
      yield* Effect.orDie(fs.writeFile(file, new Uint8Array(1000)))
      return {
        version: 1,
        releaseId: ReleaseId.make(`release-${number}`),
        source: { _tag: "File", path: file },
        run: { multiplayerTestId: "test-1", deploymentConfigId: "phones" }
      }
    })
  )
  return { emulator, requests, runners: started, url }
})

/** Seconds until all uploads are builds. */
const uploads = Effect.fnUntraced(function*(runners: number) {
  const { emulator, requests, runners: [first] } = yield* world(runners)
  if (first === undefined) return yield* Effect.die(new Error("there is no runner"))
  const begun = performance.now()
  yield* Effect.promise(() => first.give(requests))
  yield* until(
    Effect.map(
      emulator.uploads,
      (uploads) => uploads.filter(({ status }) => status === "completed").length === releases
    )
  )
  return (performance.now() - begun) / 1000
})

/** Seconds from the kill of a runner until the other has begun each upload that it had begun and not ended. */
const takeOver = Effect.gen(function*() {
  const { requests, runners: [first, second], url } = yield* world(2)
  if (first === undefined || second === undefined) return yield* Effect.die(new Error("there are no two runners"))
  yield* Effect.promise(() => first.give(requests))
  yield* Effect.sleep("3 seconds")
  const attempts = Effect.map(
    PostgresServer.query(url, "SELECT release_id, number FROM nunu_release_steps WHERE step = 'Upload'"),
    (rows) => new Map(rows.map((row) => [String(row["release_id"]), Number(row["number"])]))
  )
  const before = yield* attempts
  const killed = performance.now()
  yield* Effect.promise(first.kill)
  const found = new Map<string, number>()
  while (performance.now() - killed < 14_000) {
    for (const [releaseId, number] of yield* attempts) {
      if (!found.has(releaseId) && number > (before.get(releaseId) ?? 0)) {
        found.set(releaseId, (performance.now() - killed) / 1000)
      }
    }
    yield* Effect.sleep("100 millis")
  }
  return Array.from(found.values())
})

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  return middle.reduce((sum, value) => sum + value, 0) / middle.length
}

const until = (condition: Effect.Effect<boolean>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep("50 millis")
  })
