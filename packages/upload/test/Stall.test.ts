import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, type Redacted } from "effect"
import { TestClock } from "effect/testing"
import { blockSize } from "../src/PartTransport.ts"
import * as Stall from "../src/Stall.ts"
import { bytesOf } from "./support/Bytes.ts"
import { serve, taking } from "./support/RawStorage.ts"
import { bodyOf, onBoth, put } from "./support/Transports.ts"

const mebi = 1024 ** 2

/** More than kernels buffer. */
const large = bytesOf(24 * mebi)

const pause = (millis: number) => Effect.promise(() => new Promise((resolve) => setTimeout(resolve, millis)))

/** Lets a connection do what it can without time passing: until nothing moves any more. */
const settled = Effect.fnUntraced(function*(moved: () => number) {
  let last = -1
  for (let still = 0; still < 3; still = moved() === last ? still + 1 : 0) {
    last = moved()
    yield* pause(50)
  }
})

/** How long a PUT stands still before it is given up, in milliseconds, and why it is. */
const stallOf = Effect.fnUntraced(function*(url: Redacted.Redacted, until: () => boolean = () => true) {
  const { body, sent } = bodyOf(large)
  const fiber = yield* Effect.forkChild(Effect.flip(put(url, body)))
  while (!until()) yield* pause(20)
  yield* settled(sent)
  const began = yield* Clock.currentTimeMillis
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust("1 second")
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    if ((yield* Clock.currentTimeMillis) - began > 600_000) return yield* Effect.die("it is not given up")
  }
  const failure = yield* Fiber.join(fiber)
  assert(failure._tag === "PutFailed")
  assert.deepInclude({ ...failure }, { status: null, retryable: true, expired: false })
  return { after: (yield* Clock.currentTimeMillis) - began, detail: failure.detail }
})

onBoth("a storage that is silent", (law) => {
  law(
    "and reads nothing is given up after 30 s",
    Effect.gen(function*() {
      const { url } = yield* serve(({ request }) => {
        request.pause()
      })
      const { after, detail } = yield* stallOf(url)
      assert.strictEqual(after, 30_000)
      assert.strictEqual(detail, "the connection failed: it took no byte for 30 s")
    })
  )

  law(
    "after it has read half is given up 30 s after that",
    Effect.gen(function*() {
      let got = 0
      const { url } = yield* serve(({ request }) => {
        request.on("data", (chunk: Buffer) => {
          got += chunk.length
          if (got > large.length / 2) request.pause()
        })
      })
      assert.strictEqual((yield* stallOf(url)).after, 30_000)
    })
  )

  law(
    "when it has everything is given up after 60 s",
    Effect.gen(function*() {
      let ended = false
      const { received, url } = yield* serve(({ request }) => {
        request.on("end", () => ended = true)
      })
      const { after, detail } = yield* stallOf(url, () => ended)
      assert.strictEqual(received[0]?.body().length, large.length)
      assert.strictEqual(after, 60_000)
      assert.strictEqual(detail, "the connection failed: no answer for 60 s after the last byte")
    })
  )

  law(
    "in the middle of its answer is given up after 60 s",
    Effect.gen(function*() {
      let begun = false
      const { url } = yield* serve(({ request, response }) => {
        request.on("end", () => {
          response.writeHead(200, { etag: "\"e\"", "content-length": 1000 })
          response.write("<xml>", () => begun = true)
        })
      })
      assert.strictEqual((yield* stallOf(url, () => begun)).after, 60_000)
    })
  )

  law(
    "but reads 2.5 MiB every 29 s is not given up",
    Effect.gen(function*() {
      let readOn = (_bytes: number) => {}
      const { url } = yield* serve((exchange) => {
        const { request } = exchange
        taking(exchange)
        request.pause()
        let stopLast = () => {}
        readOn = (bytes) => {
          stopLast()
          let got = 0
          const count = (chunk: Buffer) => {
            got += chunk.length
            if (got < bytes) return
            stopLast()
            request.pause()
          }
          stopLast = () => request.off("data", count)
          request.on("data", count)
          request.resume()
        }
      })
      const { body, sent } = bodyOf(large)
      const fiber = yield* Effect.forkChild(put(url, body))
      for (let count = 0; count < 5; count++) {
        yield* settled(sent)
        yield* TestClock.adjust("29 seconds")
        readOn(2.5 * mebi)
      }
      yield* settled(sent)
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      readOn(Infinity)
      assert.strictEqual(yield* Fiber.join(fiber), "\"an-etag\"")
    })
  )

  law(
    "does not spend the time of a file that is slow to read",
    Effect.gen(function*() {
      const { url } = yield* serve(taking)
      const { body } = bodyOf(large)
      const slow = {
        ...body,
        read: (buffer: Uint8Array, position: number) =>
          Effect.delay(body.read(buffer, position), position === 3 * blockSize ? "10 minutes" : 0)
      }
      const fiber = yield* Effect.forkChild(put(url, slow))
      while (fiber.pollUnsafe() === undefined) {
        yield* TestClock.adjust("20 seconds")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
      }
      assert.strictEqual(yield* Fiber.join(fiber), "\"an-etag\"")
    })
  )
})

describe("a connection", () => {
  /** What is watched, and how many bytes of a block it has not taken. */
  const watching = Effect.gen(function*() {
    const stall = yield* Stall.make
    let queued = 0
    const fiber = yield* Effect.forkChild(Effect.flip(stall.watch(() => queued)))
    yield* Effect.yieldNow
    return { stall, fiber, left: (bytes: number) => queued = bytes }
  })

  it.effect("that takes a block bit by bit moves", () =>
    Effect.gen(function*() {
      const { fiber, left, stall } = yield* watching
      stall.handed()
      for (let bytes = blockSize; bytes > 0; bytes -= blockSize / 16) {
        left(bytes)
        yield* TestClock.adjust("20 seconds")
      }
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      yield* TestClock.adjust("30 seconds")
      assert.isDefined(fiber.pollUnsafe())
    }))

  it.effect("that cannot be made in 30 s stands still", () =>
    Effect.gen(function*() {
      const { fiber } = yield* watching
      yield* TestClock.adjust("29999 millis")
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 millis")
      assert.isDefined(fiber.pollUnsafe())
    }))

  it.effect.each([["back", -3_600_000], ["on", 3_600_000]] as const)(
    "that takes no byte is given up after 30 s, also when somebody puts the clock %s",
    ([, millis]) =>
      Effect.gen(function*() {
        const clock = yield* Clock.Clock
        let put = 0
        const wall: Clock.Clock = Object.create(clock, {
          currentTimeMillisUnsafe: { value: () => clock.currentTimeMillisUnsafe() + put }
        })
        const { fiber, stall } = yield* Effect.provideService(watching, Clock.Clock, wall)
        stall.handed()
        put = millis
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(fiber.pollUnsafe(), undefined)
        yield* TestClock.adjust("1 seconds")
        assert.isDefined(fiber.pollUnsafe())
      })
  )

  it.effect("that is handed nothing does not stand still", () =>
    Effect.gen(function*() {
      const { fiber, stall } = yield* watching
      stall.taken()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(fiber.pollUnsafe(), undefined)
      stall.handed()
      yield* TestClock.adjust("35 seconds")
      assert.isDefined(fiber.pollUnsafe())
    }))
})
