import { assert, describe, it } from "@effect/vitest"
import { ApiError, Build, Nunu, UploadTicket } from "@nunu-effect/core"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as PartUrls from "../src/PartUrls.ts"
import { play } from "./support/Emulated.ts"

const ticket: UploadTicket.MultipartTicket = {
  _tag: "Multipart",
  uploadType: "multipart",
  buildId: Build.BuildId.make("build-1"),
  uploadId: Redacted.make("upload-1"),
  objectKey: "builds/game.apk",
  totalParts: 25,
  partSize: 10
}

type Answer = (
  partNumbers: ReadonlyArray<number>,
  call: number
) => Effect.Effect<ReadonlyArray<UploadTicket.PartUrl>, ApiError.NotFound>

/** URLs that tell the call that gave them. */
const urlsOf = (partNumbers: ReadonlyArray<number>, call: number) =>
  partNumbers.map((partNumber) => ({ partNumber, url: Redacted.make(`part-${partNumber}-of-call-${call}`) }))

const plainly: Answer = (partNumbers, call) => Effect.succeed(urlsOf(partNumbers, call))

/** The URLs of an upload, from an API that answers so. */
const make = Effect.fnUntraced(function*(answer: Answer = plainly) {
  const calls: Array<ReadonlyArray<number>> = []
  const requests: Array<UploadTicket.PartUrlsRequest> = []
  const partUrls: Nunu.Nunu["Service"]["builds"]["partUrls"] = (request) => {
    requests.push(request)
    return Effect.suspend(() => answer(request.partNumbers, calls.push(request.partNumbers)))
  }
  const stub = { builds: { partUrls } } as Nunu.Nunu["Service"] // nothing else is called
  const urls = yield* Effect.provideService(PartUrls.make(ticket), Nunu.Nunu, stub)
  const get = (partNumber: number, fresh = false) => Effect.map(urls.get(partNumber, { fresh }), Redacted.value)
  return { calls, requests, get }
})

const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

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
})
