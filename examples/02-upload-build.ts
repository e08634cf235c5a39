/** Uploads a file as a build: `node examples/02-upload-build.ts [FILE]`. Ctrl-C cancels, and nothing stays reserved. */
import { NodeRuntime } from "@effect/platform-node"
import { Upload, UploadSource } from "@nunu-effect/upload"
import { Console, Effect } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.fn("example")(function*(file: string | undefined) {
  const source = file === undefined
    ? UploadSource.fromBytes("example.apk", new Uint8Array(20_000_000))
    : yield* UploadSource.fromFile(file)
  const receipt = yield* Upload.upload(source, {
    name: "Nightly build",
    tags: ["nightly", "main"],
    multipart: true,
    onEvent: (event) => event._tag === "PartCompleted" ? Console.log(`part ${event.partNumber} is stored`) : Effect.void
  })
  yield* Console.log(`${source.name} is build ${receipt.buildId}`)
  return receipt
})

if (import.meta.main) example(process.argv[2]).pipe(Effect.provide(Live), NodeRuntime.runMain)
