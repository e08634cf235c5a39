/** What GitHub Actions reads from a step: files that it names in the environment, and commands in the log. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import type { PipelineResult } from "@nunu-effect/pipelines/PipelineResult"
import * as GitHub from "@nunu-effect/pipelines/report/GitHub"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import { Screen } from "./Screen.ts"
import type { SettingsFlags } from "./Settings.ts"
import * as Settings from "./Settings.ts"

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
): Effect.fn.Return<void, ConfigurationError, FileSystem.FileSystem | Screen> {
  const fs = yield* FileSystem.FileSystem
  const screen = yield* Screen
  const report = GitHub.render(result)
  for (const line of report.annotations.split("\n")) if (line !== "") yield* screen.print(line)
  const append = (name: string, file: string, text: string) =>
    Effect.mapError(
      fs.writeFileString(file, text, { flag: "a" }),
      (error) => new ConfigurationError({ message: `Cannot write ${name}: ${LedgerFailed.wordsOf(error)}` })
    )
  yield* append("GITHUB_OUTPUT", output, report.outputs)
  yield* append("GITHUB_STEP_SUMMARY", summary, report.summary)
})

/**
 * Tells the runner to replace secrets by stars, in this log and in those of later steps: the API key, which may come from
 * elsewhere than the workflow's own secrets, and the texts of template data. Elsewhere than on a runner it says nothing,
 * as nobody would take the line out of the log.
 */
export const mask = Effect.fnUntraced(function*(
  settings: SettingsFlags & { readonly emulator: boolean },
  templateData: Readonly<Record<string, unknown>> = {}
): Effect.fn.Return<void, ConfigurationError, FileSystem.FileSystem | Path.Path | Screen> {
  if ((yield* variable("GITHUB_ACTIONS")) !== "true") return
  const screen = yield* Screen
  const key = settings.emulator ? [] : [Redacted.value((yield* Settings.load(settings)).apiKey)]
  const lines = [...key, ...textsIn(templateData)].flatMap((text) => text.split(/\r?\n/)).filter((line) =>
    line.trim() !== ""
  )
  for (const line of new Set(lines)) {
    yield* screen.print(`::add-mask::${line.replace(/%/g, "%25").replace(/\r/g, "%0D")}`)
  }
})

/** Words of less than four characters, such as a number of lives, would be starred all over the log. */
const textsIn = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string"
    ? value.length < 4 ? [] : [value]
    : typeof value === "object" && value !== null
    ? Object.values(value).flatMap(textsIn)
    : []

const variable = (name: string): Effect.Effect<string | null> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.map(Option.getOrNull),
    Effect.orElseSucceed(() => null)
  )
