import { assert, describe, it } from "@effect/vitest"
import { RetryPolicy } from "@nunu-effect/core"
import { Clock, DateTime, Duration, Effect, Fiber, Random, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Hashing from "../src/Hashing.ts"
import * as RetryBudget from "../src/RetryBudget.ts"
import type { SendPartOptions } from "../src/SendPart.ts"
import { sendPart } from "../src/SendPart.ts"
import { IntegrityMismatch, PartFailed } from "../src/UploadError.ts"
import { UploadEvent } from "../src/UploadEvent.ts"
import type { UploadSource } from "../src/UploadSource.ts"
import { SourceChanged } from "../src/UploadSource.ts"
import { bytesOf, endingAt, gameOf, inPieces, md5 } from "./support/Bytes.ts"
import type { Outcome } from "./support/StubTransport.ts"
import { broken, comeBackIn, denied, expired, stubTransport, taken, unavailable } from "./support/StubTransport.ts"

const bytes = bytesOf(1000)
const part = { partNumber: 3, offset: 400, size: 250 }
const content = bytes.subarray(400, 650)

/** Sends a part while an hour goes by: what it ended with, the PUTs, the waits between them in milliseconds, the events. */
const play = Effect.fnUntraced(function*(
  outcomes: readonly [Outcome, ...Array<Outcome>],
  { seed = 1, source = gameOf(bytes), ...options }:
    & Pick<SendPartOptions, "integrity" | "allowSourceChange" | "budget">
    & { readonly seed?: number; readonly source?: UploadSource } = {}
) {
  const { layer, puts } = stubTransport(...outcomes)
  const events: Array<UploadEvent> = []
  const asked: Array<boolean> = []
  const reader = yield* source.open
  const began = yield* Clock.currentTimeMillis
  const fiber = yield* sendPart({
    ...options,
    source,
    reader,
    part,
    url: ({ fresh }) => Effect.sync(() => Redacted.make(`http://storage/url-${asked.push(fresh)}`)),
    replaceable: true,
    emit: (event) => Effect.sync(() => void events.push(event))
  }).pipe(Effect.provide(layer), Effect.result, Random.withSeed(seed), Effect.forkChild)
  yield* TestClock.adjust("1 hour")
  const result = yield* Fiber.join(fiber)
  const times = puts.map(({ at }) => at - began)
  return {
    sent: result._tag === "Success" ? result.success : undefined,
    error: result._tag === "Failure" ? result.failure : undefined,
    puts,
    asked,
    events,
    waits: times.slice(1).map((time, index) => time - (times[index] ?? Number.NaN))
  }
})

/** Each wait is 50 to 100 % of what is given in seconds. */
const assertWaits = (waits: ReadonlyArray<number>, seconds: ReadonlyArray<number>) => {
  assert.strictEqual(waits.length, seconds.length)
  for (const [index, wait] of waits.entries()) assert.isTrue(within(wait, seconds[index] ?? 0), `${waits}`)
}

const within = (wait: number, seconds: number): boolean => wait >= 500 * seconds && wait <= 1000 * seconds

const failed = (error: unknown): PartFailed => {
  assert(error instanceof PartFailed)
  return error
}

describe("a part", () => {
  it.effect("is the bytes from its offset on, and no others", () =>
    Effect.gen(function*() {
      const { puts, sent } = yield* play([taken])
      assert.deepStrictEqual(puts.map((put) => put.bytes), [content])
      assert.deepStrictEqual(sent, { partNumber: 3, etag: "an-etag", md5: md5(content), attempts: 1 })
    }))

  it.effect("is the same when reads give little at a time, and when it is sent again", () =>
    Effect.gen(function*() {
      const { puts } = yield* play([unavailable, unavailable, taken], { source: inPieces(7, bytes) })
      assert.deepStrictEqual(puts.map((put) => put.bytes), Array.from({ length: 3 }, () => content))
    }))

  it.effect.each([["\"abc\"", "abc"], ["W/\"abc\"", "abc"], ["abc", "abc"], ["\"abc-3\"", "abc-3"]] as const)(
    "has an ETag without quotes: %s",
    ([etag, bare]) => Effect.map(play([{ etag }]), ({ sent }) => assert.strictEqual(sent?.etag, bare))
  )

  it.effect("of a file that has become shorter is an error of the source, and is not sent again", () =>
    Effect.gen(function*() {
      const { error, puts } = yield* play([taken], { source: endingAt(500, bytes) })
      assert.strictEqual(error?._tag, "SourceError")
      assert.strictEqual(error?.message, "Cannot upload \"game.apk\": it ended at byte 500 of 1000")
      assert.strictEqual(puts.length, 1)
    }))
})

describe("a failure that may pass", () => {
  it.effect("is tried five times in all, after 50 to 100 % of 1, 2, 4 and 8 s", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 20; seed++) {
        const { error, waits } = yield* play([unavailable], { seed })
        assertWaits(waits, [1, 2, 4, 8])
        assert.deepInclude(failed(error), { partNumber: 3, attempts: 5, status: 503 })
      }
    }))

  it.effect("is told with how often it was tried, in the storage's words", () =>
    Effect.gen(function*() {
      const lost = yield* play([broken(10)])
      const refused = yield* play([unavailable])
      assert.strictEqual(
        failed(lost.error).message,
        "Cannot send part 3 after 5 attempts: the connection failed: ECONNRESET"
      )
      assert.strictEqual(
        failed(refused.error).message,
        "Cannot send part 3 after 5 attempts: SlowDown: Reduce your request rate (503)"
      )
    }))

  it.effect("is drawn anew by every part, so that parts do not come back all at once", () =>
    Effect.gen(function*() {
      const one = yield* play([unavailable], { seed: 1 })
      const other = yield* play([unavailable], { seed: 2 })
      assert.notDeepEqual(one.waits, other.waits)
    }))

  it.effect("is forgotten when it has passed", () =>
    Effect.gen(function*() {
      const { sent, waits } = yield* play([broken(100), broken(50), taken])
      assertWaits(waits, [1, 2])
      assert.deepStrictEqual(sent, { partNumber: 3, etag: "an-etag", md5: md5(content), attempts: 3 })
    }))

  it.effect("is counted anew when the part gets further than ever", () =>
    Effect.gen(function*() {
      const short = [broken(10), broken(10), broken(3), broken(10)] as const
      const { error, waits } = yield* play([...short, broken(11), broken(11), broken(2), broken(11), broken(11)])
      assertWaits(waits, [1, 2, 4, 8, 1, 2, 4, 8])
      assert.deepInclude(failed(error), { attempts: 9 })
    }))

  it.effect("is never tried before the time that the storage names, nor before its own", () =>
    Effect.gen(function*() {
      const { waits } = yield* play([comeBackIn(30), comeBackIn(0), taken])
      assert.strictEqual(waits[0], 30_000)
      assert.isTrue(within(waits[1] ?? 0, 2))
    }))

  it.effect("is not waited for when the storage wants to be left alone for longer than five minutes", () =>
    Effect.gen(function*() {
      const waited = yield* play([comeBackIn(300), taken])
      assert.deepStrictEqual(waited.waits, [300_000])
      yield* TestClock.setTime(Date.UTC(2026, 3, 12, 9, 30))
      const { error, puts } = yield* play([comeBackIn(301)])
      assert.strictEqual(puts.length, 1)
      const retryAt = failed(error).retryAt
      assert.strictEqual(retryAt && DateTime.formatIso(retryAt), "2026-04-12T09:35:01.000Z")
      assert.strictEqual(
        failed(error).message,
        "Cannot send part 3: SlowDown (429). Try again after 2026-04-12T09:35:01.000Z"
      )
    }))

  it.effect("is waited for with the part's own patience, however little a storage may ask for", () =>
    Effect.gen(function*() {
      const policy = { ...RetryPolicy.defaultPolicy, maxRetryAfter: Duration.seconds(1) }
      const { error, puts } = yield* Effect.provideService(play([unavailable]), RetryPolicy.RetryPolicy, policy)
      assert.strictEqual(puts.length, 5)
      assert.isUndefined(failed(error).retryAt)
      const asking = yield* Effect.provideService(play([comeBackIn(2)]), RetryPolicy.RetryPolicy, policy)
      assert.strictEqual(asking.puts.length, 1)
      assert.isDefined(failed(asking.error).retryAt)
    }))

  it.effect("ends the part at once when the budget of the upload is spent", () =>
    Effect.gen(function*() {
      const budget = RetryBudget.make({ parts: 1, totalParts: 4 })
      for (let count = 0; count < 18; count++) yield* budget.take({ partNumber: 1, status: 503, detail: "SlowDown" })
      const { error, puts } = yield* play([unavailable], { budget })
      assert.strictEqual(error?._tag, "RetriesSpent")
      assert.strictEqual(puts.length, 3)
    }))

  it.effect("is an answer that came before the storage had all bytes, too", () =>
    Effect.gen(function*() {
      const { events, sent } = yield* play([{ etag: "\"an-etag\"", after: 249 }, taken])
      assert.strictEqual(sent?.attempts, 2)
      const retried = events.find((event) => event._tag === "PartRetried")
      assert.strictEqual(retried?.why, "the storage answered before it had all bytes")
    }))

  it.effect("gets a fresh URL", () =>
    Effect.gen(function*() {
      const { asked, puts } = yield* play([unavailable, broken(0), taken])
      assert.deepStrictEqual(asked, [false, true, true])
      assert.deepStrictEqual(puts.map((put) => put.url), [1, 2, 3].map((count) => `http://storage/url-${count}`))
    }))
})

describe("a URL that has expired", () => {
  it.effect("is replaced at once", () =>
    Effect.gen(function*() {
      const { asked, sent, waits } = yield* play([expired, taken])
      assert.deepStrictEqual(waits, [0])
      assert.deepStrictEqual(asked, [false, true])
      assert.strictEqual(sent?.attempts, 2)
    }))

  it.effect("is replaced three times at most", () =>
    Effect.gen(function*() {
      const { error, waits } = yield* play([expired])
      assert.deepStrictEqual(waits, [0, 0, 0])
      assert.deepInclude(failed(error), { attempts: 4, status: 403 })
      assert.include(failed(error).message, "Request has expired")
    }))

  it.effect("does not count as one of the five attempts", () =>
    Effect.gen(function*() {
      const { sent, waits } = yield* play([
        unavailable,
        expired,
        unavailable,
        expired,
        unavailable,
        expired,
        unavailable,
        taken
      ])
      assertWaits(waits, [1, 0, 2, 0, 4, 0, 8])
      assert.strictEqual(sent?.attempts, 8)
    }))
})

describe("a failure that will not pass", () => {
  it.effect("is not tried again", () =>
    Effect.gen(function*() {
      const { error, events, puts } = yield* play([denied])
      assert.strictEqual(puts.length, 1)
      assert.strictEqual(failed(error).message, "Cannot send part 3: AccessDenied: Access Denied (403)")
      assert.deepStrictEqual(events.map((event) => event._tag).filter((tag) => tag !== "BytesSent"), ["PartStarted"])
    }))

  it.effect("ends the part also after some that might have passed", () =>
    Effect.gen(function*() {
      const { error, puts } = yield* play([unavailable, denied])
      assert.strictEqual(puts.length, 2)
      assert.deepInclude(failed(error), { attempts: 2, status: 403 })
    }))
})

describe("integrity", () => {
  const wrong = md5(bytesOf(1))

  it.effect.each([`"${md5(content)}"`, `"${md5(content).toUpperCase()}"`, md5(content)])(
    "accepts the MD5 of what was read: %s",
    (etag) => Effect.map(play([{ etag }]), ({ sent }) => assert.deepInclude(sent, { md5: md5(content), attempts: 1 }))
  )

  it.effect.each(["\"an-etag\"", `"${wrong}-3"`, `"${wrong.slice(1)}"`])(
    "says nothing about an ETag that is no MD5: %s",
    (etag) => Effect.map(play([{ etag }]), ({ sent }) => assert.deepInclude(sent, { attempts: 1 }))
  )

  it.effect("sends a part again that the storage has other bytes of", () =>
    Effect.gen(function*() {
      const { events, sent, waits } = yield* play([{ etag: wrong }, { etag: md5(content) }])
      assertWaits(waits, [1])
      assert.deepInclude(sent, { etag: md5(content), md5: md5(content), attempts: 2 })
      const retried = events.find((event) => event._tag === "PartRetried")
      assert.deepInclude(retried, { bytes: 250 })
      assert.include(retried?.why, "other bytes")
    }))

  it.effect("fails for good when the storage has other bytes after all repeats", () =>
    Effect.gen(function*() {
      const { error, waits } = yield* play([{ etag: wrong }])
      assertWaits(waits, [1, 2, 4, 8])
      assert(error instanceof IntegrityMismatch)
      assert.deepInclude({ ...error }, { partNumber: 3, attempts: 5, md5: md5(content), etag: wrong })
      assert.include(error.message, `Cannot send part 3 after 5 attempts: its MD5 is ${md5(content)}`)
    }))

  it.effect("can be switched off: then no MD5 is known", () =>
    Effect.gen(function*() {
      const { sent } = yield* play([{ etag: wrong }], { integrity: "off" })
      assert.deepInclude(sent, { etag: wrong, md5: null, attempts: 1 })
    }))

  it.effect("begins a new MD5 with every attempt", () =>
    Effect.gen(function*() {
      const { sent } = yield* play([broken(130), { etag: md5(content) }])
      assert.deepInclude(sent, { md5: md5(content), attempts: 2 })
    }))

  it.effect("is tried again when a thread that hashes is lost", () =>
    Effect.gen(function*() {
      let made = 0
      const losing: Hashing.Hashing = {
        ...Hashing.inline,
        make: Effect.map(Hashing.inline.make, (hash) =>
          made++ === 0
            ? { ...hash, digest: Effect.fail(new Hashing.HashLost({ message: "a thread is gone" })) }
            : hash)
      }
      const { sent } = yield* play([{ etag: md5(content) }]).pipe(Effect.provideService(Hashing.Hashing, losing))
      assert.deepInclude(sent, { md5: md5(content), attempts: 2 })
    }))
})

describe("a source that changes", () => {
  /** It is not what it was from the n-th look on. */
  const changingAt = (look: number): UploadSource => {
    let looks = 0
    return {
      ...gameOf(bytes),
      verify: Effect.suspend(() =>
        ++looks >= look ? Effect.fail(new SourceChanged({ name: "game.apk", changed: ["size", "mtime"] })) : Effect.void
      )
    }
  }

  it.effect("before a part fails it without a PUT", () =>
    Effect.gen(function*() {
      const { error, puts } = yield* play([taken], { source: changingAt(1) })
      assert.strictEqual(puts.length, 0)
      assert.strictEqual(
        error?.message,
        "Cannot upload \"game.apk\" as it changed on the way: its size, its modification time. " +
          "Upload it again when nobody writes to it"
      )
    }))

  it.effect("during a part fails it, and it is not sent again", () =>
    Effect.gen(function*() {
      const { error, events, puts } = yield* play([taken], { source: changingAt(2) })
      assert.strictEqual(puts.length, 1)
      assert.strictEqual(error?._tag, "SourceChanged")
      assert.notInclude(events.map((event) => event._tag), "PartCompleted")
    }))

  it.effect("by getting shorter is told as a change where it is known to be one", () =>
    Effect.gen(function*() {
      const source = { ...changingAt(2), open: endingAt(500, bytes).open }
      assert.strictEqual((yield* play([taken], { source })).error?._tag, "SourceChanged")
    }))

  it.effect("may, where that is allowed", () =>
    Effect.gen(function*() {
      const { sent } = yield* play([taken], { source: changingAt(1), allowSourceChange: true })
      assert.strictEqual(sent?.attempts, 1)
    }))
})

describe("events of a part", () => {
  it.effect("take back what was sent in vain", () =>
    Effect.gen(function*() {
      const { events, waits } = yield* play([broken(130), expired, taken])
      const partNumber = 3
      const sent = (...counts: ReadonlyArray<number>) =>
        counts.map((count) => UploadEvent.BytesSent({ partNumber, bytes: count }))
      assert.deepStrictEqual(events, [
        UploadEvent.PartStarted({ partNumber, attempt: 1 }),
        ...sent(100, 30),
        UploadEvent.PartRetried({
          partNumber,
          why: "the connection failed: ECONNRESET",
          waitMillis: waits[0] ?? Number.NaN,
          bytes: 130
        }),
        UploadEvent.PartStarted({ partNumber, attempt: 2 }),
        ...sent(100, 100, 50),
        UploadEvent.PartRetried({ partNumber, why: "AccessDenied: Request has expired", waitMillis: 0, bytes: 250 }),
        UploadEvent.PartStarted({ partNumber, attempt: 3 }),
        ...sent(100, 100, 50),
        UploadEvent.PartCompleted({ partNumber, bytes: 250 })
      ])
    }))
})
