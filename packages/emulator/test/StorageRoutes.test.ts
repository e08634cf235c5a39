import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Emulator } from "../src/Emulator.ts"
import { type Body, connect, onPorts } from "./support/Emulators.ts"
import { rawPut, rawPutBytes } from "./support/RawHttp.ts"
import {
  bytesOf,
  initiateMultipart,
  initiateSingle,
  md5,
  partOf,
  partSize,
  putParts,
  uploadUrlOf,
  urlOf
} from "./support/Uploads.ts"

const file = bytesOf(2500)
const first = partOf(file, 1)
const withLength = { "content-length": first.length }

const test = (name: string, body: Body) =>
  it.live(name, () => Effect.gen(body).pipe(Effect.provide(onPorts({ partSize }))))

/** An upload that waits for its first part. */
const open = Effect.gen(function*() {
  const nunu = yield* connect()
  const ticket = yield* initiateMultipart(nunu, file.length)
  return { nunu, ticket, url: yield* urlOf(nunu, ticket, 1) }
})

const etagsOf = Effect.map(
  Effect.flatMap(Emulator, ({ uploads }) => uploads),
  (uploads) => uploads.map(({ etags }) => etags.size)
)

/** Uploads the file, and completes with a list of parts that may be wrong. */
const completeWith = (
  change: (parts: ReadonlyArray<{ readonly partNumber: number; readonly etag: string }>) => typeof parts
) =>
  Effect.gen(function*() {
    const { nunu, ticket } = yield* open
    const { buildId, objectKey, uploadId } = ticket
    const parts = yield* putParts(nunu, ticket, file)
    return yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts: change(parts) })
  })

describe("a PUT to the storage", () => {
  test("is answered with the quoted MD5 of its bytes", function*() {
    const { url } = yield* open
    const answer = yield* rawPutBytes(url, first)
    assert.deepStrictEqual([answer.status, answer.headers["etag"], answer.text], [200, `"${md5(first)}"`, ""])
  })

  test("needs a Content-Length: without one 411", function*() {
    const { url } = yield* open
    const answer = yield* rawPut(url, { body: [first] })
    assert.deepStrictEqual([answer.status, answer.code], [411, "MissingContentLength"])
    assert.strictEqual(answer.headers["content-type"], "application/xml")
    assert.deepStrictEqual(yield* etagsOf, [0])
  })

  test("must not carry another credential: 400", function*() {
    const { url } = yield* open
    const answer = yield* rawPutBytes(url, first, { authorization: "Bearer x" })
    assert.deepStrictEqual([answer.status, answer.code], [400, "InvalidArgument"])
  })

  test("must not carry x-amz headers that were not signed: 403", function*() {
    const { url } = yield* open
    const answer = yield* rawPutBytes(url, first, { "x-amz-meta-author": "crab" })
    assert.deepStrictEqual([answer.status, answer.code], [403, "AccessDenied"])
    assert.include(answer.text, "x-amz-meta-author")
  })

  test("may carry what is neither", function*() {
    const { url } = yield* open
    const headers = { "content-type": "application/octet-stream", "user-agent": "test", expect: "100-continue" }
    assert.strictEqual((yield* rawPutBytes(url, first, headers)).status, 200)
  })

  test("is good for what was signed only: 403", function*() {
    const { nunu, ticket, url } = yield* open
    const second = yield* urlOf(nunu, ticket, 2)
    const signature = /X-Amz-Signature=\w+/.exec(url)?.[0] ?? ""
    const forged = [
      url.replace(signature, "X-Amz-Signature=0000"),
      url.replace(`&${signature}`, ""),
      url.replace("partNumber=1", "partNumber=2"),
      url.replace("partNumber=1&", ""),
      url.replace("emulated-upload-1", "emulated-upload-2"),
      url.replace("crab.apk", "crab.exe"),
      second.replace(/X-Amz-Signature=\w+/, signature)
    ]
    for (const forgery of forged) {
      assert.notStrictEqual(forgery, url)
      const answer = yield* rawPutBytes(forgery, first)
      assert.deepStrictEqual([answer.status, answer.code], [403, "SignatureDoesNotMatch"], forgery)
    }
    assert.deepStrictEqual(yield* etagsOf, [0])
    assert.strictEqual((yield* rawPutBytes(url, first)).status, 200)
  })

  test("finds no upload after it was cancelled: 404", function*() {
    const { nunu, ticket: { buildId, objectKey, uploadId }, url } = yield* open
    yield* nunu.builds.cancelUpload({ buildId, objectKey, uploadId })
    const answer = yield* rawPutBytes(url, first)
    assert.deepStrictEqual([answer.status, answer.code], [404, "NoSuchUpload"])
    assert.isNull(yield* (yield* Emulator).stored(buildId))
  })

  test("finds no upload after it was completed: 404", function*() {
    const { nunu, ticket, url } = yield* open
    const { buildId, objectKey, uploadId } = ticket
    const parts = yield* putParts(nunu, ticket, file)
    yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
    const answer = yield* rawPutBytes(url, bytesOf(partSize, 2))
    assert.deepStrictEqual([answer.status, answer.code], [404, "NoSuchUpload"])
    assert.strictEqual((yield* (yield* Emulator).stored(buildId))?.md5, md5(file))
  })

  test("may have any length: it is the completion that fails", function*() {
    const { nunu, ticket, url } = yield* open
    const last = yield* urlOf(nunu, ticket, 3)
    const { buildId, objectKey, uploadId } = ticket
    const parts = [...yield* putParts(nunu, ticket, file)]
    const complete = nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
    for (const [target, number, length] of [[url, 1, 999], [url, 1, 1001], [last, 3, 1000]] as const) {
      const bytes = bytesOf(length)
      const answer = yield* rawPutBytes(target, bytes)
      assert.deepStrictEqual([answer.status, answer.headers["etag"]], [200, `"${md5(bytes)}"`])
      parts[number - 1] = { partNumber: number, etag: md5(bytes) }
      assert.match(String(yield* Effect.flip(complete)), new RegExp(`part ${number} has ${length}`))
      const { violations } = yield* Emulator
      assert.include(
        yield* violations,
        `Part ${number} of build ${buildId} had ${length} bytes, not ${number === 1 ? 1000 : 500}`
      )
      yield* rawPutBytes(target, partOf(file, number))
      parts[number - 1] = { partNumber: number, etag: md5(partOf(file, number)) }
    }
    yield* complete
    assert.strictEqual((yield* (yield* Emulator).stored(buildId))?.md5, md5(file))
  })

  test("of a single upload may have any length too", function*() {
    const { nunu } = yield* open
    const ticket = yield* initiateSingle(nunu, 4)
    yield* rawPutBytes(uploadUrlOf(ticket), bytesOf(3))
    const error = yield* Effect.flip(nunu.builds.completeUpload({ buildId: ticket.buildId }))
    assert.deepInclude(error, { _tag: "BadRequest", error: "The file has 3 bytes, not 4" })
  })
})

describe("a PUT that is cut midway", () => {
  /** Waits until the storage has the PUT, and a little longer, so that it has the bytes as well. */
  const arrival = Effect.map(Emulator, ({ requests }) =>
    requests.pipe(
      Effect.delay("2 millis"),
      Effect.repeat({ until: (log) => log.some((entry) => entry.origin === "storage" && entry.status === null) }),
      Effect.andThen(Effect.sleep("20 millis"))
    ))
  const half = first.subarray(0, 500)

  test("stores nothing, and is in the log without a status", function*() {
    const { requests } = yield* Emulator
    const { nunu, ticket, url } = yield* open
    yield* rawPut(url, { headers: withLength, body: [half], cutAfter: yield* arrival })
    yield* Effect.sleep("50 millis") // an answer, if there is one, comes within that
    assert.deepStrictEqual(yield* etagsOf, [0])
    assert.deepInclude((yield* requests).at(-1), { origin: "storage", method: "PUT", status: null })
    const { buildId, objectKey, uploadId } = ticket
    const parts = [1, 2, 3].map((partNumber) => ({ partNumber, etag: md5(partOf(file, partNumber)) }))
    const error = yield* Effect.flip(nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts }))
    assert.deepInclude(error, { _tag: "BadRequest", error: "InvalidPart: part 1" })
  })

  test("can be done again", function*() {
    const { nunu, ticket, url } = yield* open
    yield* rawPut(url, { headers: withLength, body: [bytesOf(500, 7)], cutAfter: yield* arrival })
    const { buildId, objectKey, uploadId } = ticket
    const parts = yield* putParts(nunu, ticket, file)
    yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
    assert.strictEqual((yield* (yield* Emulator).stored(buildId))?.md5, md5(file))
  })

  test("never lets a mixture of it and the part before it become a build", function*() {
    const { stored } = yield* Emulator
    const { nunu, ticket, url } = yield* open
    const { buildId, objectKey, uploadId } = ticket
    const parts = yield* putParts(nunu, ticket, file)
    yield* rawPut(url, { headers: withLength, body: [bytesOf(500, 7)], cutAfter: yield* arrival })
    yield* Effect.sleep("50 millis")
    const error = yield* Effect.flip(nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts }))
    assert.deepInclude(error, { _tag: "BadRequest", error: "InvalidPart: part 1" })
    yield* rawPutBytes(url, first)
    yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
    assert.strictEqual((yield* stored(buildId))?.md5, md5(file))
  })
})

describe("the completion of an upload", () => {
  const refuses = (name: string, words: string, change: Parameters<typeof completeWith>[0]) =>
    test(`refuses ${name}: 400`, function*() {
      const error = yield* Effect.flip(completeWith(change))
      assert.deepInclude(error, { _tag: "BadRequest", status: 400, error: words })
      assert.deepStrictEqual(yield* (yield* Emulator).builds, [])
    })

  refuses(
    "a wrong ETag",
    "InvalidPart: part 2",
    (parts) => parts.map((part) => part.partNumber === 2 ? { ...part, etag: md5(file) } : part)
  )
  refuses("a missing part", "Expected 3 parts, got 2", (parts) => parts.slice(0, 2))
  refuses("no parts", "Expected 3 parts, got 0", () => [])
  refuses("a wrong order", "Parts must be in ascending order", (parts) => parts.toReversed())
  refuses("a part twice", "Parts must be in ascending order", (parts) => [...parts.slice(0, 1), ...parts.slice(0, 2)])

  test("takes ETags with quotes and without", function*() {
    const completed = yield* completeWith((parts) => {
      assert.match(parts[0]?.etag ?? "", /^".*"$/)
      return parts.map((part, index) => index === 0 ? part : { ...part, etag: part.etag.replaceAll("\"", "") })
    })
    assert.isNotNull(completed.buildId)
  })

  test("refuses a part that was never PUT, and a file that was never PUT: 400", function*() {
    const { nunu, ticket: { buildId, objectKey, uploadId } } = yield* open
    const parts = [1, 2, 3].map((partNumber) => ({ partNumber, etag: md5(partOf(file, partNumber)) }))
    const multipart = yield* Effect.flip(nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts }))
    assert.deepInclude(multipart, { _tag: "BadRequest", error: "InvalidPart: part 1" })
    const single = yield* initiateSingle(nunu, 4)
    const error = yield* Effect.flip(nunu.builds.completeUpload({ buildId: single.buildId }))
    assert.deepInclude(error, { _tag: "BadRequest", error: "The file was not uploaded" })
  })
})
