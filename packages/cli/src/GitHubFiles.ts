/** What GitHub Actions reads from a step: files that it names in the environment, and commands in the log. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import type { PipelineResult } from "@nunu-effect/pipelines/PipelineResult"
import * as GitHub from "@nunu-effect/pipelines/report/GitHub"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { Screen } from "./Screen.ts"

export interface GitHubFiles {
  /** `GITHUB_OUTPUT` */
  readonly output: string
  /** `GITHUB_STEP_SUMMARY` */
  readonly summary: string
}

/** Finds the files; they are there in every step of a workflow. */
export const load: Effect.Effect<GitHubFiles, ConfigurationError> = Effect.gen(function*() {
  const output = yield* variable("GITHUB_OUTPUT")
  const summary = yield* variable("GITHUB_STEP_SUMMARY")
  if (output !== null && summary !== null) return { output, summary }
  return yield* new ConfigurationError({
    message: "Cannot use --github here: GITHUB_OUTPUT and GITHUB_STEP_SUMMARY are set in steps of GitHub Actions only"
  })
})

/** Adds outputs and summary to the files, and annotates on stderr, as stdout is for the result. */
export const write = Effect.fnUntraced(function*(
  { output, summary }: GitHubFiles,
  result: PipelineResult
): Effect.fn.Return<void, PlatformError, FileSystem.FileSystem | Screen> {
  const fs = yield* FileSystem.FileSystem
  const screen = yield* Screen
  const report = GitHub.render(result)
  for (const line of report.annotations.split("\n")) if (line !== "") yield* screen.print(line)
  yield* fs.writeFileString(output, report.outputs, { flag: "a" })
  yield* fs.writeFileString(summary, report.summary, { flag: "a" })
})

const variable = (name: string): Effect.Effect<string | null> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.map(Option.getOrNull),
    Effect.orElseSucceed(() => null)
  )
