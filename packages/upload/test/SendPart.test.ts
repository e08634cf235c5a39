import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Random, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { sendPart } from "../src/SendPart.ts"
import { PartFailed } from "../src/UploadError.ts"
import { UploadEvent } from "../src/UploadEvent.ts"
import type { UploadSource } from "../src/UploadSource.ts"
import { bytesOf, endingAt, gameOf, inPieces } from "./support/Bytes.ts"
import type { Outcome } from "./support/StubTransport.ts"
import { broken, comeBackIn, denied, expired, stubTransport, taken, unavailable } from "./support/StubTransport.ts"

const bytes = bytesOf(1000)
const part = { partNumber: 3, offset: 400, size: 250 }

/** Sends a part while an hour goes by: what it ended with, the PUTs, the waits between them in milliseconds, the events. */
const play = Effect.fnUntraced(function*(
  outcomes: readonly [Outcome, ...Array<Outcome>],
  { seed = 1, source = gameOf(bytes) }: { readonly seed?: number; readonly source?: UploadSource } = {}
) {
  const { layer, puts } = stubTransport(...outcomes)
  const events: Array<UploadEvent> = []
  const asked: Array<boolean> = []
  const reader = yield* source.open
  const began = yield* Clock.currentTimeMillis
  const fiber = yield* sendPart({
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
      assert.deepStrictEqual(puts.map((put) => put.bytes), [bytes.subarray(400, 650)])
      assert.deepStrictEqual(sent, { partNumber: 3, etag: "an-etag", md5: null, attempts: 1 })
    }))

  it.effect("is the same when reads give little at a time, and when it is sent again", () =>
    Effect.gen(function*() {
      const { puts } = yield* play([unavailable, unavailable, taken], { source: inPieces(7, bytes) })
      assert.deepStrictEqual(puts.map((put) => put.bytes), Array.from({ length: 3 }, () => bytes.subarray(400, 650)))
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
      const { sent, waits } = yield* play([broken(100), unavailable, taken])
      assertWaits(waits, [1, 2])
      assert.deepStrictEqual(sent, { partNumber: 3, etag: "an-etag", md5: null, attempts: 3 })
    }))

  it.effect("is never tried before the time that the storage names, nor before its own", () =>
    Effect.gen(function*() {
      const { waits } = yield* play([comeBackIn(30), comeBackIn(0), taken])
      assert.strictEqual(waits[0], 30_000)
      assert.isTrue(within(waits[1] ?? 0, 2))
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
