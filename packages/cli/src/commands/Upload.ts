/** `nunu upload FILE…` */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Upload from "@nunu-effect/upload/Upload"
import { InvalidRequest, UploadError } from "@nunu-effect/upload/UploadError"
import type { UploadSource } from "@nunu-effect/upload/UploadSource"
import * as UploadSourceNode from "@nunu-effect/upload/UploadSourceNode"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
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
    onInterrupt: Flag.Literals("on-interrupt", ["abort", "keep"]).pipe(
      Flag.withDescription("What becomes of an upload that is interrupted: given up, or kept for the next run"),
      Flag.withDefault("abort" as const)
    ),
    ...uploadFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const check = Effect.gen(function*() {
      yield* checkUploadFlags(flags)
      if (shared.emulator && flags.onInterrupt === "keep") return yield* keptNowhere
      const sources = yield* openAll(flags.files)
      const { projectId: _, ...options } = toUploadOptions(flags, undefined)
      const optionsOf = (source: UploadSource) =>
        sources.length > 1 && options.name !== undefined
          ? { ...options, name: `${options.name} - ${source.name}` }
          : options
      yield* Upload.checkAll(sources, optionsOf)
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
      const failures: Array<{ readonly file: string; readonly error: UploadError }> = []
      for (const source of sources) {
        const result = yield* Effect.result(uploadOne(source, {
          ...optionsOf(source),
          ...details,
          ...(projectId === undefined ? {} : { projectId }),
          onInterrupt: flags.onInterrupt
        }))
        if (Result.isSuccess(result)) builds.push({ file: source.name, ...result.success })
        else if (sources.length === 1) return yield* result.failure
        else failures.push({ file: source.name, error: result.failure })
        yield* output.note({ builds })
      }
      return {
        exitCode: failures[0] === undefined ? ExitCode.ok : ExitCode.of(failures[0].error),
        text: () =>
          [
            ...builds.map((build) => `${Format.remote(build.file)} → Build ID: ${Format.remote(build.buildId)}`),
            ...failures.map(({ error, file }) => `${Format.remote(file)} failed: ${Format.remote(error.message)}`)
          ].join("\n"),
        fields: {
          builds,
          ...(failures.length === 0 ? {} : {
            failures: failures.map(({ error, file }) => ({ file, tag: error.reason._tag, message: error.message }))
          })
        }
      }
    })
    yield* flags.dryRun
      ? output.run("upload", shared.output, dryRun)
      : output.run(
        "upload",
        shared.output,
        Effect.provide(uploadAll, Connection.layer({ ...shared, stateDir: flags.stateDir }))
      )
  })
).pipe(
  Command.withDescription(
    "Upload builds. Ctrl-C cancels: nothing stays reserved on the server.\n\n" +
      "An upload in parts that failed, or whose process was killed, is gone on with by the same command."
  ),
  Command.withShortDescription("Upload builds"),
  Command.withExamples([
    { command: "nunu upload game.apk --tags nightly,main", description: "Upload a build with two tags" },
    { command: "nunu upload game.zip --platform windows --output json", description: "Read the build id from stdout" },
    { command: "nunu upload game.apk --emulator", description: "Try it without an account" }
  ])
)

const keptNowhere = new ConfigurationError({
  message: "Cannot keep an upload with --emulator: it ends with this command"
})

/** Uploads one file and shows how it goes. */
const uploadOne = (source: UploadSource, options: Upload.UploadOptions) =>
  Effect.scoped(Effect.gen(function*() {
    const output = yield* Output
    const show = yield* UploadView.make(source.name)
    return yield* Upload.upload(source, {
      ...options,
      onEvent: (event) =>
        Effect.gen(function*() {
          if (event._tag === "Initiated" || event._tag === "Resumed") yield* output.note({ buildId: event.buildId })
          if (event._tag !== "BytesSent") yield* output.event({ file: source.name, ...event })
          yield* show(event)
        })
    })
  }))

/** Opens all files; tells all that cannot be opened, not only the first. */
const openAll = Effect.fnUntraced(function*(files: ReadonlyArray<string>) {
  const [sources, failures] = yield* Effect.partition(files, UploadSourceNode.fromFile)
  const [first, ...rest] = failures
  if (first === undefined) return sources
  const faults = failures.map(({ message }) => message.replace(/^Cannot upload /, ""))
  return yield* new UploadError({ reason: rest.length === 0 ? first : new InvalidRequest({ faults }) })
})
