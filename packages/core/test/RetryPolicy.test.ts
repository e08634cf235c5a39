import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import type { ApiError } from "../src/ApiError.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Runs from "./fixtures/Runs.ts"
import * as Answers from "./fixtures/StartRun.ts"
import type { Call, Scripted } from "./support/Client.ts"
import { calls, scripted, withPolicy } from "./support/Client.ts"

const tooMany = (retryAfter?: string): Scripted => ({
  status: 429,
  body: { error: "Too many requests" },
  ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } })
})
const unavailable: Scripted = { status: 503, body: { error: "Unavailable" } }
const page: Scripted = { status: 200, body: Runs.list }
const started: Scripted = { status: 201, body: Answers.c }

/** Makes a call and lets a long time pass: gives what it ended with, and the milliseconds from the first attempt to each. */
const play = Effect.fnUntraced(function*(call: Call, script: readonly [Scripted, ...Array<Scripted>]) {
  const { at, nunu } = scripted(...script)
  const begin = yield* Clock.currentTimeMillis
  const fiber = yield* call(yield* nunu).pipe(Effect.result, Effect.forkChild)
  yield* TestClock.adjust("1 hour")
  const result = yield* Fiber.join(fiber)
  const error: ApiError | undefined = result._tag === "Failure" ? result.failure : undefined
  return { error, at: at.map((millis) => Math.round(millis - begin)) }
})

const gaps = (at: ReadonlyArray<number>) => at.slice(1).map((time, index) => Math.round(time - at[index]!)) // index is below at.length - 1

/** Each wait is 50 to 100 % of what is given in seconds. */
const assertWaits = (at: ReadonlyArray<number>, seconds: ReadonlyArray<number>) => {
  const parts = gaps(at).map((wait, index) => wait / 1000 / seconds[index]!) // undefined fails the next line
  assert.strictEqual(parts.length, seconds.length)
  assert.deepStrictEqual(parts.filter((part) => part < 0.5 || part > 1), [])
}

describe("a 429 with Retry-After", () => {
  it.effect("is tried again after 60 s and not after 59 s", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted(tooMany("60"), page)
      const fiber = yield* (yield* nunu).runs.list().pipe(Effect.forkChild)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(asked.length, 2)
      assert.strictEqual((yield* Fiber.join(fiber)).data.length, 3)
    }))

  it.effect("is tried again at the HTTP date that it names", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 3, 12, 9, 30))
      const { asked, nunu } = scripted(tooMany("Sun, 12 Apr 2026 09:31:00 GMT"), page)
      const fiber = yield* (yield* nunu).runs.list().pipe(Effect.forkChild)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(asked.length, 2)
      yield* Fiber.join(fiber)
    }))

  it.effect.each(["9", "60", "299", "300"])("of %s s is waited for", (seconds) =>
    Effect.gen(function*() {
      const { at, error } = yield* play(calls["runs.list"], [tooMany(seconds), page])
      assert.isUndefined(error)
      assert.deepStrictEqual(at, [0, Number(seconds) * 1000])
    }))

  it.effect.each(["301", "1000", "86400", "99999999999999999999999"])(
    "of %s s fails at once",
    (seconds) =>
      Effect.gen(function*() {
        const { asked, nunu } = scripted(tooMany(seconds), page)
        const error = yield* (yield* nunu).runs.list().pipe(Effect.flip)
        assert.strictEqual(error._tag, "TooManyRequests")
        assert.strictEqual(asked.length, 1)
      })
  )

  it.effect("that is beyond reach tells exactly when to come back", () =>
    Effect.gen(function*() {
      const now = Date.UTC(2026, 3, 12, 9, 30)
      yield* TestClock.setTime(now)
      const { nunu } = scripted(tooMany("301"))
      const error = yield* (yield* nunu).runs.list().pipe(Effect.flip)
      assert(error._tag === "TooManyRequests" && error.retryAt !== null)
      assert.strictEqual(DateTime.toEpochMillis(error.retryAt), now + 301_000)
      assert.include(error.message, "Try again at 2026-04-12T09:35:01.000Z")
      assert.strictEqual(error.attempts, 1)
    }))

  it.effect("tells when to come back as a date too", () =>
    Effect.gen(function*() {
      const { nunu } = scripted(tooMany("Sun, 12 Apr 2026 09:31:00 GMT"))
      const error = yield* (yield* nunu).runs.list().pipe(Effect.flip)
      assert(error._tag === "TooManyRequests" && error.retryAt !== null)
      assert.strictEqual(DateTime.toEpochMillis(error.retryAt), Date.UTC(2026, 3, 12, 9, 31))
    }))

  it.effect("is a floor under the client's own wait", () =>
    Effect.gen(function*() {
      const { at } = yield* play(calls["runs.list"], [tooMany("0"), tooMany("1"), tooMany("30"), page])
      const [first, second, third] = gaps(at)
      assert.isTrue(first! >= 500 && first! <= 1000)
      assert.isTrue(second! >= 1000 && second! <= 2000)
      assert.strictEqual(third, 30_000)
    }))

  it.effect.each(["soon", "-5", "1.5", "", "Sat, 32 Apr 2026 09:31:00 GMT"])(
    "that cannot be read (\"%s\") is as none",
    (header) =>
      Effect.gen(function*() {
        const { at, error } = yield* play(calls["runs.list"], [tooMany(header)])
        assertWaits(at, [1, 2, 4, 8])
        assert(error?._tag === "TooManyRequests")
        assert.isNull(error.retryAt)
      })
  )
})

describe("a 429 without Retry-After", () => {
  it.effect("is tried five times in all, each wait 50 to 100 % of 1, 2, 4 and 8 s", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 20; seed++) {
        const { at, error } = yield* play(calls["runs.list"], [tooMany()]).pipe(Random.withSeed(seed))
        assertWaits(at, [1, 2, 4, 8])
        assert.strictEqual(error?._tag, "TooManyRequests")
        assert.strictEqual(error?.attempts, 5)
      }
    }))

  it.effect("waits differently from client to client", () =>
    Effect.gen(function*() {
      const one = yield* play(calls["runs.list"], [tooMany(), page]).pipe(Random.withSeed(1))
      const other = yield* play(calls["runs.list"], [tooMany(), page]).pipe(Random.withSeed(2))
      assert.notDeepEqual(gaps(one.at), gaps(other.at))
    }))

  it.effect.each(["runs.start", "builds.initiateUpload"] as const)(
    "is repeated for %s too: nothing was done",
    (name) =>
      Effect.gen(function*() {
        const { at, error } = yield* play(calls[name], [tooMany()])
        assertWaits(at, [1, 2, 4, 8])
        assert.strictEqual(error?._tag, "TooManyRequests")
      })
  )

  it.effect("is forgotten once it went well", () =>
    Effect.gen(function*() {
      const { at, error } = yield* play(calls["runs.start"], [tooMany(), tooMany(), started])
      assert.isUndefined(error)
      assert.strictEqual(at.length, 3)
    }))
})

it.effect("a 429 with a proxy's page for a body is one too", () =>
  Effect.gen(function*() {
    const { at, error } = yield* play(calls["runs.start"], [{ status: 429, body: "<html>Slow down</html>" }])
    assertWaits(at, [1, 2, 4, 8])
    assert.include(error, { _tag: "TooManyRequests", error: "Too many requests", attempts: 5 })
  }))

describe("a transient failure", () => {
  it.effect.each<Scripted>([
    unavailable,
    { status: 500, body: { error: "Oops" } },
    { status: 408, body: "" },
    "lost",
    "refused"
  ])(
    "of a GET is tried five times in all, each wait 50 to 100 %% of 0.5, 1, 2 and 4 s: %j",
    (failure) =>
      Effect.gen(function*() {
        const { at, error } = yield* play(calls["runs.list"], [failure])
        assertWaits(at, [0.5, 1, 2, 4])
        assert.strictEqual(error?.attempts, 5)
      })
  )

  it.effect.each([400, 401, 403, 404, 418, 501, 505])("is not what %d is", (status) =>
    Effect.gen(function*() {
      const { at } = yield* play(calls["runs.get"], [{ status, body: { error: "No" } }])
      assert.deepStrictEqual(at, [0])
    }))

  it.effect("of a request that must not be done twice is not repeated", () =>
    Effect.gen(function*() {
      for (const name of ["runs.start", "builds.initiateUpload"] as const) {
        for (const failure of [unavailable, "lost", "refused"] as const) {
          assert.deepStrictEqual((yield* play(calls[name], [failure])).at, [0])
        }
      }
    }))
})

describe("RetryPolicy", () => {
  it.effect("never repeats nothing", () =>
    Effect.gen(function*() {
      for (const failure of [tooMany("1"), unavailable, "lost"] as const) {
        const { at, error } = yield* play(calls["runs.list"], [failure]).pipe(withPolicy(RetryPolicy.never))
        assert.deepStrictEqual(at, [0])
        assert.strictEqual(error?.attempts, 1)
      }
    }))

  it.effect("caps the client's own waits", () =>
    Effect.gen(function*() {
      const policy = { ...RetryPolicy.defaultPolicy, times: 3, base: Duration.seconds(4), cap: Duration.seconds(5) }
      const { at } = yield* play(calls["runs.list"], [unavailable]).pipe(withPolicy(policy))
      assertWaits(at, [4, 5, 5])
    }))

  it.effect("begins no wait later than `within` after the first attempt", () =>
    Effect.gen(function*() {
      const policy = { ...RetryPolicy.defaultPolicy, times: 100, within: Duration.seconds(90) }
      const { at } = yield* play(calls["runs.list"], [tooMany("40")]).pipe(withPolicy(policy))
      assert.deepStrictEqual(at, [0, 40_000, 80_000, 120_000])
    }))

  it.effect("can be changed for one call, in the fields that are given", () =>
    Effect.gen(function*() {
      const call: Call = (nunu) => nunu.runs.list().pipe(RetryPolicy.withRetryPolicy({ times: 1, base: "3 seconds" }))
      assertWaits((yield* play(call, [unavailable])).at, [3])
      assertWaits((yield* play(call, [tooMany()])).at, [1])
    }))

  it.effect("that is provided for a part of a program holds for that part only", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted(unavailable)
      const client = yield* nunu
      yield* client.runs.list().pipe(Effect.flip, withPolicy(RetryPolicy.never))
      assert.strictEqual(asked.length, 1)
      const fiber = yield* client.runs.list().pipe(Effect.flip, Effect.forkChild)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(asked.length, 6)
    }))
})
