/** Writes the reports of a result. One that cannot be written is told, and hides neither the others nor the verdict. */
import type { Nunu } from "@nunu-effect/core/Nunu"
import { collectPictures } from "@nunu-effect/pipelines/Pictures"
import type { PipelineResult } from "@nunu-effect/pipelines/PipelineResult"
import * as Report from "@nunu-effect/pipelines/Report"
import * as WholeFile from "@nunu-effect/pipelines/WholeFile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type { Judging } from "./commands/JudgeFlags.ts"
import * as Format from "./Format.ts"
import * as GitHubFiles from "./GitHubFiles.ts"
import { Screen } from "./Screen.ts"

/** What became of a report; `error` is null when it was written. */
export interface Reported {
  /** The file, or `github`. */
  readonly report: string
  readonly error: string | null
}

type Targets = Pick<Judging, "reports" | "github">

/** Takes away what an earlier release has left there: should this one end without a verdict, nobody may read an old one. */
export const removeOld = Effect.fnUntraced(function*({ reports }: Targets) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.forEach(reports, ({ file }) => Effect.ignore(fs.remove(file)), { discard: true })
})

/** Writes all reports. */
export const write = Effect.fnUntraced(function*(
  { github, reports }: Targets,
  result: PipelineResult
): Effect.fn.Return<ReadonlyArray<Reported>, never, FileSystem.FileSystem | Path.Path | Screen | Nunu> {
  const screen = yield* Screen
  const pictures = reports.some(({ format }) => format === "html") ? yield* collectPictures(result) : new Map()
  const told = <R>(report: string, writing: Effect.Effect<void, { readonly message: string }, R>) =>
    Effect.match(writing, {
      onSuccess: (): Reported => ({ report, error: null }),
      onFailure: ({ message }): Reported => ({ report, error: message })
    })
  const reported = yield* Effect.forEach(
    reports,
    ({ file, format }) =>
      told(file, Effect.suspend(() => WholeFile.write(file, Report.render(result, format, { pictures }))))
  )
  const all = github === null ? reported : [...reported, yield* told("github", GitHubFiles.write(github, result))]
  for (const { error } of all) {
    if (error !== null) yield* screen.print(`${screen.style("red", "error")} ${Format.remote(error)}`)
  }
  return all
})
