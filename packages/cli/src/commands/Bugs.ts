/** `nunu bugs RUN`: what a run has found. */
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { Nunu } from "@nunu-effect/core/Nunu"
import { RunId } from "@nunu-effect/core/Run"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"

export const bugs = Command.make(
  "bugs",
  { run: Argument.String("run").pipe(Argument.withSchema(RunId), Argument.withDescription("Id of a run")) },
  ({ run }) =>
    Connection.run(
      "bugs",
      Effect.gen(function*() {
        const { data } = yield* (yield* Nunu).runs.bugs(run)
        const sorted = data.toSorted((a, b) => rank(a) - rank(b))
        return {
          exitCode: ExitCode.ok,
          text: () => sorted.length === 0 ? "no bugs" : Format.table([header, ...sorted.map(rowOf)]),
          fields: { runId: run, bugs: sorted }
        }
      })
    )
).pipe(
  Command.withDescription("List the bugs that a run has found so far, the worst first."),
  Command.withExamples([
    { command: "nunu bugs 8f3a2b1c9d0", description: "The bugs of a run" },
    { command: "nunu bugs 8f3a2b1c9d0 -o json", description: "With descriptions and steps, for a program" }
  ])
)

const header = ["SEVERITY", "CONFIDENCE", "CATEGORY", "BUG", "TITLE"]

const rowOf = (bug: BugOccurrence): ReadonlyArray<string> =>
  [bug.severity ?? "-", bug.confidence ?? "-", bug.category ?? "-", bug.bugId ?? bug.id, bug.title].map(Format.remote)

/** Words that are not known may mean anything: they come first. */
const rank = (bug: BugOccurrence): number => ["critical", "high", "medium", "low"].indexOf(bug.severity ?? "")
