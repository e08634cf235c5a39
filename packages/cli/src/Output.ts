/**
 * What programs read: stdout. Commands return values; this prints them as text, as one JSON object, or as events and
 * then that object. The object is always printed, also after a failure, a timeout or a signal, then with the handles
 * that were known.
 */
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as ExitCode from "./ExitCode.ts"
import * as Format from "./Format.ts"
import type { OutputEvent } from "./OutputEvent.ts"
import type { Command, Fields, Handles } from "./OutputSchema.ts"
import type { Style } from "./Screen.ts"
import { capabilitiesOf, Screen } from "./Screen.ts"

export const modes = ["text", "json", "ndjson"] as const
export type Mode = typeof modes[number]

/** Grows when a field changes its meaning; new fields may come without. See `OutputSchema`. */
export const schemaVersion = 1

/** What a command came to. */
export interface CommandResult<Name extends Command> {
  readonly exitCode: number
  /** For people; dressed where stdout can show it. */
  readonly text: (style: Style) => string
  /** For programs. */
  readonly fields: Fields<Name>
}

export class Output extends Context.Service<Output, {
  /** Takes down handles that a failure must tell. */
  readonly note: (handles: Handles) => Effect.Effect<void>
  /** Prints an event in the mode `ndjson`. */
  readonly event: (event: OutputEvent) => Effect.Effect<void>
  /**
   * Prints what a command has to say that then goes on until it is interrupted. In the mode `ndjson` it is an event, and
   * the object follows at the end; in the others nothing follows.
   */
  readonly serving: (event: OutputEvent & { readonly _tag: "Serving" }, text: string) => Effect.Effect<void>
  /** The exit code of the command that ran; that of success before. */
  readonly exitCode: Effect.Effect<number>
  /** Runs a command and prints what it came to. */
  readonly run: <const Name extends Command, E, R>(
    command: Name,
    mode: Mode,
    effect: Effect.Effect<CommandResult<Name>, E, R>
  ) => Effect.Effect<void, never, R>
}>()("@nunu-effect/cli/Output") {}

/** Tells the exit code of an interruption: the process knows which signal it was. */
export const InterruptedCode = Context.Reference<() => number>("@nunu-effect/cli/Output/InterruptedCode", {
  defaultValue: () => () => ExitCode.ofSignal.SIGINT
})

export const layer: Layer.Layer<Output, never, Screen> = Layer.effect(
  Output,
  Effect.gen(function*() {
    const screen = yield* Screen
    const interruptedCode = yield* InterruptedCode
    const { style } = yield* capabilitiesOf(process.stdout)
    let noted: Handles = {}
    let told = false
    let running = ""
    let exitCode = ExitCode.ok
    let mode: Mode = "text"
    const printObject = (command: string, code: number, fields: object) =>
      Console.log(
        JSON.stringify(
          { schemaVersion, command, ok: code === ExitCode.ok, exitCode: code, ...fields },
          withoutTemplateData
        )
      )
    return Output.of({
      note: (handles) => Effect.sync(() => noted = { ...noted, ...handles }),
      event: (event) => mode === "ndjson" ? Console.log(JSON.stringify(event, withoutTemplateData)) : Effect.void,
      serving: ({ _tag, ...fields }, text) =>
        Effect.suspend(() => {
          if (mode === "ndjson") return Console.log(JSON.stringify({ _tag, ...fields }))
          told = true
          return mode === "text" ? Console.log(text) : printObject(running, ExitCode.ok, fields)
        }),
      exitCode: Effect.sync(() => exitCode),
      run: (command, wanted, effect) =>
        Effect.suspend(() => {
          mode = wanted
          running = command
          return effect
        }).pipe(
          Effect.onExit((exit) => {
            exitCode = codeOf(exit, interruptedCode())
            if (exit._tag === "Success") {
              return mode === "text"
                ? Console.log(exit.value.text(style))
                : printObject(command, exitCode, exit.value.fields)
            }
            const error = failureOf(exit.cause)
            return Effect.andThen(
              error === null
                ? Effect.void
                : screen.print(
                  `${screen.style("red", "error")} ${Format.remote(error.message)}${nextOf(command, exitCode)}`
                ),
              mode === "text" || told ? Effect.void : printObject(command, exitCode, { ...noted, error })
            )
          }),
          Effect.ignoreCause
        )
    })
  })
)

/** The command that helps, where the error itself cannot know it. */
const nextOf = (command: string, exitCode: number): string =>
  (exitCode === ExitCode.auth || exitCode === ExitCode.unavailable) && command !== "doctor"
    ? ". To find out more: nunu doctor"
    : exitCode === ExitCode.notFound && /^(wait|stop|run-details|bugs|artifacts)$/.test(command)
    ? ". To see what there is: nunu runs"
    : ""

/** Template data may hold passwords of test accounts, and what is printed here ends in logs. */
const withoutTemplateData = (key: string, value: unknown): unknown => key === "templateData" ? undefined : value

const codeOf = (exit: Exit.Exit<{ readonly exitCode: number }, unknown>, interrupted: number): number => {
  if (exit._tag === "Success") return exit.value.exitCode
  if (Cause.hasInterruptsOnly(exit.cause)) return interrupted
  return ExitCode.of(Cause.squash(exit.cause))
}

interface Failure {
  readonly tag: string
  readonly message: string
}

/** The reason within an error of a package's own, however deep. */
const innermost = (error: unknown): unknown =>
  error instanceof PipelineError || error instanceof UploadError ? innermost(error.reason) : error

/** What went wrong, in a form that can be printed; null for an interruption. */
const failureOf = (cause: Cause.Cause<unknown>): Failure | null => {
  if (Cause.hasInterruptsOnly(cause)) return null
  const error = Cause.squash(cause)
  const reason = innermost(error)
  return {
    tag: Predicate.hasProperty(reason, "_tag") ? String(reason._tag) : "Defect",
    message: error instanceof Error ? error.message : String(error)
  }
}
