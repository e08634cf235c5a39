/** A part and a storage that goes wrong once, over real connections: in the end it has the bytes, and what it took is told. */
import { assert } from "@effect/vitest"
import { Clock, Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { blockSize } from "../src/PartTransport.ts"
import { sendPart } from "../src/SendPart.ts"
import { PartFailed } from "../src/UploadError.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import { bytesOf, gameOf, md5 } from "./support/Bytes.ts"
import { answering, cuttingAt, type Handler, refusingEarly, serve, xml } from "./support/RawStorage.ts"
import { onBoth } from "./support/Transports.ts"

const bytes = bytesOf(2 * blockSize + 17)
const part = { partNumber: 2, offset: 1000, size: blockSize + 5 }
const content = bytes.subarray(part.offset, part.offset + part.size)

const taking: Handler = ({ received, request, response }) => {
  request.on("end", () => response.writeHead(200, { etag: `"${md5(received.body())}"` }).end())
}

const silent: Handler = () => {}

const changing: Handler = ({ received, request, response }) => {
  request.on("end", () => {
    const body = received.body()
    body[5] = 255
    response.writeHead(200, { etag: `"${md5(body)}"` }).end()
  })
}

/** Sends the part to a storage that meets each PUT with the next handler, and at last takes it. */
const send = Effect.fnUntraced(function*(...faults: ReadonlyArray<Handler>) {
  const storage = yield* serve((exchange) => (faults[exchange.before] ?? taking)(exchange))
  const events: Array<UploadEvent> = []
  const begun: Array<number> = []
  const source = gameOf(bytes)
  let asked = 0
  let waiting = false
  let left = part.size
  const fiber = yield* sendPart({
    source,
    reader: yield* source.open,
    part,
    url: () => Effect.sync(() => Redacted.make(`${Redacted.value(storage.url)}&url=${++asked}`)),
    replaceable: true,
    emit: (event) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        events.push(event)
        waiting = event._tag === "PartRetried" || (waiting && event._tag !== "PartStarted")
        left = event._tag === "PartStarted" ? part.size : event._tag === "BytesSent" ? left - event.bytes : left
        if (event._tag === "PartStarted") begun.push(now)
      })
  }).pipe(Effect.result, Effect.forkChild)
  while (fiber.pollUnsafe() === undefined) {
    yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
    // While bytes move, time does hardly: a busy machine must not look like a connection that stands still.
    yield* TestClock.adjust(waiting ? "10 seconds" : left === 0 ? "1 second" : "100 millis")
  }
  const result = yield* Fiber.join(fiber)
  const retried = events.filter((event) => event._tag === "PartRetried")
  const sentBytes = events.reduce((sum, event) => sum + (event._tag === "BytesSent" ? event.bytes : 0), 0)
  return {
    result,
    why: retried.map((event) => event.why),
    /** Milliseconds that were waited before each repeat. */
    waits: retried.map((event) => event.waitMillis),
    /** Milliseconds from the beginning of an attempt to that of the next. */
    pauses: begun.slice(1).map((time, index) => time - (begun[index] ?? NaN)),
    /** What the events say has gone and was not taken back. */
    net: sentBytes - retried.reduce((sum, event) => sum + event.bytes, 0),
    urls: storage.received.map(({ path }) => /url=(\d+)/.exec(path)?.[1]),
    last: storage.received.at(-1)?.body() ?? Buffer.alloc(0)
  }
})

type Sent = Effect.Success<ReturnType<typeof send>>

/** The second attempt, with a fresh URL, was the last; its bytes are stored, and no others are counted. */
const assertStored = ({ last, net, result, urls }: Sent) => {
  assert(result._tag === "Success", String(result))
  assert.deepStrictEqual(result.success, { partNumber: 2, etag: md5(content), md5: md5(content), attempts: 2 })
  assert.isTrue(last.equals(content))
  assert.strictEqual(net, content.length)
  assert.strictEqual(urls.at(-1), "2")
}

const assertWaited = ([wait = NaN]: ReadonlyArray<number>) => assert.isTrue(wait >= 500 && wait <= 1000, String(wait))

onBoth("a storage that", (law) => {
  for (const at of [0, 1, part.size - 1]) {
    law(
      `cuts the connection at byte ${at} gets the part again after a second`,
      Effect.gen(function*() {
        const sent = yield* send(cuttingAt(at))
        assertStored(sent)
        assertWaited(sent.waits)
        assert.match(sent.why[0] ?? "", /^the connection failed: /)
      })
    )
  }

  law(
    "stays silent is given up, and gets the part again",
    Effect.gen(function*() {
      const sent = yield* send(silent)
      assertStored(sent)
      assert.deepStrictEqual(sent.why, ["the connection failed: no answer for 60 s after the last byte"])
      assert.isAtLeast(sent.pauses[0] ?? NaN, 60_500)
    })
  )

  law(
    "refuses in the middle of the body as the URL has expired, and closes, gets the part with a fresh one",
    Effect.gen(function*() {
      const expired = { status: 403, body: xml("AccessDenied", "Request has expired"), next: "close" as const }
      assertStored(yield* send(refusingEarly(expired)))
    })
  )

  law(
    "gives the MD5 of other bytes gets the part again",
    Effect.gen(function*() {
      const sent = yield* send(answering({ status: 200, headers: { etag: `"${md5(bytes)}"` } }))
      assertStored(sent)
      assertWaited(sent.waits)
      assert.include(sent.why[0], "other bytes")
    })
  )

  law(
    "has changed a byte gets the part again",
    Effect.gen(function*() {
      assertStored(yield* send(changing))
    })
  )

  law(
    "gives no ETag gets the part again",
    Effect.gen(function*() {
      const sent = yield* send(answering({ status: 200 }))
      assertStored(sent)
      assertWaited(sent.waits)
    })
  )

  for (
    const key of [{ "x-amz-server-side-encryption": "aws:kms" }, {
      "x-amz-server-side-encryption-customer-algorithm": "AES256"
    }]
  ) {
    law(
      `encrypts with somebody's own key is believed: its ETag is no MD5, ${JSON.stringify(key)}`,
      Effect.gen(function*() {
        const { result } = yield* send(answering({ status: 200, headers: { etag: md5(bytes), ...key } }))
        assert(result._tag === "Success")
        assert.deepInclude(result.success, { etag: md5(bytes), md5: md5(content), attempts: 1 })
      })
    )
  }

  const expiries = [
    ["S3", 403, xml("AccessDenied", "Request has expired")],
    ["R2", 400, xml("ExpiredRequest", "Request has expired")],
    ["S3 with a session", 400, xml("ExpiredToken", "The provided token has expired.")]
  ] as const
  for (const [who, status, body] of expiries) {
    law(
      `says that the URL has expired gets the part at once with a fresh one: ${who}`,
      Effect.gen(function*() {
        const sent = yield* send(answering({ status, body }))
        assertStored(sent)
        assert.deepStrictEqual(sent.waits, [0])
      })
    )
  }

  for (const status of [429, 503]) {
    law(
      `asks for time with ${status} gets it, in seconds and as a date`,
      Effect.gen(function*() {
        const inSeconds = yield* send(answering({ status, headers: { "retry-after": "7" } }))
        assertStored(inSeconds)
        assert.deepStrictEqual(inSeconds.waits, [7000])
        yield* TestClock.setTime(Date.UTC(2026, 3, 12, 9, 30))
        const date = "Sun, 12 Apr 2026 09:31:00 GMT"
        const asDate = yield* send(answering({ status, headers: { "retry-after": date } }))
        assertStored(asDate)
        assert.isTrue((asDate.waits[0] ?? NaN) > 50_000 && (asDate.waits[0] ?? NaN) <= 60_000, String(asDate.waits))
      })
    )
  }

  for (const status of [408, 500, 502, 504]) {
    law(
      `stores the part and then answers ${status} gets it once more, and has it once`,
      Effect.gen(function*() {
        const sent = yield* send(answering({ status, body: xml("InternalError", "We failed") }))
        assertStored(sent)
        assertWaited(sent.waits)
      })
    )
  }

  for (const status of [400, 403, 404, 411, 412]) {
    law(
      `refuses with ${status} is not asked again`,
      Effect.gen(function*() {
        const { result, urls } = yield* send(answering({ status, body: xml("Refused", "No") }))
        assert(result._tag === "Failure" && result.failure instanceof PartFailed)
        assert.deepInclude({ ...result.failure }, { attempts: 1, status, detail: "Refused: No" })
        assert.strictEqual(urls.length, 1)
      })
    )
  }
})
