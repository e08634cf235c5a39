import { assert } from "@effect/vitest"
import { Duration, Effect, Redacted, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { blockSize } from "../src/PartTransport.ts"
import { bytesOf } from "./support/Bytes.ts"
import type { Answer } from "./support/RawStorage.ts"
import { answering, secrets, serve, taking, xml } from "./support/RawStorage.ts"
import { bodyOf, onBoth, put, putFailing } from "./support/Transports.ts"

const some = bytesOf(1000)

/** What a PUT is told when the storage answers so. */
const failureOf = (answer: Answer) => Effect.flatMap(serve(answering(answer)), ({ url }) => putFailing(url, some))

onBoth("a part that is sent", (law) => {
  for (const size of [1, blockSize - 1, blockSize, blockSize + 1, 3 * blockSize + 17]) {
    law(
      `arrives byte for byte: ${size} bytes`,
      Effect.gen(function*() {
        const { received, url } = yield* serve(taking)
        const bytes = bytesOf(size)
        const { body, sent } = bodyOf(bytes)
        assert.strictEqual(yield* put(url, body), "\"an-etag\"")
        assert.strictEqual(received.length, 1)
        assert.strictEqual(received[0]?.method, "PUT")
        assert.isTrue(received[0]?.body().equals(bytes))
        assert.strictEqual(sent(), size)
      })
    )
  }

  law(
    "arrives byte for byte when reads give less than they could",
    Effect.gen(function*() {
      const { received, url } = yield* serve(taking)
      const bytes = bytesOf(blockSize + 1000)
      const { body, sent } = bodyOf(bytes, (buffer, position) =>
        Effect.sync(() => {
          const chunk = bytes.subarray(position, position + Math.min(buffer.length, 77_777))
          buffer.set(chunk)
          return chunk.length
        }))
      yield* put(url, body)
      assert.isTrue(received[0]?.body().equals(bytes))
      assert.strictEqual(sent(), bytes.length)
    })
  )

  law(
    "has a Content-Length and comes in no chunks",
    Effect.gen(function*() {
      const { received, url } = yield* serve(taking)
      yield* put(url, bodyOf(bytesOf(blockSize + 5)).body)
      assert.strictEqual(received[0]?.headers["content-length"], String(blockSize + 5))
      assert.isUndefined(received[0]?.headers["transfer-encoding"])
    })
  )

  law(
    "goes to the presigned URL as it was given",
    Effect.gen(function*() {
      const { origin, received, url } = yield* serve(taking)
      yield* put(url, bodyOf(some).body)
      assert.strictEqual(origin + received[0]?.path, Redacted.value(url))
    })
  )

  law(
    "carries no key, no trace and no header that is not signed, also inside a span",
    Effect.gen(function*() {
      const { received, url } = yield* serve(taking)
      yield* put(url, bodyOf(some).body).pipe(Effect.withSpan("a span of the caller's"))
      const strangers = Object.keys(received[0]?.headers ?? {}).filter((name) => !usual.has(name))
      assert.deepStrictEqual(strangers, [])
    })
  )

  law(
    "leaves no span that knows the URL",
    Effect.gen(function*() {
      const { url } = yield* serve(taking)
      const seen: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          const attribute = span.attribute.bind(span)
          span.attribute = (key, value) => {
            seen.push(`${key}=${value}`)
            attribute(key, value)
          }
          seen.push(options.name)
          return span
        }
      })
      yield* put(url, bodyOf(some).body).pipe(Effect.withSpan("caller"), Effect.withTracer(tracer))
      assert.include(seen, "caller")
      assert.deepStrictEqual(seen.filter((text) => secrets.some((secret) => text.includes(secret))), [])
    })
  )

  law(
    "uses a connection again",
    Effect.gen(function*() {
      const { connections, received, url } = yield* serve(taking)
      for (let count = 0; count < 5; count++) yield* put(url, bodyOf(some).body)
      assert.strictEqual(received.length, 5)
      // The next PUT may begin before the connection of the last one is free, so one more is made at most.
      assert.isAtMost(connections(), 2)
    })
  )
})

const usual = new Set(["host", "connection", "content-type", "content-length", "accept", "user-agent"])

onBoth("an answer of the storage", (law) => {
  for (const headers of [{}, { etag: "" }, { etag: "\"\"" }, { etag: "W/\"\"" }]) {
    law(
      `without an ETag can be tried again: ${JSON.stringify(headers)}`,
      Effect.gen(function*() {
        const failure = yield* failureOf({ status: 200, headers })
        assert.deepInclude(failure, { status: 200, retryable: true, expired: false })
        assert.strictEqual(failure.detail, "the storage gave no ETag")
      })
    )
  }

  const expired: ReadonlyArray<readonly [string, Answer]> = [
    ["S3, 403", { status: 403, body: xml("AccessDenied", "Request has expired") }],
    ["R2, 400", { status: 400, body: xml("ExpiredRequest", "Request has expired") }],
    ["S3, token, 400", { status: 400, body: xml("ExpiredToken", "The provided token has expired.") }]
  ]
  for (const [name, answer] of expired) {
    law(
      `says that the URL has expired: ${name}`,
      Effect.gen(function*() {
        const failure = yield* failureOf(answer)
        assert.deepInclude(failure, { status: answer.status, expired: true, retryAfter: null })
      })
    )
  }

  const final: ReadonlyArray<readonly [Answer, string]> = [
    [{ status: 403, body: xml("AccessDenied", "Access Denied") }, "AccessDenied: Access Denied"],
    [{ status: 403, body: xml("SignatureDoesNotMatch", "Check your key") }, "SignatureDoesNotMatch: Check your key"],
    [{ status: 403, body: "" }, "the storage refused"],
    [{ status: 404, body: xml("NoSuchUpload", "It does not exist") }, "NoSuchUpload: It does not exist"],
    [{ status: 411, body: xml("MissingContentLength", "Say it") }, "MissingContentLength: Say it"],
    [{ status: 400, body: xml("InvalidPart", "Expected 1 byte") }, "InvalidPart: Expected 1 byte"],
    [{ status: 501, body: xml("NotImplemented", "No") }, "NotImplemented: No"],
    [{ status: 400, body: "<html>a proxy's page</html>" }, "the storage refused"]
  ]
  for (const [answer, detail] of final) {
    law(
      `is final and told in the storage's words: ${answer.status} ${detail}`,
      Effect.gen(function*() {
        const failure = yield* failureOf(answer)
        assert.deepInclude(failure, { status: answer.status, expired: false, retryable: false, detail })
      })
    )
  }

  for (const status of [408, 429, 500, 502, 503, 504]) {
    law(
      `can be tried again: ${status}`,
      Effect.gen(function*() {
        const failure = yield* failureOf({ status, body: xml("SlowDown", "Reduce your request rate") })
        assert.deepInclude(failure, { status, retryable: true, expired: false, retryAfter: null })
        assert.strictEqual(failure.detail, "SlowDown: Reduce your request rate")
      })
    )
  }

  for (const status of [429, 503]) {
    law(
      `says when to come back: ${status}`,
      Effect.gen(function*() {
        yield* TestClock.setTime(Date.UTC(2026, 3, 12, 9, 30))
        const seconds = yield* failureOf({ status, headers: { "retry-after": "7" } })
        const date = yield* failureOf({ status, headers: { "retry-after": "Sun, 12 Apr 2026 09:31:00 GMT" } })
        assert.deepStrictEqual(seconds.retryAfter, Duration.seconds(7))
        assert.deepStrictEqual(date.retryAfter, Duration.seconds(60))
      })
    )
  }

  for (const status of [301, 302, 307, 308]) {
    law(
      `is not followed elsewhere: ${status}`,
      Effect.gen(function*() {
        const elsewhere = yield* serve(taking)
        const failure = yield* failureOf({ status, headers: { location: `${elsewhere.origin}/elsewhere` } })
        assert.deepInclude(failure, { status, retryable: false, expired: false })
        assert.strictEqual(elsewhere.connections(), 0)
      })
    )
  }
})
