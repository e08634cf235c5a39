/** What passes with time: under `TestClock`, so hours take milliseconds. */
import { assert, describe, it } from "@effect/vitest"
import type { JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import type { Options } from "../src/EmulatorState.ts"
import type { RunScript } from "../src/RunTimeline.ts"
import { type Body, connect, inProcess, refusals } from "./support/Emulators.ts"
import { start } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"
import {
  bytesOf,
  initiateMultipart,
  initiateSingle,
  partOf,
  partSize,
  put,
  putParts,
  uploadUrlOf,
  urlOf
} from "./support/Uploads.ts"

const test = (name: string, options: Options, body: Body) =>
  it.effect(name, () => Effect.gen(body).pipe(Effect.provide(inProcess({ partSize, ...options }))))

/** Asks every so many seconds until the job has ended; gives the statuses that were seen, and when it ended. */
const watch = Effect.fnUntraced(
  function*(nunu: Nunu["Service"], options: { readonly jobId: JobId; readonly every: number }) {
    const seen: Array<string> = []
    for (let seconds = 0;; seconds += options.every) {
      const { completedAt, status } = yield* nunu.jobs.get(options.jobId)
      if (seen.at(-1) !== status) seen.push(status)
      if (completedAt !== null) return { seen, seconds }
      yield* Effect.sleep(options.every * 1000)
    }
  }
)

describe("a run", () => {
  test("goes by the Clock from the queue to its end", { script: () => crossing }, function*() {
    const nunu = yield* connect()
    const fiber = yield* Effect.forkChild(watch(nunu, { jobId: yield* start(nunu), every: 1 }))
    yield* TestClock.adjust("44 seconds")
    assert.isUndefined(fiber.pollUnsafe())
    yield* TestClock.adjust("1 second")
    const statuses = ["QUEUED", "STARTING", "RUNNING", "COMPLETED"]
    assert.deepStrictEqual(yield* Fiber.join(fiber), { seen: statuses, seconds: 45 })
  })

  const night: RunScript = {
    ...crossing,
    queuedSeconds: 600,
    players: [Array.from({ length: 12 }, (_, index) => ({ goal: `Chapter ${index + 1}`, seconds: 600 }))]
  }

  test("may take hours", { script: () => night }, function*() {
    const nunu = yield* connect()
    const fiber = yield* Effect.forkChild(watch(nunu, { jobId: yield* start(nunu), every: 60 }))
    yield* TestClock.adjust("3 hours")
    const { seconds } = yield* Fiber.join(fiber)
    assert.strictEqual(seconds, 131 * 60) // 600 + 5 + 7200 seconds, seen at the next full minute
    const { data: [run] } = yield* nunu.runs.list()
    assert.deepInclude(run, { state: "COMPLETED", durationMs: 7_200_000 })
  })

  test("stands still when the Clock does", { script: () => crossing }, function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    yield* TestClock.withLive(Effect.sleep("20 millis"))
    assert.strictEqual((yield* nunu.jobs.get(jobId)).createdAt?.epochMilliseconds, 0)
    assert.strictEqual((yield* nunu.jobs.get(jobId)).status, "QUEUED")
  })

  test("counts from its own start", { script: (number) => number === 0 ? crossing : night }, function*() {
    const nunu = yield* connect()
    const first = yield* start(nunu)
    yield* TestClock.adjust("40 seconds")
    const second = yield* start(nunu)
    yield* TestClock.adjust("10 seconds")
    assert.strictEqual((yield* nunu.jobs.get(first)).status, "COMPLETED")
    assert.strictEqual((yield* nunu.jobs.get(second)).status, "QUEUED")
  })
})

describe("a presigned URL", () => {
  const file = bytesOf(1500)

  test("expires with 403 as XML, and a fresh one does not", { urlLife: "10 minutes" }, function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const url = yield* urlOf(nunu, ticket, 1)
    assert.strictEqual(new URL(url).searchParams.get("X-Amz-Expires"), "600")
    yield* TestClock.adjust("599 seconds")
    assert.strictEqual((yield* put(url, partOf(file, 1))).status, 200)
    yield* TestClock.adjust("1 second")
    const late = yield* put(url, partOf(file, 1))
    assert.strictEqual(late.status, 403)
    assert.match(late.text, /^<\?xml .*<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/)
    assert.strictEqual((yield* put(yield* urlOf(nunu, ticket, 1), partOf(file, 1))).status, 200)
  })

  test("that has expired is remembered for a day", {}, function*() {
    const { snapshot } = yield* Emulator
    const nunu = yield* connect()
    const url = uploadUrlOf(yield* initiateSingle(nunu, 4))
    yield* TestClock.adjust("24 hours")
    yield* initiateSingle(nunu, 4)
    assert.include((yield* put(url, bytesOf(4))).text, "Request has expired")
    yield* TestClock.adjust("1 hour")
    yield* initiateSingle(nunu, 4)
    assert.strictEqual((yield* put(url, bytesOf(4))).status, 403)
    assert.strictEqual((yield* snapshot).grants.length, 2)
  })

  test("lives an hour unless told otherwise", {}, function*() {
    const nunu = yield* connect()
    const url = uploadUrlOf(yield* initiateSingle(nunu, 4, { uploadTimeout: 1440 }))
    yield* TestClock.adjust("3599 seconds")
    assert.strictEqual((yield* put(url, bytesOf(4))).status, 200)
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* put(url, bytesOf(4))).status, 403)
  })
})

describe("a reservation", () => {
  const file = bytesOf(1500)

  test("ends after its timeout: then there is no such upload", { urlLife: "1 day" }, function*() {
    const { violations } = yield* Emulator
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length, { uploadTimeout: 30 })
    const { buildId, objectKey, uploadId } = ticket
    const parts = yield* putParts(nunu, ticket, file)
    const url = yield* urlOf(nunu, ticket, 1)
    yield* TestClock.adjust("1799 seconds")
    assert.strictEqual((yield* put(url, partOf(file, 1))).status, 200)
    assert.strictEqual((yield* violations).length, 1)
    yield* TestClock.adjust("1 second")
    const late = yield* put(url, partOf(file, 1))
    assert.deepStrictEqual([late.status, late.text.includes("<Code>NoSuchUpload</Code>")], [404, true])
    const errors = yield* refusals(
      nunu.builds.partUrls({ objectKey, uploadId, partNumbers: [1] }),
      nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts }),
      nunu.builds.cancelUpload({ buildId, objectKey, uploadId })
    )
    for (const error of errors) {
      assert.deepInclude(error, { _tag: "NotFound", code: "UPLOAD_NOT_FOUND" })
    }
    assert.deepStrictEqual(yield* violations, [`Upload of build ${buildId} was left to expire`])
  })

  test("is for 10 minutes in one PUT and for 60 in parts unless told otherwise", {}, function*() {
    const nunu = yield* connect()
    const single = yield* initiateSingle(nunu, 4)
    const { buildId, objectKey, uploadId } = yield* initiateMultipart(nunu, 4)
    yield* TestClock.adjust("10 minutes")
    const gone = yield* Effect.flip(nunu.builds.cancelUpload({ buildId: single.buildId, objectKey: single.objectKey }))
    assert.deepInclude(gone, { _tag: "NotFound" })
    yield* TestClock.adjust("3599 seconds")
    assert.deepInclude(yield* Effect.flip(nunu.builds.cancelUpload({ buildId, objectKey, uploadId })), {
      _tag: "NotFound"
    })
    const other = yield* initiateMultipart(nunu, 4)
    yield* TestClock.adjust("3599 seconds")
    const { success } = yield* nunu.builds.cancelUpload({
      buildId: other.buildId,
      objectKey: other.objectKey,
      uploadId: other.uploadId
    })
    assert.isTrue(success)
  })
})
