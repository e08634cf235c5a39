import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Random, Schema } from "effect"
import { defaultPolicy, type PollPolicy, shortestWait, wait } from "../src/PollPolicy.ts"

/** The wait in seconds when chance says `random`. */
const secondsOf = (look: number, random: number, policy: PollPolicy = defaultPolicy) =>
  wait(policy, look).pipe(
    Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => random }),
    Effect.map(Duration.toSeconds)
  )

const middle = (look: number, policy?: PollPolicy) => secondsOf(look, 0.5, policy)

describe("wait", () => {
  it.effect("is 5 seconds before the first look, and grows by half from 5 to 30 after it", () =>
    Effect.gen(function*() {
      const waits = yield* Effect.forEach([0, 1, 2, 3, 4, 5, 6, 7, 100], (look) => middle(look))
      const expected = [5, 5, 7.5, 11.25, 16.875, 25.3125, 30, 30, 30]
      for (const [index, seconds] of waits.entries()) assert.closeTo(seconds, expected[index] ?? 0, 1e-6)
    }))

  it.effect("is a fifth shorter or longer at most", () =>
    Effect.gen(function*() {
      assert.closeTo(yield* secondsOf(0, 0), 4, 1e-6)
      assert.closeTo(yield* secondsOf(0, 1), 6, 1e-6)
      assert.closeTo(yield* secondsOf(50, 0), 24, 1e-6)
      assert.closeTo(yield* secondsOf(50, 1), 36, 1e-6)
    }))

  it.effect("is never shorter than the shortest wait, from which on a look may be shared", () =>
    Effect.gen(function*() {
      for (const look of [0, 1, 2, 5, 50]) {
        assert.closeTo(Duration.toSeconds(shortestWait(defaultPolicy, look)), yield* secondsOf(look, 0), 1e-6)
      }
    }))

  it.effect("has a first wait and a jitter of the caller's own", () =>
    Effect.gen(function*() {
      const policy = { ...defaultPolicy, first: Duration.minutes(2), jitter: 0 }
      assert.deepStrictEqual(yield* Effect.forEach([0, 1], (look) => secondsOf(look, 0, policy)), [120, 5])
    }))

  it.effect("is never longer than the longest, however often it was looked", () =>
    Effect.gen(function*() {
      assert.closeTo(yield* middle(1_000_000), 30, 1e-6)
    }))

  const Look = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))
  it.effect.prop("is between 4 and 36 seconds at every look", [Look], ([look]) =>
    Effect.gen(function*() {
      const seconds = Duration.toSeconds(yield* wait(defaultPolicy, look))
      assert.isTrue(seconds >= 4 - 1e-6 && seconds <= 36 + 1e-6, `${seconds} seconds`)
    }))
})
