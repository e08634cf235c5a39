/** `nunu upload FILE…` */
import * as Upload from "@nunu-effect/upload/Upload"
import { InvalidRequest, UploadError } from "@nunu-effect/upload/UploadError"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import type { CommandResult } from "../Output.ts"
import { Output } from "../Output.ts"
import { nunu } from "../SharedFlags.ts"
import * as UploadView from "../UploadView.ts"
import { checkUploadFlags, collectDetails, toUploadOptions, uploadFlags } from "./UploadFlags.ts"

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
    const check = Effect.gen(function*() {
      yield* checkUploadFlags(flags)
      const sources = yield* openAll(flags.files)
      const { projectId: _, ...options } = toUploadOptions(flags, undefined)
      const optionsOf = (source: UploadSource.UploadSource) =>
        sources.length > 1 && options.name !== undefined
          ? { ...options, name: `${options.name} - ${source.name}` }
          : options
      yield* Effect.forEach(sources, (source) => Upload.check(source, optionsOf(source)))
      return { sources, optionsOf }
    })
    const dryRun = Effect.map(check, ({ sources }): CommandResult => ({
      exitCode: ExitCode.ok,
      text: () =>
        sources.map(({ name, size }) => `${Format.remote(name)}: ${Format.bytes(size)}, ready to be uploaded`).join(
          "\n"
        ),
      fields: { dryRun: true, files: sources.map(({ name, size }) => ({ file: name, size })) }
    }))
    const uploadAll = Effect.gen(function*() {
      const { optionsOf, sources } = yield* check
      const projectId = yield* Connection.ProjectId
      const details = yield* collectDetails(flags)
      const builds: Array<Upload.UploadReceipt & { readonly file: string }> = []
      for (const source of sources) {
        const receipt = yield* uploadOne(source, {
          ...optionsOf(source),
          ...details,
          ...(projectId === undefined ? {} : { projectId })
        })
        builds.push({ file: source.name, ...receipt })
        yield* output.note({ builds })
      }
      return {
        exitCode: ExitCode.ok,
        text: () =>
          builds.map((build) => `${Format.remote(build.file)} → Build ID: ${Format.remote(build.buildId)}`).join("\n"),
        fields: { builds }
      }
    })
    yield* flags.dryRun
      ? output.run("upload", shared.output, dryRun)
      : output.run("upload", shared.output, Effect.provide(uploadAll, Connection.layer(shared)))
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

/** Uploads one file and shows how it goes. */
const uploadOne = (source: UploadSource.UploadSource, options: Upload.UploadOptions) =>
  Effect.scoped(Effect.gen(function*() {
    const output = yield* Output
    const show = yield* UploadView.make(source.name)
    return yield* Upload.upload(source, {
      ...options,
      onEvent: (event) =>
        Effect.gen(function*() {
          if (event._tag === "Initiated") yield* output.note({ buildId: event.buildId })
          if (event._tag !== "BytesSent") yield* output.event({ file: source.name, ...event })
          yield* show(event)
        })
    })
  }))

/** Opens all files; tells all that cannot be opened, not only the first. */
const openAll = Effect.fnUntraced(function*(files: ReadonlyArray<string>) {
  const [sources, failures] = yield* Effect.partition(files, UploadSource.fromFile)
  const [first, ...rest] = failures
  if (first === undefined) return sources
  const faults = failures.map(({ message }) => message.replace(/^Cannot upload /, ""))
  return yield* new UploadError({ reason: rest.length === 0 ? first : new InvalidRequest({ faults }) })
})
