import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { UploadTicket } from "../src/UploadTicket.ts"
import * as Errors from "./fixtures/Errors.ts"
import * as Uploads from "./fixtures/Uploads.ts"
import {
  answering,
  buildId,
  calls,
  initiateRequest,
  objectKey,
  scripted,
  sentJson,
  uploadId
} from "./support/Client.ts"

const ticket = (body: unknown, status = 200) =>
  answering({ status, body }, (nunu) => nunu.builds.initiateUpload(initiateRequest))

describe("UploadTicket", () => {
  it.effect.each([
    ["with upload_type", Uploads.single],
    ["without upload_type", Uploads.singleUntyped]
  ])("for one PUT is known by its URL, %s", ([, body]) =>
    Effect.gen(function*() {
      const single = yield* ticket(body)
      assert(single._tag === "SinglePart")
      assert.strictEqual(single.uploadType, "single-part")
      assert.strictEqual(single.buildId, buildId)
      assert.strictEqual(single.objectKey, objectKey)
      assert.strictEqual(Redacted.value(single.uploadUrl), Uploads.single.upload_url)
    }))

  it.effect.each([
    ["with upload_type", Uploads.multipart],
    ["without upload_type", Uploads.multipartUntyped]
  ])("for parts is known by its upload id, %s", ([, body]) =>
    Effect.gen(function*() {
      const multipart = yield* ticket(body, 201)
      assert(multipart._tag === "Multipart")
      assert.strictEqual(multipart.uploadType, "multipart")
      assert.strictEqual(multipart.totalParts, 52)
      assert.strictEqual(multipart.partSize, 104857600)
      assert.strictEqual(Redacted.value(multipart.uploadId), "2~upl0ad")
    }))

  it.effect("does not show its secrets when it is printed", () =>
    Effect.gen(function*() {
      for (const body of [Uploads.single, Uploads.multipart]) {
        const read = yield* ticket(body)
        for (const text of [inspect(read, { depth: 9 }), JSON.stringify(read), String(read)]) {
          assert.notInclude(text, "5ec4e7")
          assert.notInclude(text, "2~upl0ad")
        }
      }
    }))

  it("is written with an upload_type and without a _tag", () => {
    const codec = Schema.toCodecJson(UploadTicket)
    for (const body of [Uploads.single, Uploads.multipart]) {
      const read = Schema.decodeSync(codec)(body)
      assert.deepStrictEqual(Schema.encodeSync(codec)(read), body)
    }
  })
})

describe("InitiateUploadRequest", () => {
  it.effect("is sent in the API's names", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: Uploads.single })
      yield* (yield* nunu).builds.initiateUpload({
        ...initiateRequest,
        projectId: "space-miner",
        multipart: true,
        autoDelete: true,
        deletionPolicy: "oldest",
        uploadTimeout: 60,
        tags: ["release"],
        details: { vcs: { type: "git", short_hash: "abc1234" } }
      })
      assert.deepStrictEqual(sentJson(asked[0]), {
        project_id: "space-miner",
        name: "Game",
        file_name: "game.apk",
        file_size: 1024,
        platform: "android",
        multipart: true,
        auto_delete: true,
        deletion_policy: "oldest",
        upload_timeout: 60,
        tags: ["release"],
        details: { vcs: { type: "git", short_hash: "abc1234" } }
      })
    }))
})

describe("PartUrls", () => {
  it.effect.each([
    ["latest", Uploads.partUrls],
    ["oldest", Uploads.partUrlsLegacy]
  ])("are read from the %s answer, in its order", ([, body]) =>
    Effect.gen(function*() {
      const urls = yield* answering({ status: 200, body }, (nunu) =>
        nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1, 2] }))
      assert.deepStrictEqual(
        urls.map((url) =>
          url.partNumber
        ),
        [2, 1]
      )
      assert.strictEqual(Redacted.value(urls[0]!.url), Uploads.partUrls.upload_urls[0]!.url)
    }))
})

describe("CompletedUpload", () => {
  it.effect("of one PUT has a status", () =>
    Effect.gen(function*() {
      const completed = yield* answering({ status: 200, body: Uploads.completedSingle }, calls["builds.completeUpload"])
      assert.deepStrictEqual(completed, { buildId: null, status: "success" })
    }))

  it.effect("of parts has the build", () =>
    Effect.gen(function*() {
      const completed = yield* answering(
        { status: 200, body: Uploads.completedMultipart },
        calls["builds.completeUpload"]
      )
      assert.deepStrictEqual(completed, { buildId, status: null })
    }))

  it.effect("is asked for with the parts and their ETags", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: Uploads.completedMultipart })
      yield* (yield* nunu).builds.completeUpload({
        buildId,
        uploadId,
        objectKey,
        parts: [{ partNumber: 1, etag: "e1" }, { partNumber: 2, etag: "e2" }]
      })
      assert.deepStrictEqual(sentJson(asked[0]), {
        build_id: buildId,
        upload_id: Redacted.value(uploadId),
        object_key: objectKey,
        parts: [{ part_number: 1, etag: "e1" }, { part_number: 2, etag: "e2" }]
      })
    }))

  it.effect("is NotFound with the API's code when the upload is gone", () =>
    Effect.gen(function*() {
      const error = yield* answering(
        { status: 404, body: Errors.uploadNotFound },
        (nunu) => nunu.builds.completeUpload({ buildId })
      ).pipe(Effect.flip)
      assert(error._tag === "NotFound")
      assert.strictEqual(error.code, "UPLOAD_NOT_FOUND")
    }))
})

describe("cancelUpload", () => {
  it.effect("answers whether it was done", () =>
    Effect.gen(function*() {
      const cancelled = yield* answering({ status: 200, body: Uploads.cancelled }, calls["builds.cancelUpload"])
      assert.deepStrictEqual(cancelled, { success: true })
    }))
})
