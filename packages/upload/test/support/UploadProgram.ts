/**
 * A program that uploads a file in parts, one after the other, with a ledger; a test may kill it. Its arguments are the
 * file, the API's base URL and the state directory; it says what happens, an event a line.
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { Effect, Layer, Redacted } from "effect"
import * as Upload from "../../src/Upload.ts"
import * as UploadNode from "../../src/UploadNode.ts"
import * as UploadSource from "../../src/UploadSource.ts"

const [file = "", baseUrl = "", stateDirectory] = process.argv.slice(2)
const apiKey = Redacted.make(process.env["NUNU_API_TOKEN"] ?? "")

const program = Effect.gen(function*() {
  const source = yield* UploadSource.fromFile(file)
  yield* Upload.upload(source, {
    multipart: true,
    concurrency: 1,
    onEvent: (event) =>
      Effect.sync(() => event._tag !== "BytesSent" && process.stdout.write(`${JSON.stringify(event)}\n`))
  })
})

await program.pipe(
  Effect.provide([
    Layer.provide(Nunu.layer({ apiKey, baseUrl }), NodeHttpClient.layerUndici),
    UploadNode.layer,
    UploadNode.layerLedger(stateDirectory)
  ]),
  Effect.runPromise
)
