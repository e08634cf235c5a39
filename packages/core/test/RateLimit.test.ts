import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Nunu from "../src/Nunu.ts"
import * as RateLimit from "../src/RateLimit.ts"
import * as Runs from "./fixtures/Runs.ts"
import { canary, scripted } from "./support/Client.ts"

/** When 12 calls that are made at once are sent, in seconds. */
const seconds = Effect.fnUntraced(function*(limit: Layer.Layer<never>) {
  const begin = yield* Clock.currentTimeMillis
  const { at, httpClient } = scripted({ status: 200, body: Runs.list })
  const context = yield* Nunu.layer({ apiKey: Redacted.make(canary) }).pipe(
    Layer.provide([Layer.succeed(HttpClient.HttpClient, httpClient), limit]),
    Layer.build
  )
  const nunu = Context.get(context, Nunu.Nunu)
  const fiber = yield* Effect.forkChild(Effect.replicateEffect(nunu.runs.list(), 12, { concurrency: "unbounded" }))
  yield* TestClock.adjust("1 minute")
  yield* Fiber.join(fiber)
  return at.map((millis) => Math.floor((millis - begin) / 1000))
})

describe("RateLimit", () => {
  it.effect("is off by default", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* seconds(Layer.empty), Array.from({ length: 12 }, () => 0))
    }))

  it.effect("spreads the requests of a client over time", () =>
    Effect.gen(function*() {
      const at = yield* seconds(RateLimit.layer({ limit: 5 }))
      assert.strictEqual(at.length, 12)
      assert.strictEqual(at.filter((second) => second === 0).length, 5 + 4) // a full bucket, then one each 200 ms
      assert.strictEqual(at.filter((second) => second === 1).length, 3)
    }))
})
