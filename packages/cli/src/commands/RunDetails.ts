/** `nunu run-details ID`: one run, with its players and their steps. */
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Player, Run, Step } from "@nunu-effect/core/Run"
import { RunId } from "@nunu-effect/core/Run"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import type { Style } from "../Screen.ts"

export const runDetails = Command.make(
  "run-details",
  { run: Argument.String("run").pipe(Argument.withSchema(RunId), Argument.withDescription("Id of a run")) },
  ({ run: runId }) =>
    Connection.run(
      "run-details",
      Effect.gen(function*() {
        const run = yield* (yield* Nunu).runs.get(runId)
        return { exitCode: ExitCode.ok, text: (style: Style) => textOf(run, style), fields: { run } }
      })
    )
).pipe(
  Command.withDescription("Show a run: its result, and what every player did, step by step."),
  Command.withExamples([{ command: "nunu run-details 8f3a2b1c9d0", description: "The steps of a run" }])
)

const textOf = (run: Run, style: Style): string =>
  [
    Format.table([
      ["run", style("bold", Format.remote(run.runId))],
      ["test", Format.remote(run.test?.name ?? "-")],
      ["state", Format.remote(run.state.toLowerCase())],
      ["result", Format.remote(run.result ?? "-")],
      ["build", Format.remote(run.build?.id ?? "-")],
      ["job", Format.remote(run.jobId ?? "-")],
      ["bugs", String(run.bugInfo?.bugCount ?? "-")],
      ["started", `${Format.time(run.startedAt)} UTC`],
      ["ended", run.completedAt === null ? "-" : `${Format.time(run.completedAt)} UTC`],
      ["tags", run.tags.map(Format.remote).join(", ") || "-"]
    ]),
    ...run.players.map((player, index) => playerText(player, index, style))
  ].join("\n\n")

const playerText = (player: Player, index: number, style: Style): string =>
  [
    style("bold", `player ${player.playerNumber ?? index + 1}`) +
    `  ${Format.remote(player.result ?? player.state?.toLowerCase() ?? "-")}`,
    ...(player.steps.length === 0 ? [] : [Format.table(player.steps.map(stepRow))]),
    ...player.artifacts.map(({ filename, size }) =>
      `  file  ${Format.remote(filename)}${size === null ? "" : `, ${Format.bytes(size)}`}`
    )
  ].join("\n")

const stepRow = (step: Step): ReadonlyArray<string> =>
  [
    `  ${step.stepNumber}`,
    (step.result ?? step.state ?? "-").toLowerCase(),
    step.durationMs === null ? "-" : Format.seconds(step.durationMs / 1000),
    String(step.test?.["goal"] ?? step.report ?? "")
  ].map((cell, column) => column === 0 ? cell : Format.remote(cell))
