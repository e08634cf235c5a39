import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Layer } from "effect"
import { createHash } from "node:crypto"
import type { PartTransport } from "../../src/PartTransport.ts"
import * as Upload from "../../src/Upload.ts"
import type { UploadEvent } from "../../src/UploadEvent.ts"
import * as UploadSource from "../../src/UploadSource.ts"
import { bytesOf, gameOf, md5 } from "../support/Bytes.ts"
import { fileOf } from "../support/OnPorts.ts"
import * as S3 from "../support/S3.ts"
import * as S3Api from "../support/S3Api.ts"
import { transports } from "../support/Transports.ts"

const MiB = 1024 ** 2

/** Three parts of 5 MiB and a short one. */
const bytes = bytesOf(3 * 5 * MiB + 1234)

/** Declares the same uploads for both transports. */
const onBoth = (subject: string, suite: (on: (options?: S3Api.Options) => Layer.Layer<S3Api.OnS3>) => void) =>
  describe.skipIf(!S3.there).each(transports)(
    `${subject}, %s`,
    (_name, transport: Layer.Layer<PartTransport>) => {
      suite((options) => S3Api.onS3(transport, options))
    }
  )

/** What was asked of the API, and what the storage has at the end. */
const outcome = Effect.gen(function*() {
  const s3 = yield* S3.S3
  const { log } = yield* S3Api.Asked
  return { log, open: yield* s3.open, keys: yield* s3.keys }
})

/** The upload that the API was asked for. */
const reserved = Effect.map(S3Api.Asked, ({ uploads }) => uploads[0] ?? { objectKey: "none", uploadId: "none" })

onBoth("an upload to S3", (on) => {
  it.live("arrives byte for byte from a file in parts of 5 MiB", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const source = yield* UploadSource.fromFile(yield* fileOf("game.apk", bytes))
      const receipt = yield* Upload.upload(source, { multipart: true })
      const { objectKey } = yield* reserved
      const digests = [0, 1, 2, 3].map((part) => md5(bytes.subarray(part * 5 * MiB, (part + 1) * 5 * MiB)))
      const composite = createHash("md5").update(Buffer.from(digests.join(""), "hex")).digest("hex")
      assert.deepStrictEqual(yield* s3.stored(objectKey), {
        size: bytes.length,
        md5: md5(bytes),
        etag: `${composite}-4`
      })
      assert.deepInclude({ ...receipt }, { parts: 4, attempts: 4 })
      assert.deepStrictEqual(yield* outcome, {
        log: ["initiate", "urls 1,2,3,4", "complete"],
        open: [],
        keys: [objectKey]
      })
    }).pipe(Effect.provide(on())))

  it.live("arrives byte for byte in parts larger than 5 MiB", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const receipt = yield* Upload.upload(gameOf(bytes), { multipart: true })
      assert.strictEqual(receipt.parts, 2)
      const stored = yield* s3.stored((yield* reserved).objectKey)
      assert.strictEqual(stored?.md5, md5(bytes))
    }).pipe(Effect.provide(on({ partSize: 8 * MiB }))))

  it.live("arrives byte for byte in one PUT", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      yield* Upload.upload(gameOf(bytes), { multipart: false })
      const { objectKey } = yield* reserved
      assert.deepStrictEqual(yield* s3.stored(objectKey), { size: bytes.length, md5: md5(bytes), etag: md5(bytes) })
      assert.deepStrictEqual((yield* outcome).log, ["initiate", "complete"])
    }).pipe(Effect.provide(on())))

  it.live("asks for a fresh URL where one has expired, for that part alone", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const retried: Array<UploadEvent> = []
      const receipt = yield* Upload.upload(gameOf(bytes), {
        multipart: true,
        onEvent: (event) => Effect.sync(() => event._tag === "PartRetried" && retried.push(event))
      })
      assert.deepInclude({ ...receipt }, { parts: 4, attempts: 5 })
      assert.deepStrictEqual(retried.map((event) => event._tag === "PartRetried" && event.partNumber), [3])
      const { log } = yield* outcome
      assert.strictEqual(log.filter((line) => line.startsWith("urls")).length, 2)
      assert.strictEqual((yield* s3.stored((yield* reserved).objectKey))?.md5, md5(bytes))
    }).pipe(Effect.provide(on({ urlAge: (partNumber, before) => partNumber === 3 && before === 0 ? 3600 : 0 }))))

  it.live("that is interrupted after its first part is cancelled once, and leaves nothing", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const first = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(Upload.upload(gameOf(bytes), {
        multipart: true,
        concurrency: 2,
        // It stands still there, so that it cannot be complete before it is interrupted.
        onEvent: (event) =>
          event._tag === "PartCompleted"
            ? Effect.andThen(Deferred.succeed(first, undefined), Effect.never)
            : Effect.void
      }))
      yield* Deferred.await(first)
      const { objectKey, uploadId = "none" } = yield* reserved
      assert.deepStrictEqual(yield* s3.open, [objectKey])
      yield* Fiber.interrupt(fiber)
      const { keys, log, open } = yield* outcome
      assert.deepStrictEqual(log.filter((line) => !line.startsWith("urls")), ["initiate", "cancel"])
      assert.deepStrictEqual({ keys, open }, { keys: [], open: [] })
      assert.strictEqual((yield* Effect.flip(s3.parts(objectKey, uploadId))).name, "NoSuchUpload")
    }).pipe(Effect.provide(on())))

  it.live("whose parts are under 5 MiB fails when it is completed, in the storage's words", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Upload.upload(gameOf(bytes), { multipart: true }))
      assert.strictEqual(error.reason._tag, "CompleteFailed")
      assert.match(error.message, /EntityTooSmall/)
    }).pipe(Effect.provide(on({ partSize: 4 * MiB }))))

  it.live("that somebody aborts meanwhile fails with the storage's words", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const services = yield* Effect.context<S3Api.Asked>()
      let aborted = false
      const error = yield* Effect.flip(Upload.upload(gameOf(bytes), {
        multipart: true,
        concurrency: 1,
        onEvent: (event) =>
          Effect.gen(function*() {
            if (event._tag !== "PartCompleted" || aborted) return
            aborted = true
            const { objectKey, uploadId = "none" } = yield* reserved
            yield* Effect.orDie(s3.abortMultipart({ objectKey, uploadId }))
          }).pipe(Effect.provideContext(services))
      }))
      assert.match(error.message, /NoSuchUpload/)
      assert.deepInclude(yield* outcome, { keys: [], open: [] })
    }).pipe(Effect.provide(on())))
})
