/** What a storage of S3's kind insists on, and how that reaches us; a part that the transports send has all of it. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as http from "node:http"
import * as PartTransport from "../../src/PartTransport.ts"
import { bytesOf, md5 } from "../support/Bytes.ts"
import * as S3 from "../support/S3.ts"
import { bodyOf, put, putFailing, transports } from "../support/Transports.ts"

const bytes = bytesOf(5000)

/** A multipart upload with no part yet. */
const begin = Effect.gen(function*() {
  const s3 = yield* S3.S3
  const objectKey = "a build/game (1).apk"
  const upload = { objectKey, uploadId: yield* s3.createMultipart(objectKey) }
  const url = (ageSeconds = 0) => s3.presign({ ...upload, partNumber: 1, ageSeconds })
  return { ...upload, url, parts: s3.parts(upload.objectKey, upload.uploadId) }
})

/** Our transport through a client that adds a header. */
const addingHeader = PartTransport.layerHttpClient.pipe(
  Layer.provide(Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("x-amz-meta-game", "yes")))
  )),
  Layer.provide(NodeHttpClient.layerUndici)
)

describe.skipIf(!S3.there).each(transports)("a part in S3, %s", (_name, transport) => {
  it.live("is stored once, and its ETag is its MD5", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      const { body, sent } = bodyOf(bytes)
      assert.strictEqual(yield* put(yield* url(), body), `"${md5(bytes)}"`)
      assert.strictEqual(sent(), bytes.length)
      assert.deepStrictEqual(yield* parts, [{ size: bytes.length, etag: md5(bytes) }])
    }).pipe(Effect.provide([S3.layer, transport])))

  it.live("is replaced by one that is sent again", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      yield* put(yield* url(), bodyOf(bytesOf(5000, 2)).body)
      yield* put(yield* url(), bodyOf(bytes).body)
      assert.deepStrictEqual(yield* parts, [{ size: bytes.length, etag: md5(bytes) }])
    }).pipe(Effect.provide([S3.layer, transport])))

  it.live("is refused by a URL that has expired, and a fresh URL may work", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      const failure = yield* putFailing(yield* url(3600), bytes)
      assert.deepInclude({ ...failure }, { status: 403, expired: true })
      assert.deepStrictEqual(yield* parts, [])
    }).pipe(Effect.provide([S3.layer, transport])))

  it.live("is refused for good when the signature is not right", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      const forged = Redacted.value(yield* url()).replace(/(X-Amz-Signature=)./, (_, name) => `${name}x`)
      const failure = yield* putFailing(Redacted.make(forged), bytes)
      assert.deepInclude({ ...failure }, { status: 403, expired: false, retryable: false })
      assert.match(failure.detail, /^SignatureDoesNotMatch: /)
      assert.deepStrictEqual(yield* parts, [])
    }).pipe(Effect.provide([S3.layer, transport])))

  it.live("is refused by a URL that was signed for another part", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      const other = Redacted.value(yield* url()).replace("partNumber=1", "partNumber=2")
      assert.deepInclude({ ...yield* putFailing(Redacted.make(other), bytes) }, { status: 403, retryable: false })
      assert.deepStrictEqual(yield* parts, [])
    }).pipe(Effect.provide([S3.layer, transport])))

  it.live("has nowhere to go once the upload is aborted", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const { objectKey, uploadId, url } = yield* begin
      yield* put(yield* url(), bodyOf(bytes).body)
      yield* s3.abortMultipart({ objectKey, uploadId })
      const failure = yield* putFailing(yield* url(), bytes)
      assert.deepInclude({ ...failure }, { status: 404, expired: false, retryable: false })
      assert.match(failure.detail, /^NoSuchUpload: /)
      assert.deepStrictEqual(yield* s3.open, [])
      assert.strictEqual((yield* Effect.flip(s3.parts(objectKey, uploadId))).name, "NoSuchUpload")
    }).pipe(Effect.provide([S3.layer, transport])))
})

describe.skipIf(!S3.there)("S3 refuses for good", () => {
  it.live("a header that counts and was not signed, which is why a transport adds none", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      const failure = yield* putFailing(yield* url(), bytes)
      assert.deepInclude({ ...failure }, { status: 403, expired: false, retryable: false })
      assert.match(failure.detail, /not signed/)
      assert.deepStrictEqual(yield* parts, [])
    }).pipe(Effect.provide([S3.layer, addingHeader])))

  it.live("a request that does not say how long it is", () =>
    Effect.gen(function*() {
      const { parts, url } = yield* begin
      const { status, text } = yield* putWithoutLength(yield* url())
      assert.strictEqual(status, 411)
      assert.include(text, "<Code>MissingContentLength</Code>")
      assert.deepStrictEqual(yield* parts, [])
    }).pipe(Effect.provide(S3.layer)))
})

/** None of our transports can do that. */
const putWithoutLength = (url: Redacted.Redacted) =>
  Effect.callback<{ readonly status: number; readonly text: string }>((resume) => {
    const request = http.request(Redacted.value(url), { method: "PUT", agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => text += chunk)
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, text })))
    })
    request.removeHeader("content-length")
    request.useChunkedEncodingByDefault = false
    request.end()
  })
