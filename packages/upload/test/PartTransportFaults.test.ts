import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { blockSize } from "../src/PartTransport.ts"
import { connectionFailed } from "../src/StorageAnswer.ts"
import { SourceError } from "../src/UploadSource.ts"
import { bytesOf } from "./support/Bytes.ts"
import {
  answering,
  cuttingAt,
  nobody,
  refusingEarly,
  secrets,
  serve,
  taking,
  urlAt,
  xml
} from "./support/RawStorage.ts"
import { bodyOf, onBoth, put, putFailing } from "./support/Transports.ts"

/** More than a system buffers, so that a body is still on its way when something happens. */
const large = bytesOf(24 * blockSize)

onBoth("a connection that breaks", (law, transport) => {
  for (const at of [0, 1, blockSize, 10 * blockSize]) {
    law(
      `after ${at} bytes can be tried again`,
      Effect.gen(function*() {
        const { url } = yield* serve(cuttingAt(at))
        const failure = yield* putFailing(url, large)
        assert.deepInclude(failure, { status: null, retryable: true, expired: false, retryAfter: null })
        assert.match(failure.detail, /^the connection failed: /)
      })
    )
  }

  law(
    "in the middle of the answer can be tried again",
    Effect.gen(function*() {
      const { url } = yield* serve(({ request, response }) => {
        request.on("end", () => {
          response.writeHead(200, { etag: "\"e\"", "content-length": 1000 })
          response.write("<xml>", () => request.socket.destroy())
        })
      })
      assert.deepInclude(yield* putFailing(url, bytesOf(1000)), { status: null, retryable: true })
    })
  )

  law(
    "is no connection at all where nobody listens",
    Effect.gen(function*() {
      const failure = yield* putFailing(urlAt(yield* nobody), large)
      assert.deepInclude(failure, { status: null, retryable: true, expired: false })
      assert.include(failure.detail, "ECONNREFUSED")
    })
  )

  law(
    "is never made, nor tried again, where the API gave no URL of http",
    Effect.gen(function*() {
      for (const text of ["", "nowhere", "ftp://127.0.0.1/canary", "file:///etc/canary"]) {
        const failure = yield* putFailing(Redacted.make(text), bytesOf(10))
        assert.deepInclude(failure, { status: null, retryable: false, expired: false })
        assert.strictEqual(failure.detail, "the API gave something that is not a URL of http or https")
      }
    })
  )

  law(
    "is never made in plain text where the URL says https",
    Effect.gen(function*() {
      const { origin, received } = yield* serve(taking)
      const failure = yield* putFailing(urlAt(origin.replace("http:", "https:")), large)
      assert.deepInclude(failure, { status: null, retryable: true })
      assert.strictEqual(received.length, 0)
    })
  )

  law(
    "tells neither the signature nor the query of the URL",
    Effect.gen(function*() {
      const cut = yield* serve(cuttingAt(1))
      const html = yield* serve(({ request, response }) => {
        request.socket.end("this is no HTTP\r\n\r\n")
        response.destroy()
      })
      const refused = yield* serve(answering({ status: 403, body: xml("AccessDenied", "Access Denied") }))
      const urls = [cut.url, html.url, refused.url, urlAt(yield* nobody)]
      const failures = yield* Effect.forEach(urls, (url) => putFailing(url, large))
      const texts = failures.flatMap((
        failure
      ) => [failure.detail, String(failure), JSON.stringify(failure), failure.stack])
      for (const secret of secrets) {
        assert.deepStrictEqual(texts.filter((text) => text?.includes(secret)), [])
      }
    })
  )

  law(
    "is closed when a PUT is interrupted that is never answered",
    Effect.gen(function*() {
      const { gone, reached, url } = yield* serve(() => {})
      const fiber = yield* Effect.forkChild(put(url, bodyOf(large).body))
      yield* reached
      yield* Fiber.interrupt(fiber)
      yield* gone
    })
  )

  law(
    "is closed when a PUT is interrupted that the storage does not even read",
    Effect.gen(function*() {
      let resume = () => {}
      const { gone, reached, received, url } = yield* serve(({ request }) => {
        request.pause()
        resume = () => request.resume()
      })
      const fiber = yield* Effect.forkChild(put(url, bodyOf(large).body))
      yield* reached
      yield* Fiber.interrupt(fiber)
      resume() // who does not read does not see that a connection is closed
      yield* gone
      assert.isBelow(received[0]?.body().length ?? 0, large.length)
    })
  )

  law(
    "does not spoil the next PUT",
    Effect.gen(function*() {
      const { received, url } = yield* serve((exchange) => (exchange.before === 0 ? cuttingAt(5) : taking)(exchange))
      yield* putFailing(url, large)
      assert.strictEqual(yield* put(url, bodyOf(large).body), "\"an-etag\"")
      assert.isTrue(received[1]?.body().equals(large))
    })
  )

  const refusal = { status: 403, body: xml("AccessDenied", "Access Denied") }
  for (const next of ["stop", "stay", "read", "close"] as const) {
    law(
      `after a refusal in the middle of the body ends the PUT, if the storage then does this: ${next}`,
      Effect.gen(function*() {
        const { url } = yield* serve(refusingEarly({ ...refusal, next }))
        const { body, sent } = bodyOf(large)
        const failure = yield* Effect.flip(put(url, body))
        assert(failure._tag === "PutFailed")
        // A connection that was reset may have lost the refusal: then the part is worth another try.
        if (failure.status === null) {
          assert.isTrue(failure.retryable)
        } else {
          assert.deepInclude(failure, { status: 403, retryable: false, detail: "AccessDenied: Access Denied" })
        }
        if (transport === "PartTransportNode.layer" && next !== "close") {
          assert.strictEqual(failure.status, 403, "the refusal is read")
          if (next !== "read") assert.isBelow(sent(), large.length)
        }
      })
    )
  }
})

it("a client's own words about a connection lose the URL", () => {
  const words = `fetch of ${Redacted.value(urlAt("https://storage.example"))} failed`
  const failure = connectionFailed(new Error(words, { cause: { code: "ECONNRESET" } }))
  assert.strictEqual(failure.detail, "the connection failed: ECONNRESET fetch of <url> failed")
})

onBoth("a source that fails", (law) => {
  for (const end of [0, 100, 3 * blockSize]) {
    law(
      `at byte ${end} fails the PUT and closes its connection`,
      Effect.gen(function*() {
        const { gone, received, url } = yield* serve(taking)
        const { body } = bodyOf(large, (buffer, position) =>
          position >= end
            ? Effect.fail(new SourceError({ kind: "unreadable", message: `ended at ${position}` }))
            : Effect.succeed(Math.min(buffer.length, end - position)))
        const error = yield* Effect.flip(put(url, body))
        assert.strictEqual(error._tag, "SourceError")
        assert.strictEqual((error as SourceError).message, `ended at ${end}`)
        if (received.length > 0) yield* gone
      })
    )
  }
})
