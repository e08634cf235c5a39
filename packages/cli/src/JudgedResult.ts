/** What the commands that judge print of a pipeline's result, and the exit code that it makes. */
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { PipelineResult } from "@nunu-effect/pipelines/PipelineResult"
import { jobsOf } from "@nunu-effect/pipelines/PipelineResult"
import * as Effect from "effect/Effect"
import type { Judging } from "./commands/JudgeFlags.ts"
import * as ExitCode from "./ExitCode.ts"
import * as GitHubFiles from "./GitHubFiles.ts"
import type { Reported } from "./Reports.ts"
import * as Reports from "./Reports.ts"
import { resultText } from "./ResultText.ts"
import type { Style } from "./Screen.ts"
import type { SettingsFlags } from "./Settings.ts"

/** Does what has to be done before anything is started: old reports go, and secrets are masked. */
export const begin = Effect.fnUntraced(function*(
  judging: Judging,
  settings: SettingsFlags & { readonly emulator: boolean },
  request: Pick<StartRunRequest, "templateData"> = {}
) {
  if (judging.github !== null) yield* GitHubFiles.mask(settings, request.templateData)
  yield* Reports.removeOld(judging)
})

/** Writes the reports, and gives what is printed. */
export const report = Effect.fnUntraced(function*(judging: Judging, result: PipelineResult) {
  const reports = yield* Reports.write(judging, result)
  return {
    exitCode: exitCodeOf(result, reports),
    text: (style: Style) => resultText(result, reports, style),
    fields: {
      verdict: result.verdict,
      buildId: result.build?.buildId ?? null,
      receipt: result.build?.receipt ?? null,
      tag: result.trials[0]?.started?.tag ?? null,
      jobs: jobsOf(result),
      reports
    }
  }
})

/** Gives what writes the reports of a program that has failed without a verdict: what is known, with the error. */
export const undecided = (judging: Judging) =>
  Effect.map(
    Effect.context<Effect.Services<ReturnType<typeof Reports.write>>>(),
    (context) => (result: PipelineResult) =>
      Effect.asVoid(Effect.provideContext(Reports.write(judging, result), context))
  )

/** A report that is missing makes a pass a failure, as somebody counts on it, and changes no other verdict. */
const exitCodeOf = ({ verdict }: PipelineResult, reports: ReadonlyArray<Reported>): number =>
  verdict._tag === "Failed"
    ? ExitCode.gateFailed
    : verdict._tag === "Passed" && reports.every(({ error }) => error === null)
    ? ExitCode.ok
    : ExitCode.infrastructure
