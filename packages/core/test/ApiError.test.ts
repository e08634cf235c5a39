import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import * as ApiError from "../src/ApiError.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Errors from "./fixtures/Errors.ts"
import type { Call } from "./support/Client.ts"
import {
  answering,
  buildId,
  calls,
  canary,
  fast,
  objectKey,
  runId,
  scripted,
  uploadId,
  withPolicy
} from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import type { Reply } from "./support/HttpFixture.ts"
import { nobody, serve } from "./support/HttpFixture.ts"

/** Calls a real server without repeats and gives the error. */
const fail = Effect.fnUntraced(function*(call: Call, reply: Reply) {
  const server = yield* serve(reply)
  return yield* call(yield* connect(server.url)).pipe(Effect.flip, withPolicy(RetryPolicy.never))
})

const patch: Call = (nunu) => nunu.request({ method: "PATCH", path: "/tests/t-1", body: {} })

const documented: ReadonlyArray<readonly [number, ApiError.ApiError["_tag"], Call, { readonly error: string }]> = [
  [400, "BadRequest", calls["runs.list"], { error: "page_size must be at most 100" }],
  [401, "Unauthorized", calls["jobs.get"], Errors.keyInvalid],
  [402, "QuotaExceeded", calls["builds.initiateUpload"], Errors.quota],
  [403, "Forbidden", calls["runs.stop"], Errors.permissionMissing],
  [404, "NotFound", calls["builds.completeUpload"], Errors.uploadNotFound],
  [409, "Conflict", patch, Errors.versionConflict],
  [413, "PayloadTooLarge", calls["builds.initiateUpload"], { error: "File is too large" }],
  [429, "TooManyRequests", calls["builds.partUrls"], { error: "Too many requests" }],
  [500, "ServerError", calls["runs.start"], { error: "Internal server error" }],
  [502, "ServerError", calls["runs.get"], { error: "Bad gateway" }],
  [503, "ServerError", calls["runs.bugs"], { error: "Unavailable" }],
  [504, "ServerError", calls["jobs.list"], { error: "Timed out" }]
]

describe("a documented status", () => {
  it.effect.each(documented)(
    "%d arrives as %s with the server's words",
    ([status, tag, call, body]) =>
      Effect.gen(function*() {
        const error = yield* fail(call, { status, body, headers: { "cf-ray": "ray-7" } })
        assert.strictEqual(error._tag, tag)
        assert.instanceOf(error, Error)
        assert.isTrue(ApiError.isApiError(error))
        assert.deepInclude(error, { ...body, status, attempts: 1, requestId: "ray-7", sent: "yes" })
        assert.include(error.message, body.error)
        assert.include(error.message, `(${status})`)
      })
  )

  it.effect.each(documented)("%d is the same through request", ([status, tag, , body]) =>
    Effect.gen(function*() {
      const error = yield* fail(patch, { status, body })
      assert.strictEqual(error._tag, tag)
      assert.deepInclude(error, { ...body, status, operation: "call PATCH /tests/t-1" })
    }))

  it.effect.each(documented)("%d can be turned into JSON", ([status, tag, call, body]) =>
    Effect.gen(function*() {
      const error = yield* fail(call, { status, body })
      assert.deepInclude(JSON.parse(JSON.stringify(error)), { _tag: tag, ...body, status, attempts: 1, sent: "yes" })
    }))

  it.effect("names its request by whichever header the server has", () =>
    Effect.gen(function*() {
      for (const header of ["cf-ray", "x-request-id", "request-id"]) {
        const error = yield* fail(calls["runs.get"], {
          status: 404,
          body: { error: "No" },
          headers: { [header]: "r-1" }
        })
        assert.strictEqual(error.requestId, "r-1")
      }
    }))

  it.effect("may have a status, a message and attempts of its own in the body", () =>
    Effect.gen(function*() {
      const early = yield* fail(calls["runs.start"], { status: 404, body: Errors.earlyNotFound })
      assert.strictEqual(early.message, "Cannot start run: multiplayer test not found (404)")
      const odd = { error: "Gone", status: "not_found", attempts: "two", sent: 1, requestId: {}, operation: null }
      const error = yield* fail(calls["runs.get"], { status: 404, body: odd })
      assert.strictEqual(error.message, "Cannot get run: Gone (404)")
      assert.deepInclude(error, { attempts: 1, sent: "yes", requestId: null })
    }))

  it.live("counts the repeats", () =>
    Effect.gen(function*() {
      const server = yield* serve({ status: 500, body: { error: "Oops" } })
      const error = yield* calls["runs.get"](yield* connect(server.url)).pipe(Effect.flip, withPolicy(fast))
      assert.strictEqual(error.attempts, 5)
      assert.strictEqual(server.asked.length, 5)
    }))

  it("is written for a server as the remote API writes it", () => {
    const error = new ApiError.NotFound({ error: "Upload not found", code: "UPLOAD_NOT_FOUND", attempts: 3 })
    assert.deepStrictEqual(Schema.encodeSync(ApiError.NotFound)(error) as object, Errors.uploadNotFound)
    const bare = new ApiError.NotFound({ error: "No such run" })
    assert.deepStrictEqual<object>(Schema.encodeSync(ApiError.NotFound)(bare), { error: "No such run" })
  })

  it.effect("has a code that is a word or null, whatever the body has", () =>
    Effect.gen(function*() {
      for (const [body, code] of [[{}, null], [{ code: null }, null], [{ code: "X" }, "X"]] as const) {
        const error = yield* fail(calls["runs.get"], { status: 404, body: { error: "No", ...body } })
        assert.strictEqual(error.code, code)
      }
      assert.isNull(new ApiError.NotFound({ error: "No" }).code)
    }))
})

describe("every error", () => {
  const replies: ReadonlyArray<Reply> = [
    ...documented.map(([status, , , body]) => ({ status, body })),
    { status: 200, body: "<html>" },
    { status: 418, body: { error: "teapot" } },
    "cut"
  ]

  it.effect("prints with its message and what is known of the call: as JSON, by console.log, in a log", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const logger = Logger.map(Logger.formatJson, (line) => void logged.push(line))
      for (const reply of replies) {
        const error = yield* fail(patch, reply)
        const json: Record<string, unknown> = JSON.parse(JSON.stringify(error))
        assert.containsAllKeys(json, ["_tag", "message", "status", "code", "hint", "attempts", "requestId", "sent"])
        assert.strictEqual(json["message"], error.message)
        assert.include(inspect(error), error.message.slice(0, 60))
        yield* Effect.logError(error).pipe(Effect.provide(Logger.layer([logger])))
        assert.include(logged.pop(), JSON.stringify(error.message).slice(1, -1))
      }
    }))

  it("can be turned into JSON whatever it was made with", () => {
    const details: Record<string, unknown> = { big: 1n, key: Redacted.make("5ec4e7"), upload_id: "5ec4e7" }
    details["self"] = details
    const text = JSON.stringify(new ApiError.NotFound({ error: "No", details }))
    assert.notInclude(text, "5ec4e7")
    assert.include(text, "<cycle>")
  })

  it.effect("holds no secret in its details", () =>
    Effect.gen(function*() {
      const details = { url: "https://store.test/a?X-Amz-Signature=5ec4e7", upload_id: "5ec4e7", seen: canary, n: [1] }
      const error = yield* fail(calls["runs.get"], { status: 404, body: { error: `no ${canary}`, details } })
      assert(error._tag === "NotFound")
      assert.deepStrictEqual(error.details, {
        url: "https://store.test/a?<redacted>",
        upload_id: "<redacted>",
        seen: "<redacted>",
        n: [1]
      })
      assert.notInclude(inspect(error, { depth: 9 }), canary)
    }))

  it.effect("does not repeat an upload id that the server repeats bare", () =>
    Effect.gen(function*() {
      const body = { error: "upload upload-id-canary was not found" }
      const uses: ReadonlyArray<Call> = [
        (nunu) => nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1] }),
        (nunu) => nunu.builds.cancelUpload({ buildId, objectKey, uploadId }),
        (nunu) => nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts: [] })
      ]
      for (const use of uses) {
        const error = yield* fail(use, { status: 404, body })
        assert.include(error.message, "upload <redacted> was not found")
        assert.notInclude(JSON.stringify(error), "upload-id-canary")
      }
    }))

  it.effect("of the storage's own XML shows its words and no secret", () =>
    Effect.gen(function*() {
      const body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><UploadId>5ec4e7</UploadId></Error>"
      const error = yield* fail(calls["builds.get"], {
        status: 403,
        body,
        headers: { "content-type": "application/xml" }
      })
      assert.include(error, { _tag: "UnexpectedResponse", status: 403, reason: "NotJson", path: null })
      assert.include(JSON.stringify(error), "AccessDenied")
      assert.notInclude(JSON.stringify(error), "5ec4e7")
    }))
})

describe("Forbidden", () => {
  it.effect.each(
    [
      [Errors.keyExpired, "KeyExpired", null, "Cannot get run: API key expired (403). Make a new API key"],
      [Errors.keyDisabled, "KeyDisabled", null, "Cannot get run: API key is disabled (403). Make a new API key"],
      [
        Errors.permissionMissing,
        "PermissionMissing",
        "project:operate-runs",
        "Cannot get run: API key missing required permission: project:operate-runs (403). " +
        "Give the key the permission project:operate-runs"
      ],
      [Errors.featureOff, "Other", null, `Cannot get run: ${Errors.featureOff.error} (403)`]
    ] as const
  )("%j has the reason %s", ([body, reason, permission, message]) =>
    Effect.gen(function*() {
      const error = yield* answering({ status: 403, body }, (nunu) => nunu.runs.get(runId)).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "Forbidden", reason, permission, message })
    }))
})

describe("Unauthorized", () => {
  it.effect.each([Errors.keyRequired, Errors.keyInvalid])(
    "%j says where the key is set",
    (body) =>
      Effect.gen(function*() {
        const error = yield* answering({ status: 401, body }, (nunu) => nunu.runs.list()).pipe(Effect.flip)
        assert.strictEqual(
          error.message,
          `Cannot list runs: ${body.error} (401). Set NUNU_API_TOKEN to an API key of the project`
        )
      })
  )
})

const initiateFails = (body: unknown) =>
  answering({ status: 402, body }, calls["builds.initiateUpload"]).pipe(Effect.flip)

describe("QuotaExceeded", () => {
  it.effect("tells the numbers that the server told", () =>
    Effect.gen(function*() {
      const error = yield* initiateFails(Errors.quota)
      assert.deepInclude(error, { code: "QUOTA_EXCEEDED", used: 900, capacity: 1000, needed: 200 })
      assert.strictEqual(
        error.message,
        "Cannot initiate upload: Storage capacity exceeded, 900 of 1000 bytes used, 200 needed (402). " +
          "Delete old builds or ask for more storage"
      )
    }))

  it.effect.each([null, {}, "full", { used: "900", capacity: 1000 }])(
    "has null for what it did not: %j",
    (details) =>
      Effect.gen(function*() {
        const error = yield* initiateFails({ error: "Full", details })
        assert.deepInclude(error, { _tag: "QuotaExceeded", used: null, needed: null })
        assert.notInclude(error.message, "bytes used")
      })
  )
})

describe("Conflict", () => {
  it.effect("tells the versions", () =>
    Effect.gen(function*() {
      const error = yield* answering({ status: 409, body: Errors.versionConflict }, patch).pipe(Effect.flip)
      assert.deepInclude(error, { expected_version: 3, latest_version: 5 })
      assert.include(error.message, "The latest version is 5")
    }))
})

/** Whether nothing was done when a call ends after these answers. */
const wasNotDone = (call: Call, ...script: Parameters<typeof scripted>) =>
  Effect.gen(function*() {
    const { nunu } = scripted(...script)
    const error = yield* call(yield* nunu).pipe(Effect.flip, withPolicy(fast))
    return ApiError.wasNotDone(error)
  })

describe("wasNotDone", () => {
  const tooMany = { status: 429, body: { error: "Too many" } }
  const unavailable = { status: 503, body: { error: "Unavailable" } }
  const failed = { status: 500, body: { error: "Oops" } }

  it.live("is true when no connection was made, and of 429 and 503", () =>
    Effect.gen(function*() {
      for (const scene of ["refused", tooMany, unavailable] as const) {
        assert.isTrue(yield* wasNotDone(calls["runs.start"], scene))
      }
      assert.isTrue(yield* wasNotDone(calls["runs.start"], tooMany, "refused"))
    }))

  it.live("is false when the connection broke or the server failed", () =>
    Effect.gen(function*() {
      for (const scene of ["lost", failed] as const) {
        assert.isFalse(yield* wasNotDone(calls["runs.start"], scene))
        assert.isFalse(yield* wasNotDone(calls["runs.start"], tooMany, scene))
      }
    }))

  it.live("is false when an attempt before the last may have been done", () =>
    Effect.gen(function*() {
      for (const first of ["lost", failed] as const) {
        for (const last of ["refused", tooMany, unavailable] as const) {
          assert.isFalse(yield* wasNotDone(calls["builds.completeUpload"], first, last))
        }
      }
    }))
})

describe("isApiError", () => {
  it("is false of what is not one", () => {
    for (const other of [null, undefined, "NotFound", new Error("NotFound"), { _tag: "NotFound" }]) {
      assert.isFalse(ApiError.isApiError(other))
    }
  })
})

describe("the API key", () => {
  it.effect("is in no error", () =>
    Effect.gen(function*() {
      const replies: ReadonlyArray<Reply> = [
        ...documented.map(([status, , , body]) => ({ status, body })),
        { status: 418, body: `you sent x-api-key: ${canary}` },
        { status: 400, body: { headers: { "X-Api-Key": canary } } },
        "cut",
        "cutBody"
      ]
      for (const reply of replies) {
        yield* assertSecret(yield* fail(patch, reply), yield* fail(calls["runs.list"], reply))
      }
      const lonely = yield* connect(yield* nobody)
      yield* assertSecret(yield* lonely.runs.list().pipe(Effect.flip, withPolicy(RetryPolicy.never)))
    }))
})

const assertSecret = (...errors: ReadonlyArray<ApiError.ApiError>) =>
  Effect.sync(() => {
    for (const error of errors) {
      for (
        const text of [JSON.stringify(error), String(error), error.message, inspect(error, { depth: 9 }), error.stack]
      ) {
        assert.notInclude(text, canary)
      }
    }
  })
