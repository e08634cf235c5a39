/**
 * Waiting for many runs in one process: how many calls a look takes, on the emulator under a clock of its own, and what a
 * wait takes of memory. The peers are the promised bounds.
 */
import * as Nunu from "@nunu-effect/core/Nunu"
import * as Emulator from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import * as AwaitRun from "@nunu-effect/pipelines/AwaitRun"
import * as PollPolicy from "@nunu-effect/pipelines/PollPolicy"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as v8 from "node:v8"
import * as vm from "node:vm"
import type { Row } from "./main.ts"

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const waits of [1, 100, 10_000]) {
    const calls = await Effect.runPromise(callsOfLooks(waits))
    const bound = { what: `${waits} waits, calls of a look`, unit: "calls", theirs: Math.floor(waits / 100 + 1) }
    rows.push({ ...bound, peer: "N/100 + 1, rounded down", ours: Math.max(...calls) })
  }
  const kibibytes = await Effect.runPromise(memoryOfWait)
  return [...rows, { what: "10,000 waits, memory of one", peer: "promise", unit: "KiB", ours: kibibytes, theirs: 20 }]
}

/** In the queue, then running for two hours. */
const script = () => ({
  testName: "Test",
  queuedSeconds: 20,
  startingSeconds: 5,
  players: [[{ goal: "Play", seconds: 7200 }]],
  bugs: [],
  result: "SUCCESS"
})

/** Waits for a minute of the clock, and gives how many calls there were in each second: no two looks are in one. */
const callsOfLooks = (waits: number) =>
  Effect.gen(function*() {
    const nunu = yield* Nunu.Nunu
    const emulator = yield* Emulator.Emulator
    const started = yield* Effect.forEach(
      Array.from({ length: waits }, (_, index) => index),
      (index) => nunu.runs.start({ multiplayerTestId: `test-${index}`, deploymentConfigId: "phones" }),
      { concurrency: 16 }
    )
    const fibers = yield* Effect.forEach(started, ({ jobIds }) => Effect.forkChild(AwaitRun.awaitRuns(jobIds)))
    const calls: Array<number> = []
    for (let second = 0; second < 60; second++) {
      const before = (yield* emulator.requests).length
      yield* TestClock.adjust("1 second")
      yield* quiet // the calls of a look take real time, but none of the clock's
      calls.push((yield* emulator.requests).length - before)
    }
    yield* Fiber.interruptAll(fibers)
    return calls
  }).pipe(
    Effect.provide(Layer.provideMerge(EmulatorNode.layerNunu({ script }), TestClock.layer())),
    Effect.scoped
  )

/** Waits until nothing has been asked for, for a while. */
const quiet = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  let last = -1
  for (let same = 0; same < 10; same++) {
    yield* TestClock.withLive(Effect.sleep("10 millis"))
    const requests = yield* emulator.requests
    if (requests.length !== last || requests.some(({ status }) => status === null)) same = 0
    last = requests.length
  }
})

/** Of 10,000 waits that have looked once and wait for the next look, in KiB. On the real clock, as timers count too. */
const memoryOfWait = Effect.gen(function*() {
  const nunu = yield* Nunu.Nunu
  const emulator = yield* Emulator.Emulator
  const jobIds = yield* Effect.forEach(
    Array.from({ length: 10_000 }, (_, index) => `test-${index}`),
    (multiplayerTestId) =>
      Effect.map(
        nunu.runs.start({ multiplayerTestId, deploymentConfigId: "phones" }),
        ({ jobIds: [jobId] }) => jobId
      ),
    { concurrency: 16 }
  )
  yield* nunu.jobs.list({ pageSize: 100 }) // warm
  const asked = (yield* emulator.requests).length
  const before = heapUsed()
  const fibers = yield* Effect.forEach(jobIds, (jobId) => Effect.forkChild(AwaitRun.awaitRuns([jobId])))
  while ((yield* emulator.requests).length < asked + jobIds.length / 100) yield* Effect.sleep("100 millis")
  yield* Effect.sleep("2 seconds")
  const after = heapUsed()
  yield* Fiber.interruptAll(fibers)
  return Number(((after - before) / jobIds.length / 1024).toFixed(2))
}).pipe(
  Effect.provide(EmulatorNode.layerNunu({ script })),
  Effect.provideService(PollPolicy.PollPolicy, {
    ...PollPolicy.defaultPolicy,
    first: Duration.seconds(2),
    from: Duration.minutes(10),
    to: Duration.minutes(10)
  })
)

const heapUsed = (): number => {
  v8.setFlagsFromString("--expose-gc")
  const collect: () => void = vm.runInNewContext("gc")
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
