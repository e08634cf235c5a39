import { assert, describe, it } from "@effect/vitest"
import { ApiError, Build, Nunu, UploadTicket } from "@nunu-effect/core"
import { Clock, Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as PartUrls from "../src/PartUrls.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import { play, settle } from "./support/Emulated.ts"

const ticket: UploadTicket.MultipartTicket = {
  _tag: "Multipart",
  uploadType: "multipart",
  buildId: Build.BuildId.make("build-1"),
  uploadId: Redacted.make("upload-1"),
  objectKey: "builds/game.apk",
  totalParts: 25,
  partSize: 10
}

const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

type Answer = (
  partNumbers: ReadonlyArray<number>,
  call: number
) => Effect.Effect<ReadonlyArray<UploadTicket.PartUrl>, ApiError.NotFound>

/** URLs that tell the call that gave them. */
const urlsOf = (partNumbers: ReadonlyArray<number>, call: number) =>
  partNumbers.map((partNumber) => ({ partNumber, url: Redacted.make(`part-${partNumber}-of-call-${call}`) }))

const plainly: Answer = (partNumbers, call) => Effect.succeed(urlsOf(partNumbers, call))

/** The URLs of an upload, from an API that answers so. */
const make = Effect.fnUntraced(function*(
  answer: Answer = plainly,
  options: { readonly parts?: ReadonlyArray<number>; readonly width?: number } = {}
) {
  const { parts = numbers(1, ticket.totalParts), width = 4 } = options
  const events: Array<UploadEvent> = []
  const calls: Array<ReadonlyArray<number>> = []
  const requests: Array<UploadTicket.PartUrlsRequest> = []
  const partUrls: Nunu.Nunu["Service"]["builds"]["partUrls"] = (request) => {
    requests.push(request)
    return Effect.suspend(() => answer(request.partNumbers, calls.push(request.partNumbers)))
  }
  const stub = { builds: { partUrls } } as Nunu.Nunu["Service"] // nothing else is called
  const urls = yield* PartUrls.make(ticket, { parts, emit: (event) => Effect.sync(() => void events.push(event)) })
    .pipe(
      Effect.provideService(Nunu.Nunu, stub)
    )
  const get = (partNumber: number, fresh = false) => Effect.map(urls.get(partNumber, { fresh, width }), Redacted.value)
  return { calls, requests, get, events }
})

describe("URLs of parts", () => {
  it.effect("are asked for with the ids of the upload, not before one is needed", () =>
    Effect.gen(function*() {
      const { get, requests } = yield* make()
      assert.strictEqual(requests.length, 0)
      yield* get(1)
      const { objectKey, uploadId } = ticket
      assert.deepStrictEqual(requests, [{ uploadId, objectKey, partNumbers: numbers(1, 10) }])
    }))

  it.effect("are asked for ten at a time, and no further than the last part", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make()
      const urls = yield* Effect.forEach(numbers(1, 25), (partNumber) => get(partNumber))
      assert.deepStrictEqual(calls, [numbers(1, 10), numbers(11, 20), numbers(21, 25)])
      assert.deepStrictEqual(urls, numbers(1, 25).map((n) => `part-${n}-of-call-${Math.ceil(n / 10)}`))
    }))

  it.effect("are asked for by one call at a time, also when many want one at once", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const { calls, get } = yield* make((partNumbers, call) =>
        Effect.suspend(() => {
          most = Math.max(most, ++now)
          return Effect.as(Effect.sleep("1 second"), urlsOf(partNumbers, call))
        }).pipe(Effect.ensuring(Effect.sync(() => now--)))
      )
      yield* play(Effect.forEach(numbers(1, 25), (partNumber) => get(partNumber), { concurrency: "unbounded" }))
      assert.strictEqual(most, 1)
      assert.strictEqual(calls.length, 3)
    }))

  it.effect("are kept for 50 minutes of their hour", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make()
      yield* get(1)
      yield* TestClock.adjust("49 minutes")
      assert.strictEqual(yield* get(2), "part-2-of-call-1")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* get(3), "part-3-of-call-2")
      assert.deepStrictEqual(calls, [numbers(1, 10), numbers(3, 12)])
    }))

  it.effect("are as old as the question, not as the answer", () =>
    Effect.gen(function*() {
      const { get } = yield* make((partNumbers, call) => Effect.delay(plainly(partNumbers, call), "5 minutes"))
      yield* play(get(1), "1 minute")
      yield* TestClock.adjust("44 minutes")
      assert.strictEqual(yield* get(2), "part-2-of-call-1")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* play(get(3), "1 minute"), "part-3-of-call-2")
    }))

  it.effect("that are to be fresh were not given before", () =>
    Effect.gen(function*() {
      const { get } = yield* make()
      assert.strictEqual(yield* get(4), "part-4-of-call-1")
      assert.strictEqual(yield* get(4), "part-4-of-call-1")
      assert.strictEqual(yield* get(4, true), "part-4-of-call-2")
      assert.strictEqual(yield* get(4), "part-4-of-call-2")
      assert.strictEqual(yield* get(3), "part-3-of-call-3")
    }))

  it.effect("are told apart by their numbers, in whatever order they come", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) => Effect.succeed(urlsOf(partNumbers, call).toReversed()))
      for (const n of numbers(1, 10)) assert.strictEqual(yield* get(n), `part-${n}-of-call-1`)
      assert.strictEqual(calls.length, 1)
    }))

  it.effect("that come twice are one", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) =>
        Effect.succeed([...urlsOf(partNumbers, call), ...urlsOf(partNumbers, call)])
      )
      for (const n of numbers(1, 10)) assert.strictEqual(yield* get(n), `part-${n}-of-call-1`)
      assert.strictEqual(calls.length, 1)
    }))

  it.effect("that nobody asked for are not used", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) =>
        Effect.succeed(urlsOf([...partNumbers, 11, 12, 0, -1, 26, 99], call))
      )
      yield* get(1)
      assert.strictEqual(yield* get(11), "part-11-of-call-2")
      assert.strictEqual(calls.length, 2)
    }))

  it.effect("that are missing are asked for again when their part comes", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) =>
        Effect.succeed(urlsOf(call === 1 ? partNumbers.slice(0, 3) : partNumbers, call))
      )
      for (const n of numbers(1, 3)) assert.strictEqual(yield* get(n), `part-${n}-of-call-1`)
      assert.strictEqual(yield* get(4), "part-4-of-call-2")
      assert.deepStrictEqual(calls, [numbers(1, 10), numbers(4, 13)])
    }))

  it.effect("that are not given are an error of their part", () =>
    Effect.gen(function*() {
      const { get } = yield* make((partNumbers, call) => Effect.succeed(urlsOf(partNumbers.slice(1), call)))
      const error = yield* Effect.flip(get(7))
      assert.strictEqual(error._tag, "PartFailed")
      assert.strictEqual(error.message, "Cannot send part 7: the API gave no URL for it")
    }))

  it.effect("that the API refuses are an error of the upload, and do not block the next call", () =>
    Effect.gen(function*() {
      const { get } = yield* make((partNumbers, call) =>
        call === 1 ? Effect.fail(new ApiError.NotFound({ error: "Upload not found" })) : plainly(partNumbers, call)
      )
      const error = yield* Effect.flip(get(1))
      assert.strictEqual(error._tag, "PartUrlsFailed")
      assert.include(error.message, "Upload not found")
      assert.strictEqual(yield* get(1), "part-1-of-call-2")
    }))

  it.effect("are fetched ahead by twice the width, and never all at once", () =>
    Effect.gen(function*() {
      const parts = numbers(1, 1000)
      const { calls, get } = yield* make(plainly, { parts, width: 16 })
      yield* get(1)
      yield* settle
      assert.deepStrictEqual(calls, [numbers(1, 10), numbers(11, 20), numbers(21, 30), numbers(31, 40)])
      for (const n of numbers(2, 500)) {
        yield* get(n)
        yield* settle
        const ahead = (calls.at(-1)?.at(-1) ?? 0) - n
        assert.isTrue(ahead >= 32 && ahead < 42, `${ahead} ahead of ${n}`)
      }
      assert.isTrue(calls.every((call) => call.length === 10))
    }))

  it.effect("are there when their parts come: after the first no part waits for a call", () =>
    Effect.gen(function*() {
      const { get } = yield* make((partNumbers, call) => Effect.delay(plainly(partNumbers, call), "3 seconds"), {
        parts: numbers(1, 200)
      })
      yield* play(get(1))
      for (const n of numbers(2, 200)) {
        const begun = yield* Clock.currentTimeMillis
        yield* get(n)
        assert.strictEqual(yield* Clock.currentTimeMillis, begun)
        yield* TestClock.adjust("1 second")
        yield* settle
      }
    }))

  it.effect("that are known are given while a call for others is under way, or hangs", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) => call === 1 ? plainly(partNumbers, call) : Effect.never)
      yield* get(1)
      yield* get(9)
      yield* settle
      assert.strictEqual(calls.length, 2)
      assert.strictEqual(yield* get(10), "part-10-of-call-1")
    }))

  it.effect("that failed to come ahead of time are asked for again when their part comes", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) =>
        call === 2 ? Effect.fail(new ApiError.NotFound({ error: "Upload not found" })) : plainly(partNumbers, call)
      )
      for (const n of numbers(1, 10)) {
        yield* get(n)
        yield* settle
      }
      assert.deepStrictEqual(calls, [numbers(1, 10), numbers(11, 20)])
      assert.strictEqual(yield* get(11), "part-11-of-call-3")
      assert.deepStrictEqual(calls[2], numbers(11, 20))
    }))

  it.effect("are asked for only where parts are missing", () =>
    Effect.gen(function*() {
      const parts = [2, 3, 7, 11, 12, 13, 17, 19, 20, 23, 24, 25]
      const { calls, get } = yield* make(plainly, { parts })
      for (const n of parts) yield* get(n)
      assert.deepStrictEqual(calls, [parts.slice(0, 10), parts.slice(10)])
    }))

  it.effect("come by the call that is under way, also for who asks when it is", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) => Effect.delay(plainly(partNumbers, call), "1 second"), {
        parts: numbers(1, 10)
      })
      const first = yield* Effect.forkChild(get(1))
      yield* TestClock.adjust("500 millis")
      const urls = yield* play(Effect.all([Fiber.join(first), get(2), get(3)], { concurrency: 3 }))
      assert.deepStrictEqual(urls, ["part-1-of-call-1", "part-2-of-call-1", "part-3-of-call-1"])
      assert.strictEqual(calls.length, 1)
    }))

  it.effect("come for the others when who asked for them is interrupted", () =>
    Effect.gen(function*() {
      const { calls, get } = yield* make((partNumbers, call) => Effect.delay(plainly(partNumbers, call), "1 second"), {
        parts: numbers(1, 10)
      })
      const first = yield* Effect.forkChild(get(1))
      const second = yield* Effect.forkChild(get(2))
      yield* settle
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* play(Fiber.join(second)), "part-2-of-call-1")
      assert.strictEqual(calls.length, 1)
    }))

  it.effect("that had to be replaced are told, the others not", () =>
    Effect.gen(function*() {
      const { events, get } = yield* make(plainly, { parts: numbers(1, 10) })
      yield* get(1)
      yield* get(2)
      assert.deepStrictEqual(events, [])
      yield* get(1, true)
      yield* settle
      assert.deepStrictEqual(events, [{ _tag: "UrlsRefreshed", parts: 1 }])
      yield* TestClock.adjust("51 minutes")
      yield* get(3)
      yield* settle
      assert.deepStrictEqual(events.slice(1), [{ _tag: "UrlsRefreshed", parts: 8 }])
    }))
})
