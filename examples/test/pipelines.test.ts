import { assert, it } from "@effect/vitest"
import { Emulator, EmulatorNode, LivelyRun, RunTimeline } from "@nunu-effect/emulator"
import { Clock, type Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Example10 from "../10-compose.ts"
import * as Example11 from "../11-matrix.ts"
import * as Example12 from "../12-confirm.ts"
import * as Example13 from "../13-supersede.ts"
import * as Example14 from "../14-run-events.ts"

/** Hours in a moment: lets time pass until a program has ended, with real moments for the emulator's own work. */
const pass = Effect.fnUntraced(function*<A, E, R>(program: Effect.Effect<A, E, R>, step: Duration.Input = "1 second") {
  const fiber = yield* Effect.forkChild(program)
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.withLive(Effect.sleep("1 millis"))
    yield* TestClock.adjust(step)
  }
  return yield* fiber.pollUnsafe() ?? Effect.die("it has ended")
})

const emulated = (secondsOf: (deployment: string, test: string | undefined) => number, result = "SUCCESS") =>
  EmulatorNode.layerNunu({
    script: (_, { deploymentConfigId, multiplayerTestId }) => ({
      testName: multiplayerTestId ?? "instructions",
      queuedSeconds: 5,
      startingSeconds: 5,
      players: [[{ goal: "Play", seconds: secondsOf(deploymentConfigId, multiplayerTestId) }]],
      bugs: [],
      result: multiplayerTestId === "broken" ? "FAILED" : result
    })
  })

const running = Effect.gen(function*() {
  const now = yield* Clock.currentTimeMillis
  return (yield* (yield* Emulator.Emulator).jobs).filter((job) =>
    RunTimeline.at(job.script, now - job.startedAt, job.stoppedAt).jobStatus !== "COMPLETED"
  )
})

it.effect("10 asks a service that is down again", () =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    yield* emulator.weather.add({ kind: "answer", status: 503, times: "always", untilSecond: 100 })
    const { verdict } = yield* pass(Example10.patient)
    assert.strictEqual(verdict._tag, "Passed")
    assert.isAbove(yield* Clock.currentTimeMillis, 100_000)
    assert.strictEqual((yield* emulator.jobs).length, 1)
  }).pipe(Effect.provide(emulated(() => 30))))

it.effect("10 stops the run that takes too long", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(pass(Example10.bounded, "1 minute"))
    assert.strictEqual(error._tag, "TimeoutError")
    assert.strictEqual((yield* (yield* Emulator.Emulator).jobs).length, 1)
    assert.deepStrictEqual(yield* running, [])
  }).pipe(Effect.provide(emulated(() => 5 * 3600))))

it.effect("10 stops the run that has lost the race", () =>
  Effect.gen(function*() {
    const { trials } = yield* pass(Example10.fastest)
    assert.strictEqual(trials[0]?.target.deploymentConfigId, "tablets")
    assert.strictEqual((yield* (yield* Emulator.Emulator).jobs).length, 2)
    assert.deepStrictEqual(yield* running, [])
  }).pipe(Effect.provide(emulated((deployment) => deployment === "phones" ? 3600 : 60))))

it.effect("10 starts no more tests after one that failed", () =>
  Effect.gen(function*() {
    const results = yield* pass(Example10.smoke(["lobby", "broken", "map", "shop", "chat", "end"]))
    assert.deepStrictEqual(results.map(({ verdict }) => verdict._tag), ["Passed", "Failed"])
    assert.isBelow((yield* (yield* Emulator.Emulator).jobs).length, 6)
    assert.deepStrictEqual(yield* running, [])
  }).pipe(Effect.provide(emulated(() => 60))))

it.effect("10 does all of it, one after the other", () =>
  Effect.gen(function*() {
    yield* pass(Example10.example)
    assert.strictEqual((yield* (yield* Emulator.Emulator).jobs).length, 5)
  }).pipe(Effect.provide(emulated(() => 60))))

it.effect("11 runs every test on every deployment", () =>
  Effect.gen(function*() {
    const { trials, verdict } = yield* pass(Example11.example)
    assert.strictEqual(verdict._tag, "Passed")
    assert.deepStrictEqual(trials.map(({ name }) => name), [
      "lobby on your-phones-id",
      "lobby on your-tablets-id",
      "settings on your-phones-id",
      "settings on your-tablets-id"
    ])
  }).pipe(Effect.provide(emulated(() => 60))))

it.effect("12 fails when a bug was seen twice, and does not run a third time", () =>
  Effect.gen(function*() {
    const { confirmation, trials, verdict } = yield* pass(Example12.example)
    assert.strictEqual(verdict._tag, "Failed")
    assert.strictEqual(trials.length, 2)
    assert.isAbove(confirmation?.seen.size ?? 0, 0)
  }).pipe(Effect.provide(EmulatorNode.layerNunu({ script: () => LivelyRun.lively(0) }))))

it.effect("13 stops the older build's run", () =>
  Effect.gen(function*() {
    const [older, newer] = yield* pass(Example13.example)
    assert.deepStrictEqual([older.verdict._tag, newer.verdict._tag], ["Inconclusive", "Passed"])
  }).pipe(Effect.provide(emulated(() => 60))))

it.effect("14 tells what changes, and the bugs", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* pass(Example14.example)).length, 3)
  }).pipe(Effect.provide(EmulatorNode.layerNunu())))
