/** `nunu upload FILE…` */
import * as Upload from "@nunu-effect/upload/Upload"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import { Output } from "../Output.ts"
import { nunu } from "../SharedFlags.ts"
import * as UploadView from "../UploadView.ts"
import { toUploadOptions, uploadFlags } from "./UploadFlags.ts"

export const upload = Command.make(
  "upload",
  {
    files: Argument.String("file").pipe(Argument.withDescription("Build to upload"), Argument.atLeast(1)),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Check everything and send nothing"),
      Flag.withDefault(false)
    ),
    ...uploadFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.gen(function*() {
      const sources = yield* Effect.forEach(flags.files, UploadSource.fromFile).pipe(
        Effect.mapError((reason) => new UploadError({ reason }))
      )
      const options = toUploadOptions(flags, yield* Connection.ProjectId)
      const named = (source: UploadSource.UploadSource) =>
        sources.length > 1 && options.name !== undefined
          ? { ...options, name: `${options.name} - ${source.name}` }
          : options
      yield* Effect.forEach(sources, (source) => Upload.check(source, named(source)))
      if (flags.dryRun) {
        return {
          exitCode: ExitCode.ok,
          text: () =>
            sources.map((source) => `${source.name}: ${Format.bytes(source.size)}, ready to be uploaded`).join("\n"),
          fields: { dryRun: true, files: sources.map(({ name, size }) => ({ file: name, size })) }
        }
      }
      const builds = yield* Effect.forEach(sources, (source) =>
        Effect.scoped(Effect.gen(function*() {
          const show = yield* UploadView.make(source.name)
          const receipt = yield* Upload.upload(source, {
            ...named(source),
            onEvent: (event) =>
              Effect.gen(function*() {
                if (event._tag === "Initiated") yield* output.note({ buildId: event.buildId })
                if (event._tag !== "BytesSent") yield* output.event({ file: source.name, ...event })
                yield* show(event)
              })
          })
          return { file: source.name, ...receipt }
        })))
      return {
        exitCode: ExitCode.ok,
        text: () => builds.map((build) => `${build.file} → Build ID: ${Format.remote(build.buildId)}`).join("\n"),
        fields: { builds }
      }
    })
    yield* output.run("upload", shared.output, Effect.provide(program, Connection.layer(shared)))
  })
).pipe(
  Command.withDescription("Upload builds. Ctrl-C cancels: nothing stays reserved on the server."),
  Command.withShortDescription("Upload builds"),
  Command.withExamples([
    { command: "nunu upload game.apk --tags nightly,main", description: "Upload a build with two tags" },
    { command: "nunu upload game.zip --platform windows --output json", description: "Read the build id from stdout" },
    { command: "nunu upload game.apk --emulator", description: "Try it without an account" }
  ])
)
