import { assert, describe, it } from "@effect/vitest"
import { Emulator, type RequestLog } from "@nunu-effect/emulator"
import { Deferred, Effect, Exit, Fiber, FileSystem, Layer, Tracer } from "effect"
import * as PartTransportNode from "../src/PartTransportNode.ts"
import * as Upload from "../src/Upload.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import * as UploadNode from "../src/UploadNode.ts"
import * as UploadSource from "../src/UploadSource.ts"
import { bytesOf, gameOf, md5 } from "./support/Bytes.ts"
import { play } from "./support/Emulated.ts"
import { apiAt, canary, fileOf, onPorts } from "./support/OnPorts.ts"
import { answering, cuttingAt, nobody, serve } from "./support/RawStorage.ts"
import { transports } from "./support/Transports.ts"

const mebi = 1024 ** 2
const game = bytesOf(12 * mebi + 345)

const storageRequests = Effect.flatMap(
  Emulator.Emulator,
  ({ requests }) => Effect.map(requests, (all) => all.filter((request) => request.origin === "storage"))
)

const isDelete = ({ method }: RequestLog.LoggedRequest) => method === "DELETE"

describe.each(transports)("an upload over real connections with %s", (_, transport) => {
  for (const multipart of [true, false]) {
    it.live(`stores a file byte for byte ${multipart ? "in parts" : "in one PUT"}, and leaves nothing open`, () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        const source = yield* UploadSource.fromFile(yield* fileOf("game.apk", game))
        const receipt = yield* Upload.upload(source, { multipart, concurrency: 3 })
        assert.deepInclude(receipt, { size: game.length, parts: multipart ? 3 : 1, attempts: multipart ? 3 : 1 })
        assert.deepStrictEqual(yield* emulator.stored(receipt.buildId), { size: game.length, md5: md5(game) })
        assert.deepStrictEqual(yield* emulator.violations, [])
      }).pipe(Effect.provide(onPorts(transport, { partSize: 5 * mebi }))))
  }

  it.live("shows the key to the API alone, and no trace to anybody", () =>
    Effect.gen(function*() {
      const spans: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          const attribute = span.attribute.bind(span)
          span.attribute = (key, value) => {
            spans.push(`${span.name} ${key}=${value}`)
            attribute(key, value)
          }
          return span
        }
      })
      yield* Upload.upload(gameOf(bytesOf(3000)), { multipart: true }).pipe(
        Effect.withSpan("a span of the caller's"),
        Effect.withTracer(tracer)
      )
      const emulator = yield* Emulator.Emulator
      assert.deepStrictEqual(yield* emulator.violations, [])
      const requests = yield* emulator.requests
      const headers = requests.flatMap((request) =>
        Object.entries(request.headers).map(([name, value]) => `${request.origin} ${name}: ${value}`)
      )
      assert.isAbove(headers.length, 0)
      assert.deepStrictEqual(headers.filter((header) => /traceparent|b3|baggage/.test(header)), [])
      const withKey = new Set(headers.filter((header) => header.includes(canary)))
      assert.deepStrictEqual(Array.from(withKey), [`api x-api-key: ${canary}`])
      const [upload] = yield* emulator.uploads
      const secrets = [canary, upload?.uploadId ?? "none", "X-Amz-Signature"]
      assert.isAbove(spans.length, 0)
      assert.deepStrictEqual(spans.filter((text) => secrets.some((secret) => text.includes(secret))), [])
    }).pipe(Effect.provide(onPorts(transport, { partSize: 1000 }))))

  it.live("of a file that is truncated meanwhile fails, and is given up once", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fileOf("game.apk", game)
      const source = yield* UploadSource.fromFile(file)
      const onEvent = (event: UploadEvent) =>
        event._tag === "Initiated" ? Effect.orDie(fs.truncate(file, 7 * mebi)) : Effect.void
      const error = yield* Effect.flip(Upload.upload(source, { multipart: true, concurrency: 1, onEvent }))
      assert.strictEqual(error.reason._tag, "SourceChanged")
      assert.include(error.message, "its size, its modification time")
      const emulator = yield* Emulator.Emulator
      assert.strictEqual((yield* emulator.requests).filter(isDelete).length, 1)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(onPorts(transport, { partSize: 5 * mebi }))))

  it.live("that is interrupted in the middle of its parts sends one DELETE, and stores nothing after it", () =>
    Effect.gen(function*() {
      for (const at of [0, 1, 3, 7, 12]) {
        yield* Effect.gen(function*() {
          let count = 0
          const reached = yield* Deferred.make<void>()
          const onEvent = () => Effect.suspend(() => count++ === at ? Deferred.done(reached, Exit.void) : Effect.void)
          const options = { multipart: true, concurrency: 2, onEvent: () => Effect.asVoid(onEvent()) }
          const fiber = yield* Effect.forkChild(Upload.upload(gameOf(game), options))
          yield* Deferred.await(reached)
          yield* Fiber.interrupt(fiber)
          const emulator = yield* Emulator.Emulator
          const requests = yield* emulator.requests
          assert.strictEqual(requests.filter(isDelete).length, 1)
          // What was stopped before may arrive later, as it goes another way, but nothing is stored any more.
          const later = requests.slice(requests.findIndex(isDelete) + 1)
          assert.deepStrictEqual(later.filter(({ status }) => status === 200), [])
          assert.deepStrictEqual(yield* emulator.violations, [])
        }).pipe(Effect.provide(onPorts(transport, { partSize: mebi })))
      }
    }))
})

describe("an upload on Node", () => {
  it.live("needs one layer beside the API", () =>
    Effect.gen(function*() {
      const source = yield* UploadSource.fromFile(yield* fileOf("game.exe", bytesOf(1000)))
      const { buildId } = yield* Upload.upload(source)
      const emulator = yield* Emulator.Emulator
      assert.strictEqual((yield* emulator.stored(buildId))?.md5, md5(bytesOf(1000)))
      assert.strictEqual((yield* storageRequests)[0]?.headers["content-length"], "1000")
    }).pipe(Effect.provide(Layer.provideMerge(UploadNode.layer, onPorts(PartTransportNode.layer)))))
})

describe("a reservation over a real connection", () => {
  const upload = Upload.upload(gameOf(bytesOf(1000)))
  const posts = (lines: ReadonlyArray<{ readonly method: string; readonly path: string }>) =>
    lines.map(({ method, path }) => `${method} ${path}`)

  it.effect.each(
    [
      [
        "a 500",
        answering({ status: 500, body: "{\"error\":\"Oops\"}", headers: { "content-type": "application/json" } })
      ],
      ["a page of a proxy's", answering({ status: 502, body: "<html>Bad gateway</html>" })],
      ["a cut connection", cuttingAt(1)]
    ] as const
  )("reaches the server exactly once, though it got %s", ([_, handler]) =>
    Effect.gen(function*() {
      const { origin, received } = yield* serve(handler)
      const error = yield* Effect.flip(play(Effect.provide(upload, apiAt(origin))))
      assert.strictEqual(error._tag === "UploadError" ? error.reason._tag : error._tag, "InitiateFailed")
      assert.include(error.message, "Storage may stay reserved until the upload's timeout")
      assert.deepStrictEqual(posts(received), ["POST /api/v1/builds/upload"])
    }).pipe(Effect.provide(PartTransportNode.layer)))

  it.effect("is tried five times where nobody listens", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(play(Effect.provide(upload, apiAt(yield* nobody))))
      assert(error._tag === "UploadError" && error.reason._tag === "InitiateFailed")
      assert.strictEqual(error.reason.error.sent, "never")
      assert.notInclude(error.message, "may stay reserved")
    }).pipe(Effect.provide(PartTransportNode.layer)))
})
