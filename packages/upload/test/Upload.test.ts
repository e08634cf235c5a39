import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect } from "effect"
import * as Upload from "../src/Upload.ts"
import { UploadEvent } from "../src/UploadEvent.ts"
import type { UploadSource } from "../src/UploadSource.ts"
import { bytesOf, endingAt, gameOf, inPieces, md5 } from "./support/Bytes.ts"
import type { Spoil } from "./support/Emulated.ts"
import { answer, bodyOf, cut, emulated, play, refuse, Wire } from "./support/Emulated.ts"
import { xml } from "./support/RawStorage.ts"

const bytes = bytesOf(10_500)

/** Uploads while time passes, and keeps the events. */
const uploading = Effect.fnUntraced(
  function*(options: Upload.UploadOptions = {}, source: UploadSource = gameOf(bytes)) {
    const events: Array<UploadEvent> = []
    const onEvent = (event: UploadEvent) => Effect.sync(() => void events.push(event))
    const receipt = yield* play(Upload.upload(source, { ...options, onEvent }))
    return { receipt, events }
  }
)

/** The build is there, byte for byte, and nothing else is. */
const assertStored = Effect.fnUntraced(function*(buildId: string, expected: Uint8Array) {
  const emulator = yield* Emulator.Emulator
  assert.deepStrictEqual(yield* emulator.stored(buildId), { size: expected.length, md5: md5(expected) })
  assert.deepStrictEqual((yield* emulator.builds).map((build) => build.id as string), [buildId])
  assert.deepStrictEqual(yield* emulator.violations, [])
  assert.deepStrictEqual((yield* Wire).deletes, [])
})

const request = Effect.flatMap(
  Emulator.Emulator,
  (emulator) => Effect.map(emulator.uploads, ([upload]) => upload?.request)
)

describe("an upload in one PUT", () => {
  it.effect("stores the bytes and gives a receipt", () =>
    Effect.gen(function*() {
      const { events, receipt } = yield* uploading()
      yield* assertStored(receipt.buildId, bytes)
      const { buildId } = receipt
      assert.deepStrictEqual(receipt, {
        buildId,
        size: 10_500,
        parts: 1,
        resumedParts: 0,
        attempts: 1,
        resentBytes: 0,
        md5: md5(bytes),
        etag: md5(bytes),
        startedAt: 0,
        durationMillis: 0
      })
      assert.deepStrictEqual(events, [
        UploadEvent.Initiated({ buildId, size: 10_500, partSize: 10_500, totalParts: 1 }),
        UploadEvent.PartStarted({ partNumber: 1, attempt: 1 }),
        UploadEvent.BytesSent({ partNumber: 1, bytes: 10_500 }),
        UploadEvent.PartCompleted({ partNumber: 1, bytes: 10_500 }),
        UploadEvent.Completing({ buildId }),
        UploadEvent.Completed({ buildId, receipt })
      ])
      assert.deepStrictEqual((yield* Wire).log.filter((line) => line.startsWith(">")), [
        "> POST /builds/upload",
        "> PUT whole",
        "> POST /builds/upload/complete"
      ])
    }).pipe(Effect.provide(emulated())))

  it.effect("is sent again when the connection breaks, and the receipt says how often", () =>
    Effect.gen(function*() {
      const { receipt } = yield* uploading()
      yield* assertStored(receipt.buildId, bytes)
      assert.deepInclude(receipt, { parts: 1, attempts: 3 })
      assert.isTrue(receipt.durationMillis >= 1500)
    }).pipe(Effect.provide(emulated({
      spoil: (passing) => passing.line === "PUT whole" && passing.before < 2 ? cut(passing) : undefined
    }))))
})

describe("an upload in parts", () => {
  for (
    const [size, partSize] of [[10_500, 1000], [10_000, 1000], [1000, 1000], [1001, 1000], [1, 1000], [40, 1]] as const
  ) {
    it.effect(`stores ${size} bytes in parts of ${partSize}`, () =>
      Effect.gen(function*() {
        const file = bytesOf(size)
        const { receipt } = yield* uploading({ multipart: true }, gameOf(file))
        yield* assertStored(receipt.buildId, file)
        const parts = Math.ceil(size / partSize)
        assert.deepInclude(receipt, { size, parts, attempts: parts })
      }).pipe(Effect.provide(emulated({ partSize }))))
  }

  it.effect("stores the same when reads give little at a time", () =>
    Effect.gen(function*() {
      const { receipt } = yield* uploading({ multipart: true }, inPieces(333, bytes))
      yield* assertStored(receipt.buildId, bytes)
    }).pipe(Effect.provide(emulated({ partSize: 1000 }))))

  it.effect("tells what happens in order", () =>
    Effect.gen(function*() {
      const { events, receipt } = yield* uploading({ multipart: true, concurrency: 3 })
      const { buildId } = receipt
      assert.deepStrictEqual(
        events[0],
        UploadEvent.Initiated({ buildId, size: 10_500, partSize: 1000, totalParts: 11 })
      )
      assert.deepStrictEqual(events.slice(-2), [
        UploadEvent.Completing({ buildId }),
        UploadEvent.Completed({ buildId, receipt })
      ])
      for (let partNumber = 1; partNumber <= 11; partNumber++) {
        const size = partNumber === 11 ? 500 : 1000
        assert.deepStrictEqual(events.filter((event) => "partNumber" in event && event.partNumber === partNumber), [
          UploadEvent.PartStarted({ partNumber, attempt: 1 }),
          UploadEvent.BytesSent({ partNumber, bytes: size }),
          UploadEvent.PartCompleted({ partNumber, bytes: size })
        ])
      }
    }).pipe(Effect.provide(emulated({ partSize: 1000 }))))

  it.effect("survives a lost part, a storm and an expired URL", () =>
    Effect.gen(function*() {
      const { events, receipt } = yield* uploading({ multipart: true })
      yield* assertStored(receipt.buildId, bytes)
      assert.deepInclude(receipt, { parts: 11, attempts: 15 })
      const net = events.reduce((sum, event) =>
        event._tag === "BytesSent" ? sum + event.bytes : event._tag === "PartRetried" ? sum - event.bytes : sum, 0)
      assert.strictEqual(net, bytes.length)
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: (passing) => {
        if (passing.line === "PUT 2" && passing.before === 0) {
          return cut(passing)
        }
        if (passing.line === "PUT 5" && passing.before < 2) {
          return refuse(passing, 503, xml("SlowDown", "Slow"))
        }
        if (passing.line === "PUT 7" && passing.before === 0) {
          return refuse(passing, 403, xml("AccessDenied", "Request has expired"))
        }
        return undefined
      }
    }))))

  it.effect("asks for new URLs in time when parts are slow", () =>
    Effect.gen(function*() {
      const receipt = yield* play(
        Upload.upload(gameOf(bytes), {
          multipart: true,
          concurrency: 1,
          uploadTimeout: 1440,
          onEvent: (event) => event._tag === "PartCompleted" ? Effect.sleep("20 minutes") : Effect.void
        }),
        "5 minutes"
      )
      yield* assertStored(receipt.buildId, bytes)
      assert.strictEqual(receipt.attempts, 11)
    }).pipe(Effect.provide(emulated({ partSize: 1000 }))))
})

describe("a request", () => {
  it.effect("tells the server everything that it was given", () =>
    Effect.gen(function*() {
      const options = {
        name: "Crab Island",
        platform: "xbox",
        description: "The one with the crabs",
        tags: ["nightly", "🦀"],
        projectId: "project-1",
        autoDelete: true,
        deletionPolicy: "oldest",
        uploadTimeout: 77,
        multipart: true,
        details: { vcs: { commit: "abc" } }
      } as const
      yield* uploading({ ...options, concurrency: 2 })
      assert.deepStrictEqual(yield* request, { ...options, fileName: "game.apk", fileSize: 10_500 })
    }).pipe(Effect.provide(emulated())))

  it.effect("takes name and platform from the file, and the timeout that the server would take", () =>
    Effect.gen(function*() {
      yield* uploading()
      assert.deepStrictEqual(yield* request, {
        name: "game.apk",
        fileName: "game.apk",
        fileSize: 10_500,
        platform: "android",
        multipart: false,
        uploadTimeout: 10
      })
    }).pipe(Effect.provide(emulated())))

  const mebi = 1024 ** 2
  it.effect.each<[size: number, multipart: boolean, minutes: number]>([
    [100 * mebi - 1, false, 10],
    [100 * mebi, true, 60],
    [10 * 1024 * mebi, true, 86],
    [5 * 1024 ** 2 * mebi, true, 1440]
  ])("of %d bytes is in parts: %s, and may take %d minutes", ([size, multipart, minutes]) => {
    const bodies: Array<Readonly<Record<string, unknown>>> = []
    const spoil: Spoil = (passing) => {
      bodies.push(bodyOf(passing))
      return answer(passing, 400)
    }
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Upload.upload({ ...gameOf(bytes), size }))
      assert.strictEqual(error.reason._tag, "InitiateFailed")
      assert.strictEqual(bodies.length, 1)
      assert.deepInclude(bodies[0], { file_size: size, multipart, upload_timeout: minutes })
    }).pipe(Effect.provide(emulated({ spoil })))
  })

  it.effect("with faults is not sent, and all of them are told", () =>
    Effect.gen(function*() {
      const source = { ...gameOf(new Uint8Array()), name: "game.zip" }
      const options = { tags: [""], uploadTimeout: 0 }
      const error = yield* Effect.flip(Upload.upload(source, options))
      const checked = yield* Effect.flip(Upload.check(source, options))
      assert(error.reason._tag === "InvalidRequest")
      assert.strictEqual(error.reason.faults.length, 4)
      assert.match(
        error.message,
        /^Cannot upload: the file is empty; the tag .*; the upload timeout .*; the platform of /
      )
      assert.strictEqual(checked.message, error.message)
      assert.deepStrictEqual((yield* Wire).log, [])
    }).pipe(Effect.provide(emulated())))

  it.effect("without faults is only checked when that is asked for", () =>
    Effect.gen(function*() {
      yield* Upload.check(gameOf(bytes))
      assert.deepStrictEqual((yield* Wire).log, [])
    }).pipe(Effect.provide(emulated())))
})

describe("a file that changes", () => {
  it.effect("and ends early fails the upload, which is given up once", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(uploading({ multipart: true }, endingAt(5500, bytes)))
      assert.strictEqual(error.reason._tag, "SourceError")
      assert.strictEqual((yield* Wire).deletes.length, 1)
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
    }).pipe(Effect.provide(emulated({ partSize: 1000 }))))
})
