/** What the commands that judge print of a pipeline's result, and the exit code that it makes. */
import type { PipelineResult } from "@nunu-effect/pipelines/PipelineResult"
import { jobsOf } from "@nunu-effect/pipelines/PipelineResult"
import * as Effect from "effect/Effect"
import type { Judging } from "./commands/JudgeFlags.ts"
import * as ExitCode from "./ExitCode.ts"
import type { Reported } from "./Reports.ts"
import * as Reports from "./Reports.ts"
import { resultText } from "./ResultText.ts"
import type { Style } from "./Screen.ts"

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

/** A report that is missing makes a pass a failure, as somebody counts on it, and changes no other verdict. */
const exitCodeOf = ({ verdict }: PipelineResult, reports: ReadonlyArray<Reported>): number =>
  verdict._tag === "Failed"
    ? ExitCode.gateFailed
    : verdict._tag === "Passed" && reports.every(({ error }) => error === null)
    ? ExitCode.ok
    : ExitCode.infrastructure
