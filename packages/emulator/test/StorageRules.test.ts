/** The rules of R2 that an emulator is told to keep, beside those that it always keeps. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import {
  bytesOf,
  initiateMultipart,
  initiateSingle,
  md5,
  partOf,
  put,
  putParts,
  uploadUrlOf,
  urlOf
} from "./support/Uploads.ts"

const file = bytesOf(2500)

onBoth("parts of at least 5 MiB", { partSize: 1000, minPartSize: 5 * 1024 ** 2 }, (test) => {
  test("are asked for at the completion, of all but the last", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const parts = yield* putParts(nunu, ticket, file)
    const error = yield* Effect.flip(nunu.builds.completeUpload({ ...ticket, parts }))
    assert.deepInclude(error, { _tag: "BadRequest" })
    assert.match(String(error), /EntityTooSmall: part 1 has 1000 bytes, less than 5242880/)
    const small = yield* initiateMultipart(nunu, 700)
    const one = yield* putParts(nunu, small, file.subarray(0, 700))
    yield* nunu.builds.completeUpload({ ...small, parts: one })
    assert.strictEqual((yield* (yield* Emulator).stored(small.buildId))?.md5, md5(file.subarray(0, 700)))
  })
})

onBoth("one write a second", { partSize: 1000, oneWriteASecond: true }, (test) => {
  test("is taken to a part, a second one is refused with 429, and another part is not", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const url = yield* urlOf(nunu, ticket, 1)
    const status = Effect.map(
      put(url, partOf(file, 1)),
      ({ status, text }) => [status, /<Code>(.*)<.Code>/.exec(text)?.[1]]
    )
    assert.deepStrictEqual(yield* status, [200, undefined])
    assert.deepStrictEqual(yield* status, [429, "TooManyRequests"])
    assert.strictEqual((yield* put(yield* urlOf(nunu, ticket, 2), partOf(file, 2))).status, 200)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* status, [200, undefined])
  })
})

onBoth("an expired URL", { partSize: 1000, expiredUrl: "r2", urlLifeSeconds: 60 }, (test) => {
  test("is refused as R2 refuses it, where that is wanted", function*() {
    const nunu = yield* connect()
    const url = uploadUrlOf(yield* initiateSingle(nunu, 4))
    yield* TestClock.adjust("1 minute")
    const { status, text } = yield* put(url, bytesOf(4))
    assert.deepStrictEqual([status, text.includes("<Code>ExpiredRequest</Code>")], [400, true])
  })
})

onBoth("the capacity", { partSize: 1000, capacity: 5000 }, (test) => {
  test("holds builds and reservations; beyond it 402 tells how much is missing", function*() {
    const nunu = yield* connect()
    const first = yield* initiateMultipart(nunu, 2500)
    yield* nunu.builds.completeUpload({ ...first, parts: yield* putParts(nunu, first, file) })
    const second = yield* initiateMultipart(nunu, 2500)
    const error = yield* Effect.flip(initiateMultipart(nunu, 1))
    assert.deepInclude<object>(error, {
      _tag: "QuotaExceeded",
      code: "QUOTA_EXCEEDED",
      used: 5000,
      capacity: 5000,
      needed: 1
    })
    yield* nunu.builds.cancelUpload({ buildId: second.buildId, objectKey: second.objectKey, uploadId: second.uploadId })
    yield* initiateMultipart(nunu, 2500, { uploadTimeout: 10 })
    yield* TestClock.adjust("10 minutes")
    yield* initiateMultipart(nunu, 2500) // what has expired is free again
  })
})

onBoth("a file of more parts than there may be", { partSize: 5 * 1024 ** 2 }, (test) => {
  test("gets larger parts, 10,000 at most", function*() {
    const nunu = yield* connect()
    for (const size of [5 * 1024 ** 2 * 10_000, 5 * 1024 ** 2 * 10_000 + 1, 5 * 1000 ** 4]) {
      const { partSize, totalParts } = yield* initiateMultipart(nunu, size)
      assert.isAtMost(totalParts, 10_000)
      assert.isAtLeast(partSize * totalParts, size)
    }
  })
})
