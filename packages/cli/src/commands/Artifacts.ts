/** `nunu artifacts RUN`: the recordings, screenshots and logs of a run, listed or fetched. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { BadRequest } from "@nunu-effect/core/ApiError"
import type { DownloadError } from "@nunu-effect/core/ArtifactDownload"
import { nameFault } from "@nunu-effect/core/ArtifactFile"
import { Nunu } from "@nunu-effect/core/Nunu"
import { RunId } from "@nunu-effect/core/Run"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import { Screen } from "../Screen.ts"

export const artifacts = Command.make(
  "artifacts",
  {
    run: Argument.String("run").pipe(Argument.withSchema(RunId), Argument.withDescription("Id of a run")),
    to: Flag.String("to").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Fetch the files into this directory, a folder for each player; made where it is missing"),
      Flag.optional
    )
  },
  ({ run: runId, to }) =>
    Connection.run(
      "artifacts",
      Effect.gen(function*() {
        const files = yield* listOf(runId)
        if (Option.isNone(to)) {
          return {
            exitCode: ExitCode.ok,
            text: () => files.length === 0 ? "no files" : Format.table([header, ...files.map(rowOf)]),
            fields: { runId, files: files.map(toFields) }
          }
        }
        const screen = yield* Screen
        const fetched = yield* Effect.forEach(files, (file) =>
          fetch(file, to.value).pipe(
            Effect.tap(({ path }) => screen.print(`${Format.remote(path)}, ${Format.bytes(file.size ?? 0)}`)),
            Effect.match({
              onSuccess: ({ path }) => ({ ...toFields(file), path }),
              onFailure: (error) => ({ ...toFields(file), error })
            })
          ), { concurrency: 4 })
        const failed = fetched.flatMap((file) => "error" in file ? [file] : [])
        for (const { error, filename } of failed) {
          yield* screen.print(`${screen.style("red", "error")} ${Format.remote(`${filename}: ${wordsOf(error)}`)}`)
        }
        return {
          exitCode: failed[0] === undefined ? ExitCode.ok : ExitCode.of(failed[0].error),
          text: () => `${fetched.length - failed.length} of ${fetched.length} files are in ${to.value}`,
          fields: {
            runId,
            files: fetched.map((file) => "error" in file ? { ...file, error: wordsOf(file.error) } : file)
          }
        }
      })
    )
).pipe(
  Command.withDescription(
    "List the files that a run left behind, or fetch them. A file that is there with its full size is not fetched again."
  ),
  Command.withExamples([
    { command: "nunu artifacts 8f3a2b1c9d0", description: "List the files of a run" },
    { command: "nunu artifacts 8f3a2b1c9d0 --to recordings", description: "Fetch them" }
  ])
)

interface RunFile {
  /** The API's own number; where it tells none, its place from 1. */
  readonly player: number
  readonly compositeRunId: string
  readonly filename: string
  /** Bytes. */
  readonly size: number | null
}

const listOf = Effect.fnUntraced(function*(runId: RunId): Effect.fn.Return<ReadonlyArray<RunFile>, ApiError, Nunu> {
  const nunu = yield* Nunu
  const run = yield* nunu.runs.get(runId)
  const perPlayer = yield* Effect.forEach(
    run.players,
    (player, index) =>
      Effect.map(nunu.artifacts.list(player.id), ({ artifacts }) =>
        artifacts.map(({ filename, size }): RunFile => ({
          player: player.playerNumber ?? index + 1,
          compositeRunId: player.id,
          filename,
          size
        }))),
    { concurrency: 4 }
  )
  return perPlayer.flat()
})

/** Fetches a file under another name first, so that a file that is there is whole. */
const fetch = Effect.fnUntraced(function*(
  file: RunFile,
  directory: string
): Effect.fn.Return<
  { readonly path: string },
  DownloadError | PlatformError,
  Nunu | FileSystem.FileSystem | Path.Path
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const nunu = yield* Nunu
  const fault = nameFault(file.filename)
  if (fault !== null) {
    return yield* new BadRequest({ ...beforeAnyRequest, error: `the file name cannot be used: ${fault}` })
  }
  const target = path.join(directory, `player-${file.player}`, ...file.filename.split(/[/\\]/))
  const there = yield* Effect.option(fs.stat(target))
  if (Option.isSome(there) && Number(there.value.size) === file.size) return { path: target }
  yield* fs.makeDirectory(path.dirname(target), { recursive: true })
  const { bytes } = yield* nunu.artifacts.download(file, file.size === null ? {} : { size: file.size })
  const partial = `${target}.part`
  yield* Stream.run(bytes, fs.sink(partial)).pipe(Effect.onError(() => Effect.ignore(fs.remove(partial))))
  yield* fs.rename(partial, target)
  return { path: target }
})

const wordsOf = (error: DownloadError | PlatformError): string =>
  error._tag === "PlatformError" ? LedgerFailed.wordsOf(error) : error.message

const beforeAnyRequest = { operation: "write artifact", attempts: 0, sent: "never" } as const

const header = ["PLAYER", "SIZE", "FILE"]

const rowOf = ({ filename, player, size }: RunFile): ReadonlyArray<string> => [
  String(player),
  size === null ? "-" : Format.bytes(size),
  Format.remote(filename)
]

const toFields = ({ filename, player, size }: RunFile) => ({ player, filename, size })
