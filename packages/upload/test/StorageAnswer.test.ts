import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect, Layer } from "effect"
import * as Upload from "../src/Upload.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import * as UploadLedger from "../src/UploadLedger.ts"
import { bytesOf, gameOf } from "./support/Bytes.ts"
import { emulated, play, refuse, Wire } from "./support/Emulated.ts"
import { xml } from "./support/RawStorage.ts"

describe("a storage that repeats the presigned URL in its words", () => {
  for (const encode of [(value: string) => value, encodeURIComponent]) {
    it.effect(`tells no secret by an event or an error (${encode === encodeURIComponent ? "encoded" : "plain"})`, () => {
      const signatures: Array<string> = []
      return Effect.gen(function*() {
        const events: Array<UploadEvent> = []
        const onEvent = (event: UploadEvent) => Effect.sync(() => void events.push(event))
        const error = yield* Effect.flip(play(Upload.upload(gameOf(bytesOf(2500)), { multipart: true, onEvent })))
        const [upload] = yield* (yield* Emulator.Emulator).uploads
        const told = `${JSON.stringify(events)} ${error.message} ${JSON.stringify(error)}`
        assert.include(told, "Refused: Got <redacted>")
        assert.isAbove(signatures.length, 0)
        for (const secret of [upload?.uploadId ?? "", ...signatures]) assert.notInclude(told, secret)
      }).pipe(Effect.provide(emulated({
        partSize: 1000,
        spoil: (passing) => {
          if (!passing.line.startsWith("PUT")) return undefined
          const { "X-Amz-Signature": signature = "", uploadId = "" } = passing.query
          signatures.push(signature)
          const words = `Got ${[uploadId, signature, passing.request.url].map(encode).join(" ")}`
          return refuse(passing, passing.before === 0 ? 500 : 403, xml("Refused", words.slice(0, 500)))
        }
      })))
    })
  }
})

describe("a storage that says with 400 what others say with 408, RequestTimeout,", () => {
  const timeout = (times: number) =>
    Layer.merge(
      emulated({
        partSize: 1000,
        spoil: (passing) =>
          passing.line === "PUT 2" && passing.before < times
            ? refuse(passing, 400, xml("RequestTimeout", "Your socket connection was not written to in time"))
            : undefined
      }),
      UploadLedger.layerMemory
    )
  const upload = play(Upload.upload(gameOf(bytesOf(2500)), { multipart: true }))

  it.effect("gets the part again", () =>
    Effect.map(upload, ({ attempts }) => assert.strictEqual(attempts, 4)).pipe(Effect.provide(timeout(1))))

  it.effect("and keeps saying it, leaves an upload that can be gone on with", () =>
    Effect.gen(function*() {
      const { reason } = yield* Effect.flip(upload)
      assert(reason._tag === "PartFailed")
      assert.deepInclude({ ...reason }, { attempts: 5, status: 400 })
      assert.deepStrictEqual((yield* Wire).deletes, [])
    }).pipe(Effect.provide(timeout(99))))
})
