import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Repeat from "../src/Repeat.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Runs from "./fixtures/Runs.ts"
import type { Call, Scripted } from "./support/Client.ts"
import { calls, scripted } from "./support/Client.ts"

const page: Scripted = { status: 200, body: Runs.list }

/** What is told of a call that ends after a long time. */
const told = Effect.fnUntraced(function*(call: Call, ...script: readonly [Scripted, ...Array<Scripted>]) {
  const repeats: Array<Repeat.Repeat> = []
  const fiber = yield* call(yield* scripted(...script).nunu).pipe(
    Effect.exit,
    Effect.provideService(Repeat.OnRepeat, (repeat) => Effect.sync(() => repeats.push(repeat))),
    Effect.forkChild
  )
  yield* TestClock.adjust("1 hour")
  yield* Fiber.join(fiber)
  return repeats
})

describe("OnRepeat", () => {
  it.effect("is told of every wait with its error, and which attempt follows", () =>
    Effect.gen(function*() {
      const repeats = yield* told(calls["runs.list"], "refused")
      assert.deepStrictEqual(
        repeats.map(({ attempt, attempts, error }) => [attempt, attempts, error._tag, error.attempts]),
        [2, 3, 4, 5].map((attempt) => [attempt, 5, "NetworkError", attempt - 1])
      )
      assert.include(repeats[0]?.error.message, "ECONNREFUSED")
    }))

  it.effect("is told how long the wait is", () =>
    Effect.gen(function*() {
      const tooMany = { status: 429, body: { error: "Too many requests" }, headers: { "retry-after": "60" } }
      const [repeat, ...others] = yield* told(calls["runs.start"], tooMany, page)
      assert.strictEqual(repeat && Duration.toSeconds(repeat.wait), 60)
      assert.strictEqual(repeat?.error.status, 429)
      assert.deepStrictEqual(others, [])
    }))

  it.effect("is not told of what is not repeated", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* told(calls["runs.list"], page), [])
      assert.deepStrictEqual(yield* told(calls["runs.get"], { status: 404, body: { error: "No such run" } }), [])
      assert.deepStrictEqual(yield* told(calls["runs.start"], "lost"), [])
    }))

  it.effect("is told how few attempts a policy of the program's own allows", () =>
    Effect.gen(function*() {
      const once: Call = (nunu) => RetryPolicy.withRetryPolicy(nunu.runs.list(), { times: 1 })
      assert.deepStrictEqual((yield* told(once, "refused")).map(({ attempt, attempts }) => [attempt, attempts]), [[
        2,
        2
      ]])
    }))
})
