import { assert } from "@effect/vitest"
import type { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import { DateTime, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth, refusals } from "./support/Emulators.ts"
import {
  bytesOf,
  initiateMultipart,
  initiateSingle,
  md5,
  partOf,
  partSize,
  put,
  putPart,
  putParts,
  requestOf,
  unknownBuild,
  upload,
  uploadUrlOf
} from "./support/Uploads.ts"

const file = bytesOf(2500)

onBoth("builds", { partSize, multipartFrom: 5000 }, (test) => {
  test("an upload in parts becomes a build with the bytes of the file", function*() {
    yield* TestClock.setTime(1_700_000_000_000)
    const { stored } = yield* Emulator
    const nunu = yield* connect()
    const request = requestOf(file.length, {
      multipart: true,
      description: "Nightly",
      tags: ["nightly"],
      details: { vcs: { branch: "main" } }
    })
    const ticket = yield* initiateMultipart(nunu, file.length, request)
    assert.deepStrictEqual([ticket.totalParts, ticket.partSize, ticket.uploadType], [3, partSize, "multipart"])
    const parts = yield* putParts(nunu, ticket, file)
    assert.deepStrictEqual(parts.map(({ etag }) => etag), [1, 2, 3].map((part) => `"${md5(partOf(file, part))}"`))
    const { buildId, objectKey, uploadId } = ticket
    const completed = yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
    assert.deepStrictEqual(completed, { buildId, status: null })
    assert.deepStrictEqual(yield* stored(buildId), { size: 2500, md5: md5(file) })
    assert.deepStrictEqual(yield* nunu.builds.get(buildId), {
      id: buildId,
      name: "Crab Island",
      platform: "android",
      status: "OK",
      fileName: "crab.apk",
      fileSize: 2500,
      pinned: false,
      nunuSdk: null,
      tags: ["nightly"],
      createdAt: DateTime.makeUnsafe(1_700_000_000_000),
      lastUsed: null,
      description: "Nightly",
      details: { vcs: { branch: "main" } }
    })
  })

  test("an upload in one PUT becomes a build with the bytes of the file", function*() {
    const { stored } = yield* Emulator
    const nunu = yield* connect()
    const ticket = yield* initiateSingle(nunu, file.length)
    const { etag, status } = yield* put(uploadUrlOf(ticket), file)
    assert.deepStrictEqual([status, etag], [200, `"${md5(file)}"`])
    const completed = yield* nunu.builds.completeUpload({ buildId: ticket.buildId })
    assert.deepStrictEqual(completed, { buildId: null, status: "success" })
    assert.deepStrictEqual(yield* stored(ticket.buildId), { size: 2500, md5: md5(file) })
    assert.strictEqual((yield* nunu.builds.get(ticket.buildId)).status, "OK")
  })

  test("parts may come in any order and all at once", function*() {
    const { stored } = yield* Emulator
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const { buildId, objectKey, uploadId } = ticket
    const urls = yield* nunu.builds.partUrls({ objectKey, uploadId, partNumbers: [3, 1, 2] })
    const parts = yield* Effect.forEach(
      urls,
      ({ partNumber, url }) =>
        Effect.map(
          put(Redacted.value(url), partOf(file, partNumber)),
          ({ etag }) => ({ partNumber, etag: etag ?? "" })
        ),
      {
        concurrency: "unbounded"
      }
    )
    const ascending = parts.toSorted((a, b) => a.partNumber - b.partNumber)
    yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts: ascending })
    assert.strictEqual((yield* stored(buildId))?.md5, md5(file))
  })

  test("any file name of up to 255 characters can be uploaded", function*() {
    const nunu = yield* connect()
    for (
      const fileName of [
        "crab island (1) 100%.apk",
        "../../etc/passwd",
        "蟹 島?&#.apk",
        "x".repeat(255),
        "蟹".repeat(255)
      ]
    ) {
      const ticket = yield* initiateSingle(nunu, 4, { fileName })
      assert.strictEqual((yield* put(uploadUrlOf(ticket), bytesOf(4))).status, 200, fileName)
      yield* nunu.builds.completeUpload({ buildId: ticket.buildId })
      assert.strictEqual((yield* nunu.builds.get(ticket.buildId)).fileName, fileName)
    }
    assert.deepStrictEqual(yield* (yield* Emulator).violations, [])
  })

  test("uploads are multipart from the size on that the emulator was told, unless asked for otherwise", function*() {
    const nunu = yield* connect()
    const tagOf = (fileSize: number, more: Partial<InitiateUploadRequest> = {}) =>
      Effect.map(nunu.builds.initiateUpload(requestOf(fileSize, more)), (ticket) => ticket._tag)
    assert.strictEqual(yield* tagOf(4999), "SinglePart")
    assert.strictEqual(yield* tagOf(5000), "Multipart")
    assert.strictEqual(yield* tagOf(1, { multipart: true }), "Multipart")
    assert.strictEqual(yield* tagOf(9999, { multipart: false }), "SinglePart")
  })

  test("parts grow so that there are never more than 10,000", function*() {
    const nunu = yield* connect()
    assert.strictEqual((yield* initiateMultipart(nunu, 10_000 * partSize)).totalParts, 10_000)
    const larger = yield* initiateMultipart(nunu, 10_000 * partSize + 1)
    assert.isAbove(larger.partSize, partSize)
    const largest = yield* initiateMultipart(nunu, 5e12)
    assert.isAtMost(largest.totalParts, 10_000)
  })

  test("a completed upload is gone", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const { buildId, objectKey, uploadId } = ticket
    const parts = yield* putParts(nunu, ticket, file)
    yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
    const errors = yield* refusals(
      nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts }),
      nunu.builds.cancelUpload({ buildId, objectKey, uploadId }),
      nunu.builds.partUrls({ objectKey, uploadId, partNumbers: [1] })
    )
    for (const error of errors) {
      assert.deepInclude(error, { _tag: "NotFound", status: 404, code: "UPLOAD_NOT_FOUND" })
    }
    assert.strictEqual((yield* nunu.builds.get(buildId)).status, "OK")
  })

  test("a cancelled upload is gone, and its bytes", function*() {
    const { stored, violations } = yield* Emulator
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const { buildId, objectKey, uploadId } = ticket
    yield* putPart(nunu, ticket, file, 1)
    assert.isNotNull(yield* stored(buildId))
    assert.deepStrictEqual(yield* nunu.builds.cancelUpload({ buildId, objectKey, uploadId }), { success: true })
    assert.isNull(yield* stored(buildId))
    const error = yield* Effect.flip(nunu.builds.cancelUpload({ buildId, objectKey, uploadId }))
    assert.deepInclude(error, { _tag: "NotFound", status: 404, code: "UPLOAD_NOT_FOUND", error: "Upload not found" })
    assert.deepStrictEqual(yield* violations, [])
  })

  test("an upload in one PUT can be cancelled, once", function*() {
    const nunu = yield* connect()
    const { buildId, objectKey } = yield* initiateSingle(nunu, 4)
    assert.deepStrictEqual(yield* nunu.builds.cancelUpload({ buildId, objectKey }), { success: true })
    const error = yield* Effect.flip(nunu.builds.cancelUpload({ buildId, objectKey }))
    assert.deepInclude(error, { _tag: "NotFound", code: "UPLOAD_NOT_FOUND" })
  })

  test("unknown ids are not found", function*() {
    const nunu = yield* connect()
    const { buildId, objectKey, uploadId } = yield* initiateMultipart(nunu, file.length)
    const foreign = Redacted.make("another-upload")
    const parts = [{ partNumber: 1, etag: "x" }]
    assert.deepInclude(yield* Effect.flip(nunu.builds.get(unknownBuild)), {
      _tag: "NotFound",
      error: "build not found"
    })
    assert.deepInclude(yield* Effect.flip(nunu.builds.get(buildId)), { _tag: "NotFound" }, "not completed yet")
    const errors = yield* refusals(
      nunu.builds.partUrls({ objectKey, uploadId: foreign, partNumbers: [1] }),
      nunu.builds.partUrls({ objectKey: "another", uploadId, partNumbers: [1] }),
      nunu.builds.completeUpload({ buildId: unknownBuild, objectKey, uploadId, parts }),
      nunu.builds.completeUpload({ buildId, objectKey, uploadId: foreign, parts }),
      nunu.builds.cancelUpload({ buildId: unknownBuild, objectKey, uploadId }),
      nunu.builds.cancelUpload({ buildId, objectKey: "another", uploadId }),
      nunu.builds.cancelUpload({ buildId, objectKey, uploadId: foreign })
    )
    for (const error of errors) {
      assert.deepInclude(error, { _tag: "NotFound", code: "UPLOAD_NOT_FOUND" })
    }
    const uploads = yield* (yield* Emulator).uploads
    assert.deepStrictEqual(uploads.map(({ status }) => status), ["open"])
  })

  test("part numbers beyond the parts are refused in words", function*() {
    const nunu = yield* connect()
    const { objectKey, uploadId } = yield* initiateMultipart(nunu, file.length)
    for (const partNumber of [0, -1, 4, 1.5]) {
      const error = yield* Effect.flip(nunu.builds.partUrls({ objectKey, uploadId, partNumbers: [1, partNumber] }))
      assert.deepInclude(error, { _tag: "BadRequest", status: 400, error: `invalid part number: ${partNumber}` })
    }
  })

  test("every build has an id, an object and a place of its own", function*() {
    const { stored } = yield* Emulator
    const nunu = yield* connect()
    const other = bytesOf(2500, 2)
    const [one, two] = yield* Effect.all([upload(nunu, file), upload(nunu, other)], { concurrency: 2 })
    assert.notStrictEqual(one, two)
    assert.strictEqual((yield* stored(one))?.md5, md5(file))
    assert.strictEqual((yield* stored(two))?.md5, md5(other))
  })
})

onBoth("the request for an upload", {}, (test) => {
  const refused: ReadonlyArray<readonly [string, Partial<InitiateUploadRequest>]> = [
    ["name must have", { name: "" }],
    ["name must have", { name: "x".repeat(256) }],
    ["file_name must have", { fileName: "" }],
    ["file_name must have", { fileName: "x".repeat(256) }],
    ["file_name must be text", { fileName: "half \ud83e" }],
    ["file_size must be", { fileSize: 0 }],
    ["description must have", { description: "x".repeat(1001) }],
    ["upload_timeout must be", { uploadTimeout: 0 }],
    ["upload_timeout must be", { uploadTimeout: 1441 }]
  ]

  test("is refused in words where a field is out of bounds", function*() {
    const nunu = yield* connect()
    for (const [words, fields] of refused) {
      const error = yield* Effect.flip(nunu.builds.initiateUpload({ ...requestOf(1), ...fields }))
      assert.deepInclude(error, { _tag: "BadRequest", status: 400 })
      assert.isTrue("error" in error && error.error.startsWith(words), `${words}: ${error.message}`)
    }
    assert.deepStrictEqual(yield* (yield* Emulator).uploads, [])
  })

  test("is taken at the bounds", function*() {
    const nunu = yield* connect()
    const bounds = { name: "x".repeat(255), fileName: "x".repeat(255), description: "x".repeat(1000) }
    yield* nunu.builds.initiateUpload({ ...requestOf(1), ...bounds, uploadTimeout: 1440 })
    yield* nunu.builds.initiateUpload({ ...requestOf(5e12), uploadTimeout: 1 })
  })

  test("is refused with 413 for a file of more than 5 TB", function*() {
    const nunu = yield* connect()
    const error = yield* Effect.flip(nunu.builds.initiateUpload(requestOf(5e12 + 1)))
    assert.deepInclude(error, { _tag: "PayloadTooLarge", status: 413 })
  })
})
