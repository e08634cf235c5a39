import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import * as Nunu from "../src/Nunu.ts"
import * as NunuHttpClient from "../src/NunuHttpClient.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Bugs from "./fixtures/Bugs.ts"
import * as Plans from "./fixtures/Plans.ts"
import * as Runs from "./fixtures/Runs.ts"
import * as Tests from "./fixtures/Tests.ts"
import * as Uploads from "./fixtures/Uploads.ts"
import type { Call } from "./support/Client.ts"
import {
  buildId,
  calls,
  canary,
  fast,
  objectKey,
  runId,
  scripted,
  startRequest,
  uploadId,
  withPolicy
} from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import { endpoints } from "./support/Endpoints.ts"
import type { Reply } from "./support/HttpFixture.ts"
import { serve } from "./support/HttpFixture.ts"

const oops: Reply = { status: 500, body: { error: "Oops" } }
const call = <A, E, R>(use: Effect.Effect<A, E, R>) => use.pipe(withPolicy(fast))

describe("a request that starts or reserves something", () => {
  const once = [
    "runs.start",
    "builds.initiateUpload",
    "testPlans.create",
    "testPlans.update",
    "testPlans.start",
    "tests.create",
    "tests.update",
    "tests.delete",
    "sharedSteps.update"
  ] as const
  const failures = [oops, { ...oops, status: 502 }, { ...oops, status: 503 }, "cut", "cutBody"] as const

  for (const name of once) {
    it.live.each(failures)(
      `reaches the server exactly once, whatever happens: ${name}, %j`,
      (failure) =>
        Effect.gen(function*() {
          const server = yield* serve(failure)
          const use: Call = calls[name]
          const error = yield* call(use(yield* connect(server.url))).pipe(Effect.flip)
          assert.strictEqual(server.asked.length, 1)
          assert.strictEqual(server.asked[0]?.method, endpoints[name].method.toUpperCase())
          assert.strictEqual(error.attempts, 1)
        })
    )
  }

  it.live("is sent again after a 429, which did nothing", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, before) =>
        before === 0 ? { status: 429, body: { error: "Slow down" } } : { status: 200, body: Uploads.single }
      )
      const nunu = yield* connect(server.url)
      yield* call(calls["builds.initiateUpload"](nunu))
      assert.strictEqual(server.asked.length, 2)
      assert.strictEqual(server.asked[1]?.body, server.asked[0]?.body)
    }))

  it.live("is an open request other than GET, unless it is said to be repeatable", () =>
    Effect.gen(function*() {
      const server = yield* serve(oops)
      const nunu = yield* connect(server.url)
      for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
        yield* call(nunu.request({ method, path: "/x" })).pipe(Effect.flip)
      }
      assert.strictEqual(server.asked.length, 4)
      yield* call(nunu.request({ method: "PUT", path: "/x", repeatable: true })).pipe(Effect.flip)
      yield* call(nunu.request({ method: "GET", path: "/x" })).pipe(Effect.flip)
      assert.strictEqual(server.asked.length, 14)
      yield* call(nunu.request({ method: "GET", path: "/x", repeatable: false })).pipe(Effect.flip)
      assert.strictEqual(server.asked.length, 15)
    }))
})

describe("a request that may be done twice", () => {
  const repeated: ReadonlyArray<readonly [string, Call, unknown]> = [
    ["runs.list", calls["runs.list"], Runs.list],
    ["runs.get", calls["runs.get"], Runs.latest],
    ["runs.bugs", calls["runs.bugs"], { multiplayer_run_id: "r", bug_occurrences: [] }],
    ["runs.stop", calls["runs.stop"], { ok: true, results: [] }],
    ["jobs.list", calls["jobs.list"], { ...Runs.list, data: [] }],
    ["jobs.get", calls["jobs.get"], { job_id: "j", status: "QUEUED" }],
    ["builds.get", calls["builds.get"], Uploads.build],
    ["builds.partUrls", calls["builds.partUrls"], Uploads.partUrls],
    ["builds.completeUpload", calls["builds.completeUpload"], Uploads.completedSingle],
    ["builds.cancelUpload", calls["builds.cancelUpload"], Uploads.cancelled],
    ["runs.live", calls["runs.live"], Runs.live],
    ["bugs.list", calls["bugs.list"], Bugs.summaries],
    ["bugs.get", calls["bugs.get"], Bugs.details],
    ["testPlans.get", calls["testPlans.get"], Plans.plan],
    ["testPlanExecutions.list", calls["testPlanExecutions.list"], Plans.executions],
    ["testPlanExecutions.get", calls["testPlanExecutions.get"], Plans.execution],
    ["tests.get", calls["tests.get"], Tests.test],
    ["sharedSteps.get", calls["sharedSteps.get"], Tests.sharedSteps],
    ["an open GET", (nunu) => nunu.request({ method: "GET", path: "/x" }), {}]
  ]

  it.live.each(repeated)(
    "goes well at the second attempt after a 500 or a cut: %s",
    ([, use, body]) =>
      Effect.gen(function*() {
        for (const failure of [oops, "cut", "cutBody"] as const) {
          const server = yield* serve((_, before) => before === 0 ? failure : { status: 200, body })
          yield* call(use(yield* connect(server.url)))
          assert.strictEqual(server.asked.length, 2)
          assert.deepStrictEqual(server.asked[1]?.headers, server.asked[0]?.headers)
          assert.deepStrictEqual(server.asked[1]?.body, server.asked[0]?.body)
        }
      })
  )
})

describe("a success that is no JSON", () => {
  const page: Reply = { status: 200, headers: { "content-type": "text/html" }, body: "<html>Login</html>" }
  const unreadable: ReadonlyArray<Reply> = [
    page,
    { status: 200, body: "" },
    { status: 200, body: JSON.stringify(Runs.list).slice(0, -9) },
    "cutBody"
  ]

  it.live.each(unreadable)("is asked for again when it answers a GET: %j", (reply) =>
    Effect.gen(function*() {
      const server = yield* serve((_, before) => before === 0 ? reply : { status: 200, body: Runs.list })
      yield* call(calls["runs.list"](yield* connect(server.url)))
      assert.strictEqual(server.asked.length, 2)
    }))

  it.live("is told as it is when it stays so", () =>
    Effect.gen(function*() {
      const server = yield* serve(page)
      const error = yield* call(calls["runs.list"](yield* connect(server.url))).pipe(Effect.flip)
      assert.include(error, { _tag: "UnexpectedResponse", reason: "NotJson", attempts: 5, body: "<html>Login</html>" })
    }))

  it.live("is not asked for again after anything else", () =>
    Effect.gen(function*() {
      const others: ReadonlyArray<Call> = [calls["runs.start"], calls["runs.stop"], calls["builds.cancelUpload"]]
      for (const other of others) {
        const server = yield* serve(page)
        yield* call(other(yield* connect(server.url))).pipe(Effect.flip)
        assert.strictEqual(server.asked.length, 1)
      }
    }))

  it.live("is not what JSON of the wrong shape is", () =>
    Effect.gen(function*() {
      const server = yield* serve({ status: 200, body: { data: [{ multiplayer_run_id: 7 }] } })
      const error = yield* call(calls["runs.list"](yield* connect(server.url))).pipe(Effect.flip)
      assert.include(error, { _tag: "UnexpectedResponse", reason: "WrongShape", path: "data[0].multiplayer_run_id" })
      assert.strictEqual(server.asked.length, 1)
    }))
})

describe("the time limit of an attempt", () => {
  it.live.each(["hang", "hangBody"] as const)("ends it and drops the connection: %s", (how) =>
    Effect.gen(function*() {
      const server = yield* serve((_, before) => before === 0 ? how : { status: 200, body: Runs.list })
      const nunu = yield* connect(server.url)
      yield* call(calls["runs.list"](nunu).pipe(RetryPolicy.withAttemptTimeout("100 millis")))
      assert.strictEqual(server.asked.length, 2)
      yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => server.dropped.length > 0, times: 100 }))
      assert.strictEqual(server.dropped.length, 1)
    }))

  it.live("leaves open whether it was done, so that a start is not repeated", () =>
    Effect.gen(function*() {
      const server = yield* serve("hang")
      const nunu = yield* connect(server.url)
      const error = yield* call(calls["runs.start"](nunu).pipe(RetryPolicy.withAttemptTimeout("100 millis"))).pipe(
        Effect.flip
      )
      assert.include(error, { _tag: "NetworkError", code: "TIMEOUT", sent: "maybe", attempts: 1 })
      assert.strictEqual(error.message, "Cannot start run: the answer took too long: no whole answer within 100ms")
      assert.strictEqual(server.asked.length, 1)
    }))

  it.effect("is 60 seconds", () =>
    Effect.gen(function*() {
      const nunu = yield* Nunu.make({ apiKey: Redacted.make(canary) }).pipe(
        Effect.provideService(HttpClient.HttpClient, HttpClient.make(() => Effect.never))
      )
      const fiber = yield* Effect.forkChild(Effect.flip(nunu.runs.start(startRequest)))
      yield* TestClock.adjust("59999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.include(yield* Fiber.join(fiber), { _tag: "NetworkError", code: "TIMEOUT" })
    }))
})

describe("the API key", () => {
  it.effect("does not follow a redirect through fetch", () =>
    Effect.gen(function*() {
      const stranger = yield* serve({ status: 200, body: Runs.latest })
      const server = yield* serve({ status: 307, headers: { location: `${stranger.url}/runs/1` } })
      const nunu = yield* Nunu.make({ apiKey: Redacted.make(canary), baseUrl: server.url }).pipe(
        Effect.provide(FetchHttpClient.layer)
      )
      const error = yield* Effect.flip(nunu.runs.get(runId))
      assert.include(error, { _tag: "UnexpectedResponse", status: 307 })
      assert.deepStrictEqual(stranger.asked, [])
    }))

  it.effect.each([
    "http://127.0.0.1:1/x",
    "https://nunu.ai.evil.test/api/v1",
    "HTTPS://evil.test/",
    "//evil.test/x",
    "@evil.test"
  ])(
    "goes to no other place than the API: %s",
    (url) =>
      Effect.gen(function*() {
        const { asked, nunu } = scripted({ status: 200, body: {} })
        const path = url as `/${string}` // what the types refuse can come from JavaScript
        const error = yield* Effect.result((yield* nunu).request({ method: "GET", path }))
        for (const request of asked) assert.isTrue(request.url.startsWith("https://nunu.ai/api/v1/"), request.url)
        if (error._tag === "Failure") assert.include(error.failure, { _tag: "BadRequest", sent: "never", attempts: 0 })
        assert.strictEqual(error._tag === "Failure", asked.length === 0)
      })
  )
})

describe("spans", () => {
  const recorded: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span(options) {
      const span = new Tracer.NativeSpan(options)
      recorded.push(span)
      return span
    }
  })

  it.effect("hold neither key nor upload id nor signature", () =>
    Effect.gen(function*() {
      recorded.length = 0
      const nunu = yield* scripted({ status: 418, body: Uploads.partUrls }).nunu
      yield* nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1] }).pipe(Effect.flip)
      yield* nunu.builds.cancelUpload({ buildId, objectKey, uploadId }).pipe(Effect.flip)
      assert.isAtLeast(recorded.length, 2)
      const text = inspect(recorded.map((span) => [span.name, [...span.attributes], span.status]), { depth: 12 })
      assert.include(text, "/builds/upload")
      for (const secret of [canary, "upload-id-canary", "5ec4e7"]) assert.notInclude(text, secret)
    }).pipe(Effect.withTracer(tracer)))

  it.effect("do not travel to the API", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: Runs.list })
      yield* (yield* nunu).runs.list().pipe(Effect.withSpan("test"))
      for (const header of ["traceparent", "tracestate", "b3"]) assert.notProperty(asked[0]?.headers, header)
    }).pipe(Effect.withTracer(tracer)))
})

const failing = (cause: unknown) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request: HttpClientRequest.get("http://x"), cause })
  })
const coded = (code: string) => Object.assign(new Error(code), { code })

describe("sentOf and networkCode", () => {
  it.each([
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "UND_ERR_CONNECT_TIMEOUT",
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT"
  ])(
    "know of %s that nothing was sent",
    (code) => {
      assert.strictEqual(NunuHttpClient.sentOf(failing(coded(code))), "never")
      assert.strictEqual(NunuHttpClient.sentOf(failing(new TypeError("fetch failed", { cause: coded(code) }))), "never")
      assert.strictEqual(NunuHttpClient.networkCode(new AggregateError([coded(code)])), code)
    }
  )

  it.each(["ECONNRESET", "EPIPE", "ETIMEDOUT", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT"])(
    "do not know of %s whether it was done",
    (code) => {
      assert.strictEqual(NunuHttpClient.sentOf(failing(coded(code))), "maybe")
    }
  )

  it.each(["EHOSTUNREACH", "ENETUNREACH"])(
    "take %s for an open connection that broke, unless it was connecting",
    (code) => {
      const failure = (syscall: string) => NunuHttpClient.sentOf(failing(Object.assign(coded(code), { syscall })))
      assert.strictEqual(failure("connect"), "never")
      assert.strictEqual(failure("read"), "maybe")
      assert.strictEqual(failure("write"), "maybe")
    }
  )

  it.each([undefined, null, "no", new Error("no"), { code: 7 }])("do not know without a code: %o", (cause) => {
    assert.strictEqual(NunuHttpClient.sentOf(failing(cause)), "maybe")
    assert.isNull(NunuHttpClient.networkCode(cause))
  })

  it("do not follow causes for ever", () => {
    const loop: { cause?: unknown } = {}
    loop.cause = loop
    assert.isNull(NunuHttpClient.networkCode(loop))
  })
})
