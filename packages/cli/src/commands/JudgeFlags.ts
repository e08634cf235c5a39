/** The flags that say what fails a release, which bugs are known, and where it is reported. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Baseline from "@nunu-effect/pipelines/Baseline"
import * as Gate from "@nunu-effect/pipelines/Gate"
import * as Report from "@nunu-effect/pipelines/Report"
import * as Flag from "effect/cli/Flag"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { resolve } from "node:path"
import * as GitHubFiles from "../GitHubFiles.ts"
import type { RunFlagValues } from "./RunFlags.ts"
import { toStartRequest } from "./RunFlags.ts"
import type { WaitFlagValues } from "./WaitFlags.ts"
import { toTimeout } from "./WaitFlags.ts"

export const judgeFlags = {
  failOn: Flag.String("fail-on").pipe(
    Flag.withMetavar("SEVERITY[:CONFIDENCE]"),
    Flag.withDescription("Bugs from here on fail the gate, such as high or medium:high (default: high); repeatable"),
    Flag.between(0, 16)
  ),
  gate: Flag.String("gate").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Gate file, in place of --fail-on: thresholds by severity, confidence and category"),
    Flag.optional
  ),
  baseline: Flag.String("baseline").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Known bugs that do not fail the gate; see nunu baseline update"),
    Flag.optional
  ),
  report: Flag.String("report").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write a report: .html .json .md .xml (JUnit) or .sarif; repeatable"),
    Flag.between(0, 16)
  ),
  github: Flag.Boolean("github").pipe(
    Flag.withDescription("In GitHub Actions: set outputs, write the step summary, annotate"),
    Flag.withDefault(false)
  )
}

export interface JudgeFlagValues {
  readonly failOn: ReadonlyArray<string>
  readonly gate: Option.Option<string>
  readonly baseline: Option.Option<string>
  readonly report: ReadonlyArray<string>
  readonly github: boolean
}

/** What a result is measured against, and where it is reported. */
export interface Judging {
  readonly gate: Gate.Gate
  readonly baseline: Baseline.Baseline | undefined
  readonly reports: ReadonlyArray<{ readonly file: string; readonly format: Report.Format }>
  readonly github: GitHubFiles.GitHubFiles | null
}

/** Makes the request of a run, and what it is waited for and judged by; tells the faults of all at once. */
export const toRequestAndJudging: (
  flags: RunFlagValues & WaitFlagValues & JudgeFlagValues,
  emulator: boolean
) => Effect.Effect<
  {
    readonly request: Omit<StartRunRequest, "buildId">
    readonly judging: Judging
    readonly timeout: Duration.Duration
  },
  ConfigurationError,
  FileSystem.FileSystem
> = Effect.fnUntraced(function*(flags, emulator) {
  const request = yield* Effect.result(toStartRequest(flags, emulator))
  const rest = yield* Effect.result(toTimeoutAndJudging(flags))
  if (Result.isSuccess(request) && Result.isSuccess(rest)) return { request: request.success, ...rest.success }
  return yield* together([request, rest])
})

/** Reads how long is waited, and what by the result is judged; tells the faults of both at once. */
export const toTimeoutAndJudging: (
  flags: WaitFlagValues & JudgeFlagValues
) => Effect.Effect<
  { readonly judging: Judging; readonly timeout: Duration.Duration },
  ConfigurationError,
  FileSystem.FileSystem
> = Effect.fnUntraced(function*(flags) {
  const timeout = toTimeout(flags)
  const judging = yield* Effect.result(toJudging(flags))
  if (Result.isSuccess(timeout) && Result.isSuccess(judging)) {
    return { timeout: timeout.success, judging: judging.success }
  }
  return yield* together([timeout, judging])
})

/** Reads the files and the words; tells all that is wrong with them. */
export const toJudging = Effect.fnUntraced(function*(
  flags: JudgeFlagValues
): Effect.fn.Return<Judging, ConfigurationError, FileSystem.FileSystem> {
  const gate = yield* Effect.result(gateOf(flags))
  const baseline = yield* Effect.result(
    Option.match(flags.baseline, { onNone: () => Effect.undefined, onSome: readBaseline })
  )
  const reports = toReports(flags)
  const github = yield* Effect.result(flags.github ? GitHubFiles.load : Effect.succeed(null))
  if (
    Result.isSuccess(gate) && Result.isSuccess(baseline) && Result.isSuccess(reports) && Result.isSuccess(github)
  ) {
    return { gate: gate.success, baseline: baseline.success, reports: reports.success, github: github.success }
  }
  return yield* together([gate, baseline, reports, github])
})

/** Reads thresholds such as `high` and `medium:high`; tells all that are none. */
export const toGate = (texts: ReadonlyArray<string>): Result.Result<Gate.Gate, ConfigurationError> => {
  const thresholds = texts.map((text) => ({ text, threshold: toThreshold(text) }))
  const wrong = thresholds.filter(({ threshold }) => threshold === null).map(({ text }) => text)
  return wrong.length > 0
    ? Result.fail(
      new ConfigurationError({
        message: `Cannot use --fail-on ${wrong.join(", ")}: give low, medium, high or critical, ` +
          "and after a colon the least confidence: low, medium or high"
      })
    )
    : Result.succeed(
      texts.length === 0
        ? Gate.defaultGate
        : { failOn: thresholds.flatMap(({ threshold }) => threshold === null ? [] : [threshold]) }
    )
}

/** Reads a baseline as a flag names it. */
export const readBaseline = (file: string): Effect.Effect<
  Baseline.Baseline,
  ConfigurationError,
  FileSystem.FileSystem
> => Effect.mapError(Baseline.read(file), ({ message }) => new ConfigurationError({ message }))

const gateOf = (
  { failOn, gate }: JudgeFlagValues
): Effect.Effect<Gate.Gate, ConfigurationError, FileSystem.FileSystem> => {
  if (Option.isNone(gate)) return Effect.fromResult(toGate(failOn))
  return failOn.length > 0
    ? new ConfigurationError({ message: "Cannot use --gate with --fail-on: the file says what fails" })
    : Effect.mapError(Gate.read(gate.value), ({ message }) => new ConfigurationError({ message }))
}

const toReports = (
  { baseline, gate, report: files }: JudgeFlagValues
): Result.Result<Judging["reports"], ConfigurationError> => {
  const reports = files.map((file) => ({ file, format: Report.formatOf(file) }))
  const wrong = reports.filter(({ format }) => format === null).map(({ file }) => `"${file}"`)
  const twice = files.filter((file, index) => files.indexOf(file) < index).map((file) => `"${file}"`)
  const inputs = new Set([gate, baseline].filter(Option.isSome).map(({ value }) => resolve(value)))
  const read = files.filter((file) => inputs.has(resolve(file))).map((file) => `"${file}"`)
  const faults = [
    ...(wrong.length === 0
      ? []
      : [`${wrong.join(", ")} must end in ${Report.formats.map((format) => `.${format}`).join(" ")}`]),
    ...(twice.length === 0 ? [] : [`${twice.join(", ")} is given twice`]),
    ...(read.length === 0 ? [] : [`${read.join(", ")} is the file of --gate or --baseline`])
  ]
  return faults.length > 0
    ? Result.fail(new ConfigurationError({ message: `Cannot use --report: ${faults.join("; ")}` }))
    : Result.succeed(reports.flatMap(({ file, format }) => format === null ? [] : [{ file, format }]))
}

const toThreshold = (text: string): Gate.Threshold | null => {
  const [severity, confidence, ...rest] = text.split(":")
  return rest.length > 0
    ? null
    : Option.getOrNull(decodeThreshold({ severity, ...(confidence === undefined ? {} : { confidence }) }))
}

const decodeThreshold = Schema.decodeUnknownOption(Gate.Threshold)

/** One error of several, each in its own sentence. */
export const together = (results: ReadonlyArray<Result.Result<unknown, ConfigurationError>>): ConfigurationError =>
  new ConfigurationError({
    message: results.flatMap((result) => Result.isFailure(result) ? [result.failure.message] : []).join(". ")
  })
