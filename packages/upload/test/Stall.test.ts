import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { blockSize } from "../src/PartTransport.ts"
import * as Stall from "../src/Stall.ts"
import { bytesOf } from "./support/Bytes.ts"
import { serve, taking } from "./support/RawStorage.ts"
import { bodyOf, onBoth, put } from "./support/Transports.ts"

/** More than kernels buffer. */
const large = bytesOf(24 * blockSize)

/** Lets the connection do what it can without time passing. */
const settled = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 250)))

/** How long a PUT stands still before it is given up, in milliseconds, and why it is. */
const stallOf = Effect.fnUntraced(function*(putting: ReturnType<typeof put>) {
  const fiber = yield* Effect.forkChild(Effect.flip(putting))
  yield* settled
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
      const { after, detail } = yield* stallOf(put(url, bodyOf(large).body))
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
      assert.strictEqual((yield* stallOf(put(url, bodyOf(large).body))).after, 30_000)
    })
  )

  law(
    "when it has everything is given up after 60 s",
    Effect.gen(function*() {
      const { received, url } = yield* serve(() => {})
      const { after, detail } = yield* stallOf(put(url, bodyOf(large).body))
      assert.strictEqual(received[0]?.body().length, large.length)
      assert.strictEqual(after, 60_000)
      assert.strictEqual(detail, "the connection failed: no answer for 60 s after the last byte")
    })
  )

  law(
    "in the middle of its answer is given up after 60 s",
    Effect.gen(function*() {
      const { url } = yield* serve(({ request, response }) => {
        request.on("end", () => {
          response.writeHead(200, { etag: "\"e\"", "content-length": 1000 })
          response.write("<xml>")
        })
      })
      assert.strictEqual((yield* stallOf(put(url, bodyOf(large).body))).after, 60_000)
    })
  )

  law(
    "but reads two blocks every 29 s is not given up",
    Effect.gen(function*() {
      let readOn = (_bytes: number) => {}
      const { url } = yield* serve((exchange) => {
        const { request } = exchange
        taking(exchange)
        request.pause()
        readOn = (bytes) => {
          let got = 0
          request.on("data", function count(chunk: Buffer) {
            got += chunk.length
            if (got < bytes) return
            request.off("data", count)
            request.pause()
          })
          request.resume()
        }
      })
      const fiber = yield* Effect.forkChild(put(url, bodyOf(large).body))
      yield* settled
      for (let count = 0; count < 6; count++) {
        yield* TestClock.adjust("29 seconds")
        readOn(2 * blockSize)
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))
      }
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
