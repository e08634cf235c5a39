/** `nunu baseline update`: writes down the bugs that are known, for a person to review. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import { Nunu } from "@nunu-effect/core/Nunu"
import { RunId } from "@nunu-effect/core/Run"
import * as Baseline from "@nunu-effect/pipelines/Baseline"
import { collectBugs } from "@nunu-effect/pipelines/CollectBugs"
import { cameToItsEnd } from "@nunu-effect/pipelines/Look"
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import { ReportView } from "@nunu-effect/pipelines/report/ReportView"
import * as WholeFile from "@nunu-effect/pipelines/WholeFile"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import { Output } from "../Output.ts"
import type { Style } from "../Screen.ts"
import { nunu } from "../SharedFlags.ts"
import { readBaseline } from "./JudgeFlags.ts"

const update = Command.make(
  "update",
  {
    runs: Argument.String("run").pipe(
      Argument.withSchema(RunId),
      Argument.withDescription("Ids of runs whose bugs are known from now on"),
      Argument.variadic()
    ),
    report: Flag.String("report").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("JSON report whose bugs are known from now on, which asks for no key; repeatable"),
      Flag.between(0, 100)
    ),
    baseline: Flag.String("baseline").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The file; made when it is not there"),
      Flag.withDefault("nunu.baseline.json")
    ),
    owner: Flag.String("owner").pipe(Flag.withDescription("Who answers for the new entries"), Flag.optional),
    reason: Flag.String("reason").pipe(Flag.withDescription("Why they are accepted"), Flag.optional),
    until: Flag.String("until").pipe(
      Flag.withMetavar("DAY"),
      Flag.withDescription("Their last day, such as 2026-12-31 (default: in 30 days)"),
      Flag.optional
    ),
    prune: Flag.Boolean("prune").pipe(
      Flag.withDescription("Take out what is fixed; without this it is only told"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.gen(function*() {
      const before = yield* checked(flags)
      const found = [
        ...(yield* Effect.forEach(flags.report, readReport)),
        ...(flags.runs.length === 0
          ? []
          : yield* Effect.provide(Effect.forEach(flags.runs, readRun), Connection.layer(shared)))
      ]
      const conclusive = found.every((one) => one.conclusive)
      const at = yield* DateTime.now
      const updated = Baseline.update(before, {
        seen: found.flatMap(({ seen }) => seen),
        owner: Option.getOrElse(flags.owner, () => ""),
        reason: Option.getOrElse(flags.reason, () => ""),
        until: Option.getOrElse(flags.until, () => DateTime.formatIsoDateUtc(DateTime.add(at, { days: 30 }))),
        at,
        prune: flags.prune && conclusive
      })
      if (updated.added.length > 0 && (isMissing(flags.owner) || isMissing(flags.reason))) {
        const names = updated.added.slice(0, 5).map(({ bugId, title }) => `${bugId} (${title ?? "no title"})`)
        return yield* new ConfigurationError({
          message: `Cannot accept ${updated.added.length} new ${updated.added.length === 1 ? "bug" : "bugs"} ` +
            `without somebody who answers for it: give --owner and --reason; new: ${names.join(", ")}` +
            (updated.added.length > names.length ? " and more" : "")
        })
      }
      yield* Effect.mapError(
        WholeFile.write(flags.baseline, Baseline.print(updated.baseline)),
        ({ message }) => new ConfigurationError({ message })
      )
      return {
        exitCode: ExitCode.ok,
        text: (style: Style) => textOf(updated, { file: flags.baseline, conclusive, prune: flags.prune }, style),
        fields: {
          baseline: flags.baseline,
          bugs: updated.baseline.bugs.length,
          added: updated.added,
          expired: updated.expired,
          fixed: conclusive ? updated.fixed : [],
          notSeen: conclusive ? [] : updated.fixed
        }
      }
    })
    yield* output.run("baseline update", shared.output, Effect.scoped(program))
  })
).pipe(
  Command.withDescription(
    "Accept the bugs of runs or of JSON reports: they do not fail a release until their last day.\n\n" +
      "What is in the file stays as it is, with its owner, reason and day. Told are the bugs that are added, those that\n" +
      "are expired and count again, and those that are fixed."
  ),
  Command.withShortDescription("Accept bugs that are known"),
  Command.withExamples([
    {
      command: "nunu baseline update --report report.json --owner mara --reason \"Waits for the new driver\"",
      description: "Accept what a release has found"
    },
    {
      command: "nunu baseline update 8f3a2b1c9d0 --prune --baseline qa/nunu.baseline.json",
      description: "Take out what a run does not see any more"
    }
  ])
)

export const baseline = Command.make("baseline").pipe(
  Command.withDescription("Keep the list of known bugs that do not fail a release."),
  Command.withExamples([
    { command: "nunu baseline update --report report.json --owner mara --reason TEXT", description: "Accept bugs" }
  ]),
  Command.withSubcommands([update])
)

/** Bugs that were seen, and whether not seeing one there means that it is fixed. */
interface Found {
  readonly seen: ReadonlyArray<Baseline.SeenBug>
  readonly conclusive: boolean
}

/** Reads the file, and tells all that is wrong with the flags. */
const checked = Effect.fnUntraced(function*(flags: {
  readonly baseline: string
  readonly report: ReadonlyArray<string>
  readonly runs: ReadonlyArray<RunId>
  readonly until: Option.Option<string>
}) {
  const fs = yield* FileSystem.FileSystem
  const faults = [
    ...(flags.runs.length + flags.report.length > 0 ? [] : ["give runs, or --report"]),
    ...(Option.exists(flags.until, (day) => !Schema.is(Baseline.Day)(day))
      ? ["--until must be a day such as 2026-12-31"]
      : [])
  ]
  if (faults.length > 0) {
    return yield* new ConfigurationError({ message: `Cannot update a baseline: ${faults.join("; ")}` })
  }
  const exists = yield* Effect.orElseSucceed(fs.exists(flags.baseline), () => true)
  return exists ? yield* readBaseline(flags.baseline) : Baseline.empty
})

const readReport = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (why: string) => new ConfigurationError({ message: `Cannot use "${file}" as a JSON report: ${why}` })
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    (error) => refuse(error.reason._tag === "NotFound" ? "there is no such file" : LedgerFailed.wordsOf(error))
  )
  const { bugs, conclusive = false } = yield* Effect.mapError(decodeReport(text), ({ message }) => refuse(message))
  return {
    seen: bugs.flatMap(({ bugId, title }) => bugId === null ? [] : [{ bugId, title }]),
    conclusive
  } satisfies Found
})

const readRun = Effect.fnUntraced(function*(runId: RunId) {
  const run = yield* (yield* Nunu).runs.get(runId)
  const { bugs, settled } = yield* Effect.mapError(collectBugs(run), (reason) => new PipelineError({ reason }))
  return {
    seen: bugs.flatMap(({ bugId, title }) =>
      bugId === null ? [] : [{ bugId, title: Format.fit(Format.remote(title), 300) }]
    ),
    conclusive: settled && cameToItsEnd(run)
  } satisfies Found
})

const decodeReport = Schema.decodeEffect(Schema.fromJsonString(ReportView))

const isMissing = (text: Option.Option<string>): boolean => Option.getOrElse(text, () => "").trim() === ""

const textOf = (
  { added, baseline, expired, fixed }: Baseline.Updated,
  { conclusive, file, prune }: { readonly file: string; readonly conclusive: boolean; readonly prune: boolean },
  style: Style
): string => {
  const lines = (word: string, bugs: ReadonlyArray<Baseline.KnownBug>) =>
    bugs.map(({ bugId, owner, title, until }) =>
      `  ${word.padEnd(9)}  ${Format.remote(bugId)}  ${Format.remote(title ?? "")} ` +
      style("dim", `(${Format.remote(owner)}, until ${until})`)
    )
  const many = baseline.bugs.length
  return [
    `${file}: ${many} known ${many === 1 ? "bug" : "bugs"}`,
    ...lines("added", added),
    ...lines("expired", expired),
    ...lines(conclusive ? prune ? "taken out" : "fixed" : "not seen", fixed),
    ...(prune && !conclusive && fixed.length > 0
      ? ["Nothing is taken out: not every run was played to its end, so what was not seen may be there still"]
      : [])
  ].join("\n")
}
