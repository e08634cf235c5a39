/** `nunu upload FILE…` */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import type { BuildId } from "@nunu-effect/core/Build"
import type { UploadReceipt } from "@nunu-effect/upload/Upload"
import * as Upload from "@nunu-effect/upload/Upload"
import { InvalidRequest, UploadError } from "@nunu-effect/upload/UploadError"
import type { UploadEvent } from "@nunu-effect/upload/UploadEvent"
import type { UploadSource } from "@nunu-effect/upload/UploadSource"
import * as UploadSourceNode from "@nunu-effect/upload/UploadSourceNode"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { basename } from "node:path"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import type { CommandResult } from "../Output.ts"
import { Output } from "../Output.ts"
import type { Handles } from "../OutputSchema.ts"
import { nunu } from "../SharedFlags.ts"
import * as UploadView from "../UploadView.ts"
import { dryRunFlag } from "./RunFlags.ts"
import { checkUploadFlags, collectDetails, toUploadOptions, uploadFlags } from "./UploadFlags.ts"

export const upload = Command.make(
  "upload",
  {
    files: Argument.String("file").pipe(
      Argument.withDescription("Build to upload, or a pattern such as 'out/*.apk'"),
      Argument.atLeast(1)
    ),
    ...dryRunFlag,
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
      const files = yield* openAll(flags.files)
      const sources = Array.from(files.keys())
      const { projectId: _, ...options } = toUploadOptions(flags, undefined)
      const optionsOf = (source: UploadSource) =>
        sources.length > 1 && options.name !== undefined
          ? { ...options, name: `${options.name} - ${source.name}` }
          : options
      yield* Upload.checkAll(sources, optionsOf)
      return { sources, optionsOf, fileOf: (source: UploadSource) => files.get(source) ?? source.name }
    })
    const dryRun = Effect.map(check, ({ fileOf, sources }): CommandResult<"upload"> => {
      const files = sources.map((source) => ({ file: fileOf(source), size: source.size }))
      return {
        exitCode: ExitCode.ok,
        text: () => {
          const nameOf = namesIn(files)
          return files.map(({ file, size }) => `${nameOf(file)}: ${Format.bytes(size)}, ready to be uploaded`).join(
            "\n"
          )
        },
        fields: { dryRun: true, files }
      }
    })
    const uploadAll = Effect.scoped(Effect.gen(function*() {
      const { fileOf, optionsOf, sources } = yield* check
      const nameOf = namesIn(sources.map((source) => ({ file: fileOf(source) })))
      const projectId = yield* Connection.ProjectId
      const details = yield* collectDetails(flags)
      const show = yield* uploadViews(sources, (source) => nameOf(fileOf(source)))
      const uploads = new Map<UploadSource, BuildId>()
      const done: Array<UploadReceipt & { readonly file: string }> = []
      const results = yield* Upload.uploadAll(sources, {
        optionsOf: (source) => ({
          ...optionsOf(source),
          ...details,
          ...(projectId === undefined ? {} : { projectId }),
          onInterrupt: flags.onInterrupt,
          onEvent: (event) =>
            Effect.gen(function*() {
              if (event._tag === "Initiated" || event._tag === "Resumed") {
                uploads.set(source, event.buildId)
                yield* output.note(handlesOf(uploads, sources.length, fileOf))
              }
              if (event._tag !== "BytesSent") yield* output.event({ file: fileOf(source), ...event })
              yield* show(source, event)
            })
        }),
        onResult: ({ result, source }) =>
          Effect.suspend(() => {
            if (Result.isFailure(result)) return Effect.void
            done.push({ file: fileOf(source), ...result.success })
            return output.note({ builds: done })
          })
      })
      const builds = results.flatMap(({ result, source }) =>
        Result.isSuccess(result) ? [{ file: fileOf(source), ...result.success }] : []
      )
      const failures = results.flatMap(({ result, source }) =>
        Result.isFailure(result) ? [{ file: fileOf(source), error: result.failure }] : []
      )
      if (failures[0] !== undefined && sources.length === 1) return yield* failures[0].error
      return {
        exitCode: failures[0] === undefined ? ExitCode.ok : ExitCode.of(failures[0].error),
        text: () =>
          [
            ...builds.map((build) => `${nameOf(build.file)} → Build ID: ${Format.remote(build.buildId)}`),
            ...failures.map(({ error, file }) => `${nameOf(file)} failed: ${Format.remote(error.message)}`)
          ].join("\n"),
        fields: {
          builds,
          ...(failures.length === 0 ? {} : {
            failures: failures.map(({ error, file }) => ({ file, tag: error.reason._tag, message: error.message }))
          })
        }
      }
    }))
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
  Command.withExamples([
    { command: "nunu upload game.apk --tags nightly,main", description: "Upload a build with two tags" },
    { command: "nunu upload game.zip --platform windows --output json", description: "Read the build id from stdout" },
    { command: "nunu upload game.apk --emulator", description: "Try it without an account" }
  ])
)

const keptNowhere = new ConfigurationError({
  message: "Cannot keep an upload with --emulator: it ends with this command"
})

/** Shows each upload in a line of its own. */
const uploadViews = Effect.fnUntraced(function*(
  sources: ReadonlyArray<UploadSource>,
  nameOf: (source: UploadSource) => string
) {
  const views = new Map(
    yield* Effect.forEach(
      sources,
      (source) => Effect.map(UploadView.make(nameOf(source)), (view) => [source, view] as const)
    )
  )
  return (source: UploadSource, event: UploadEvent) => views.get(source)?.(event) ?? Effect.void
})

/** What is under way on the server: of one file its build, of several those of all. */
const handlesOf = (
  uploads: ReadonlyMap<UploadSource, BuildId>,
  files: number,
  fileOf: (source: UploadSource) => string
): Handles => {
  const all = Array.from(uploads, ([source, buildId]) => ({ file: fileOf(source), buildId }))
  return files === 1 && all[0] !== undefined ? { buildId: all[0].buildId } : { uploads: all }
}

/** What people are shown of a file: its name, and where another one has that too, the file as it was given. */
const namesIn = (all: ReadonlyArray<{ readonly file: string }>) => (file: string): string => {
  const isNamesake = all.filter((other) => basename(other.file) === basename(file)).length > 1
  return Format.remote(isNamesake ? file : basename(file))
}

/** Opens all files, each with how it was given; tells all that cannot be opened, not only the first. */
const openAll = Effect.fnUntraced(function*(files: ReadonlyArray<string>) {
  const named = (yield* Effect.forEach(files, filesOf)).flat()
  const [opened, failures] = yield* Effect.partition(
    named,
    (file) => Effect.map(UploadSourceNode.fromFile(file), (source) => [source, file] as const)
  )
  const [first, ...rest] = failures
  if (first === undefined) return new Map(opened)
  const faults = failures.map(({ message }) => message.replace(/^Cannot upload /, ""))
  return yield* new UploadError({ reason: rest.length === 0 ? first : new InvalidRequest({ faults }) })
})

/** The files of a pattern, for where no shell has looked for them; a name that is there is itself, whatever is in it. */
const filesOf = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  if (!/[*?[{]/.test(file) || (yield* Effect.orElseSucceed(fs.exists(file), () => true))) return [file]
  const found = yield* Effect.orElseSucceed(fs.glob(file), () => [])
  return found.length === 0 ? [file] : found.toSorted()
})
