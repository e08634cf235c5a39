import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Runs from "./fixtures/Runs.ts"
import type { Scripted } from "./support/Client.ts"
import { runId, scripted, startRequest, withPolicy } from "./support/Client.ts"

const tooMany = (retryAfter?: string): Scripted => ({
  status: 429,
  body: { error: "Too many requests" },
  ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } })
})
const page: Scripted = { status: 200, body: Runs.list }

describe("a 429", () => {
  it.effect("holds back every fiber of the client until the moment that the server named", () =>
    Effect.gen(function*() {
      const begin = yield* Clock.currentTimeMillis
      const { at, nunu } = scripted(tooMany("60"), page)
      const client = yield* nunu
      const first = yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("10 seconds")
      const others = yield* Effect.forkChild(Effect.all([client.runs.list(), client.runs.list()], { concurrency: 2 }))
      yield* TestClock.adjust("49999 millis")
      assert.strictEqual(at.length, 1)
      yield* TestClock.adjust("1001 millis")
      yield* Fiber.join(first)
      yield* Fiber.join(others)
      assert.deepStrictEqual(at.slice(0, 2).map((millis) => millis - begin), [0, 60_000])
      assert.strictEqual(at.length, 4)
    }))

  it.effect.each([[60, 1000], [2, 200]] as const)(
    "of %d s ends for those who wait at moments of their own, at most %d ms after",
    ([seconds, spread]) =>
      Effect.gen(function*() {
        const begin = yield* Clock.currentTimeMillis
        const { at, nunu } = scripted(tooMany(`${seconds}`), page)
        const client = yield* nunu
        yield* Effect.forkChild(client.runs.list())
        yield* TestClock.adjust("1 millis")
        yield* Effect.forkChild(Effect.all(Array.from({ length: 50 }, () => client.runs.list()), { concurrency: 50 }))
        yield* TestClock.adjust("2 minutes")
        const late = at.slice(2).map((millis) => millis - begin - seconds * 1000)
        assert.strictEqual(late.length, 50)
        assert.isAtLeast(Math.min(...late), 0)
        assert.isAtMost(Math.max(...late), spread)
        assert.isAbove(Math.max(...late), spread / 2)
        assert.isAbove(new Set(late).size, 40)
      }).pipe(Random.withSeed("spread"))
  )

  it.effect("without Retry-After holds the others back as long as the one that got it waits", () =>
    Effect.gen(function*() {
      const { at, nunu } = scripted(tooMany(), page)
      const client = yield* nunu
      const first = yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("1 millis")
      const other = yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("498 millis")
      assert.strictEqual(at.length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(first)
      yield* Fiber.join(other)
      assert.strictEqual(at.length, 3)
      assert.isAtLeast(at[2]!, at[1]!) // three were asked
    }))

  it.effect("lets a fiber that waits be interrupted at once", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted(tooMany("60"), page)
      const client = yield* nunu
      yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("1 seconds")
      const other = yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.interrupt(other)
      assert.strictEqual(asked.length, 1)
    }))

  it.effect("of longer than can be waited for makes other calls fail at once, without being sent", () =>
    Effect.gen(function*() {
      const now = Date.UTC(2026, 3, 12, 9, 30)
      yield* TestClock.setTime(now)
      const { asked, nunu } = scripted(tooMany("3600"), page)
      const client = yield* nunu
      yield* Effect.flip(client.runs.list())
      const error = yield* Effect.flip(client.runs.start(startRequest))
      assert(error._tag === "TooManyRequests" && error.retryAt !== null)
      assert.include(error, { operation: "start run", attempts: 0, sent: "never", status: 429 })
      assert.strictEqual(DateTime.toEpochMillis(error.retryAt), now + 3_600_000)
      assert.strictEqual(asked.length, 1)
    }))

  it.effect("with an absurd Retry-After locks nobody out for longer than five minutes", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted(tooMany("99999999999"), page)
      const client = yield* nunu
      yield* Effect.flip(client.runs.list())
      yield* TestClock.adjust("299 seconds")
      yield* Effect.flip(client.runs.list())
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* client.runs.list()
      assert.strictEqual(asked.length, 2)
    }))

  it.effect("makes a call under the policy `never` fail at once, so that it waits nowhere", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted(tooMany("60"), page)
      const client = yield* nunu
      yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("1 seconds")
      const error = yield* client.runs.get(runId).pipe(Effect.flip, withPolicy(RetryPolicy.never))
      assert.include(error, { _tag: "TooManyRequests", attempts: 0, sent: "never" })
      assert.strictEqual(asked.length, 1)
    }))

  it.effect("is waited for no longer than the policy allows, however often it comes again", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted(tooMany("200"))
      const client = yield* nunu
      yield* Effect.forkChild(Effect.ignore(client.runs.list()))
      yield* TestClock.adjust("1 seconds")
      const other = yield* Effect.forkChild(Effect.flip(client.runs.list()))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(other))._tag, "TooManyRequests")
      assert.isBelow(asked.length, 6)
    }))

  it.effect("of one client is nothing to another", () =>
    Effect.gen(function*() {
      const one = yield* scripted(tooMany("60")).nunu
      const other = yield* scripted(page).nunu
      yield* one.runs.list().pipe(Effect.flip, RetryPolicy.withRetryPolicy({ times: 0, maxRetryAfter: Duration.zero }))
      yield* other.runs.list()
    }))
})
