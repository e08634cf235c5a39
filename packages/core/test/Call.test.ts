import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Fiber } from "effect"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Runs from "./fixtures/Runs.ts"
import type { Call } from "./support/Client.ts"
import {
  buildId,
  calls,
  fast,
  objectKey,
  runId,
  scripted,
  startRequest,
  uploadId,
  withPolicy
} from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import type { Reply } from "./support/HttpFixture.ts"
import { nobody, serve } from "./support/HttpFixture.ts"

const fail = Effect.fnUntraced(function*(call: Call, reply: Reply) {
  const server = yield* serve(reply)
  return yield* call(yield* connect(server.url)).pipe(Effect.flip, withPolicy(RetryPolicy.never))
})

const openGet: Call = (nunu) => nunu.request({ method: "GET", path: "/deployments" })

describe("an answer that cannot be read", () => {
  const html = { "content-type": "text/html" }
  const unreadable: ReadonlyArray<readonly [string, Reply, number]> = [
    ["a proxy's page instead of an answer", { status: 200, headers: html, body: "<html>Login</html>" }, 200],
    ["a proxy's page instead of a refusal", { status: 403, headers: html, body: "<html>Blocked</html>" }, 403],
    ["a proxy's page instead of a failure", { status: 502, headers: html, body: "<html>Bad gateway</html>" }, 502],
    ["an empty refusal", { status: 404, body: "" }, 404],
    ["a cut refusal", { status: 404, body: "{\"error\": \"Run not" }, 404],
    ["a refusal without words", { status: 404, body: { code: "NO" } }, 404],
    ["a status that is documented nowhere", { status: 418, body: { error: "teapot" } }, 418]
  ]

  it.effect.each(unreadable)("is an UnexpectedResponse: %s", ([, reply, status]) =>
    Effect.gen(function*() {
      for (const call of [calls["runs.get"], openGet]) {
        if (call === openGet && status === 200) continue // see the next test
        const error = yield* fail(call, reply)
        assert(error._tag === "UnexpectedResponse")
        assert.include(error, { status, attempts: 1, sent: "yes" })
        assert.include(error.message, `unexpected answer (${status})`)
        assert.include(error.message, "Check the API URL, and proxies on the way")
        assert.isNotEmpty(error.issue)
      }
    }))

  it.effect.each(["", "null", "{\"data\": [", "[]", "{\"data\":{}}"])(
    "is an UnexpectedResponse: a 200 with %j",
    (body) =>
      Effect.gen(function*() {
        const error = yield* fail(calls["runs.list"], { status: 200, body })
        assert.include(error, { _tag: "UnexpectedResponse", status: 200, body })
      })
  )

  it.effect("is an UnexpectedResponse of an open request when it is not JSON", () =>
    Effect.gen(function*() {
      const error = yield* fail(openGet, { status: 200, headers: html, body: "<html>Login</html>" })
      assert.include(error, {
        _tag: "UnexpectedResponse",
        operation: "call GET /deployments",
        body: "<html>Login</html>"
      })
    }))

  it.effect("is an UnexpectedResponse when its status is not one of the endpoint's", () =>
    Effect.gen(function*() {
      for (const status of [402, 409, 413]) {
        const error = yield* fail(calls["runs.get"], { status, body: { error: "No" } })
        assert.include(error, { _tag: "UnexpectedResponse", status, body: "{\"error\":\"No\"}" })
      }
    }))

  it.effect("is a ServerError when it is a 5xx with words, whatever the number", () =>
    Effect.gen(function*() {
      for (const status of [502, 507, 599]) {
        const error = yield* fail(calls["builds.get"], { status, body: { error: "Out of space" } })
        assert.include(error, { _tag: "ServerError", status, message: `Cannot get build: Out of space (${status})` })
      }
    }))

  it.effect("gives no more than the start of its body", () =>
    Effect.gen(function*() {
      const error = yield* fail(calls["runs.get"], { status: 418, body: "x".repeat(100_000) })
      assert(error._tag === "UnexpectedResponse")
      assert.strictEqual(error.body, "x".repeat(2048))
    }))

  it.effect("tells which field is wrong", () =>
    Effect.gen(function*() {
      const body = { ...Runs.list, data: [{ ...Runs.latest, players: [{ id: 7 }] }] }
      const error = yield* fail(calls["runs.list"], { status: 200, body })
      assert.include(error.message, "[\"data\"][0][\"players\"][0][\"id\"]")
    }))
})

describe("a redirect", () => {
  it.effect.each([301, 302, 303, 307, 308])(
    "is not followed, so the key goes nowhere else: %d",
    (status) =>
      Effect.gen(function*() {
        const stranger = yield* serve({ status: 200, body: Runs.latest })
        for (const call of [calls["runs.get"], calls["runs.start"], openGet]) {
          const error = yield* fail(call, { status, headers: { location: `${stranger.url}/runs/1` } })
          assert.include(error, { _tag: "UnexpectedResponse", status })
        }
        assert.deepStrictEqual(stranger.asked, [])
      })
  )
})

describe("no answer", () => {
  it.effect("is a NetworkError with sent \"never\" when no connection is made", () =>
    Effect.gen(function*() {
      const nunu = yield* connect(yield* nobody)
      const error = yield* nunu.runs.get(runId).pipe(Effect.flip, withPolicy(RetryPolicy.never))
      assert.include(error, { _tag: "NetworkError", sent: "never", code: "ECONNREFUSED", attempts: 1, status: null })
      assert.match(
        error.message,
        /^Cannot get run: no connection was made: .*ECONNREFUSED.*Check the API URL and the network$/
      )
    }))

  it.effect.each(["cut", "cutBody"] as const)(
    "is a NetworkError with sent \"maybe\" when the connection breaks: %s",
    (how) =>
      Effect.gen(function*() {
        for (const call of [calls["runs.get"], calls["runs.start"], openGet]) {
          const error = yield* fail(call, how)
          assert.include(error, { _tag: "NetworkError", sent: "maybe", status: null, attempts: 1 })
          assert.include(error.message, "the connection broke")
        }
      })
  )

  it.live("is told of the last attempt, not of the answer to one before", () =>
    Effect.gen(function*() {
      const both: ReadonlyArray<Call> = [calls["runs.start"], calls["runs.get"]]
      for (const call of both) {
        const { nunu } = scripted({ status: 429, body: { error: "Too many" }, headers: { "cf-ray": "r" } }, "lost")
        const error = yield* call(yield* nunu).pipe(Effect.flip, withPolicy(fast))
        assert.include(error, { _tag: "NetworkError", sent: "maybe", status: null, requestId: null })
      }
    }))

  it.live("is forgotten by an answer that comes later", () =>
    Effect.gen(function*() {
      const { nunu } = scripted("lost", { status: 404, body: { error: "Gone" } })
      const error = yield* (yield* nunu).runs.get(runId).pipe(Effect.flip, withPolicy(fast))
      assert.include(error, { _tag: "NotFound", attempts: 2, sent: "yes" })
    }))

  it.effect("because of an interruption stays an interruption", () =>
    Effect.gen(function*() {
      const { nunu } = scripted({ status: 429, body: { error: "Too many" } })
      const fiber = yield* (yield* nunu).runs.list().pipe(Effect.forkChild)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert(exit._tag === "Failure")
      assert.isTrue(Cause.hasInterruptsOnly(exit.cause))
    }))
})

describe("a request that is not valid", () => {
  const faults: ReadonlyArray<readonly [string, Call, ReadonlyArray<string>]> = [
    ["retries of 1.5", (nunu) => nunu.runs.start({ ...startRequest, retries: 1.5 }), ["retries"]],
    ["a pageSize of 1000", (nunu) => nunu.runs.list({ pageSize: 1000 }), ["pageSize"]],
    ["a pageSize of 0", (nunu) => nunu.jobs.list({ pageSize: 0 }), ["pageSize"]],
    ["a page of -1", (nunu) => nunu.runs.list({ page: -1 }), ["page"]],
    [
      "several faults",
      (nunu) =>
        nunu.runs.start({ ...startRequest, retries: 1.5, options: { minTimeSeconds: 0.5, maxTimeSeconds: NaN } }),
      ["retries", "minTimeSeconds", "maxTimeSeconds"]
    ],
    ["several faults in a query", (nunu) => nunu.runs.list({ page: 0.5, pageSize: 101 }), ["page", "pageSize"]]
  ]

  it.effect.each(faults)(
    "is refused before it is sent, with every fault at once: %s",
    ([, call, fields]) =>
      Effect.gen(function*() {
        const server = yield* serve({ status: 200 })
        const error = yield* call(yield* connect(server.url)).pipe(Effect.flip)
        assert.include(error, { _tag: "BadRequest", sent: "never", attempts: 0 })
        for (const field of fields) assert.include(error.message, `["${field}"]`)
        assert.deepStrictEqual(server.asked, [])
      })
  )
})

describe("what is shown of an unexpected answer", () => {
  it.effect("holds neither upload ids nor signatures", () =>
    Effect.gen(function*() {
      const body = { upload_urls: "https://store.test/a?X-Amz-Signature=5ec4e7", upload_id: "5ec4e7" }
      const uses: ReadonlyArray<Call> = [
        (nunu) => nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1] }),
        (nunu) => nunu.builds.cancelUpload({ buildId, objectKey, uploadId })
      ]
      for (const call of uses) {
        for (const status of [200, 418]) {
          const text = JSON.stringify(yield* fail(call, { status, body }))
          assert.notInclude(text, "5ec4e7")
          assert.notInclude(text, "upload-id-canary")
        }
      }
    }))
})
