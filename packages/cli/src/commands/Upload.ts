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
      const sources = yield* openAll(flags.files)
      const { projectId: _, ...options } = toUploadOptions(flags, undefined)
      const optionsOf = (source: UploadSource) =>
        sources.length > 1 && options.name !== undefined
          ? { ...options, name: `${options.name} - ${source.name}` }
          : options
      yield* Upload.checkAll(sources, optionsOf)
      return { sources, optionsOf }
    })
    const dryRun = Effect.map(check, ({ sources }): CommandResult<"upload"> => ({
      exitCode: ExitCode.ok,
      text: () =>
        sources.map(({ name, size }) => `${Format.remote(name)}: ${Format.bytes(size)}, ready to be uploaded`).join(
          "\n"
        ),
      fields: { dryRun: true, files: sources.map(({ name, size }) => ({ file: name, size })) }
    }))
    const uploadAll = Effect.scoped(Effect.gen(function*() {
      const { optionsOf, sources } = yield* check
      const projectId = yield* Connection.ProjectId
      const details = yield* collectDetails(flags)
      const show = yield* uploadViews(sources)
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
                yield* output.note(handlesOf(uploads, sources.length))
              }
              if (event._tag !== "BytesSent") yield* output.event({ file: source.name, ...event })
              yield* show(source, event)
            })
        }),
        onResult: ({ result, source }) =>
          Effect.suspend(() => {
            if (Result.isFailure(result)) return Effect.void
            done.push({ file: source.name, ...result.success })
            return output.note({ builds: done })
          })
      })
      const builds = results.flatMap(({ result, source }) =>
        Result.isSuccess(result) ? [{ file: source.name, ...result.success }] : []
      )
      const failures = results.flatMap(({ result, source }) =>
        Result.isFailure(result) ? [{ file: source.name, error: result.failure }] : []
      )
      if (failures[0] !== undefined && sources.length === 1) return yield* failures[0].error
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
const uploadViews = Effect.fnUntraced(function*(sources: ReadonlyArray<UploadSource>) {
  const views = new Map(
    yield* Effect.forEach(
      sources,
      (source) => Effect.map(UploadView.make(source.name), (view) => [source, view] as const)
    )
  )
  return (source: UploadSource, event: UploadEvent) => views.get(source)?.(event) ?? Effect.void
})

/** What is under way on the server: of one file its build, of several those of all. */
const handlesOf = (uploads: ReadonlyMap<UploadSource, BuildId>, files: number): Handles => {
  const all = Array.from(uploads, ([source, buildId]) => ({ file: source.name, buildId }))
  return files === 1 && all[0] !== undefined ? { buildId: all[0].buildId } : { uploads: all }
}

/** Opens all files; tells all that cannot be opened, not only the first. */
const openAll = Effect.fnUntraced(function*(files: ReadonlyArray<string>) {
  const named = (yield* Effect.forEach(files, filesOf)).flat()
  const [sources, failures] = yield* Effect.partition(named, UploadSourceNode.fromFile)
  const [first, ...rest] = failures
  if (first === undefined) return sources
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
