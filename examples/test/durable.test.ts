import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { PartTransport } from "@nunu-effect/upload"
import { Effect, Fiber, FileSystem, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Example15 from "../15-durable-release.ts"

/** Lets time pass until a fiber has ended, with real moments for files and for the emulator's own work. */
const pass = Effect.fnUntraced(function*<A, E>(fiber: Fiber.Fiber<A, E>) {
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.withLive(Effect.sleep("1 millis"))
    yield* TestClock.adjust("1 second")
  }
  return yield* Fiber.await(fiber)
})

const services = PartTransport.layerHttpClient.pipe(
  Layer.provideMerge(EmulatorNode.layerNunu()),
  Layer.merge(NodeServices.layer)
)

it.effect("15 goes on with the release when it is started again", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const emulator = yield* Emulator.Emulator
    const folder = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFile(`${folder}/game.apk`, new Uint8Array(1000))
    const example = Example15.example(`${folder}/game.apk`, folder)
    const first = yield* Effect.forkChild(example)
    while ((yield* emulator.jobs).length === 0) {
      yield* TestClock.withLive(Effect.sleep("1 millis"))
      yield* TestClock.adjust("1 second")
    }
    yield* pass(yield* Effect.forkChild(Fiber.interrupt(first)))
    const outcome = yield* Effect.flatten(pass(yield* Effect.forkChild(example)))
    assert.strictEqual(outcome.buildId, (yield* emulator.builds)[0]?.id ?? null)
    assert.strictEqual((yield* emulator.builds).length, 1)
    assert.strictEqual((yield* emulator.jobs).length, 1)
    assert.deepStrictEqual(yield* emulator.violations, [])
    const again = yield* Effect.flatten(pass(yield* Effect.forkChild(example)))
    assert.deepStrictEqual(again, outcome)
  }).pipe(Effect.provide(services)))
