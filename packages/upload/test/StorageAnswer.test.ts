import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect } from "effect"
import * as Upload from "../src/Upload.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import { bytesOf, gameOf } from "./support/Bytes.ts"
import { emulated, play, refuse } from "./support/Emulated.ts"
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
