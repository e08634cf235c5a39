/**
 * The command line. Start here: the list of commands, and what all of them run with.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { artifacts } from "./commands/Artifacts.ts"
import { baseline } from "./commands/Baseline.ts"
import { bugs } from "./commands/Bugs.ts"
import { cleanup } from "./commands/Cleanup.ts"
import * as Completions from "./commands/Completions.ts"
import { doctor } from "./commands/Doctor.ts"
import { emulate } from "./commands/Emulate.ts"
import { openapi } from "./commands/OpenApi.ts"
import { release } from "./commands/Release.ts"
import { runDetails } from "./commands/RunDetails.ts"
import { runs } from "./commands/Runs.ts"
import { stop } from "./commands/Stop.ts"
import { upload } from "./commands/Upload.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"
import { nunu } from "./SharedFlags.ts"
import { version } from "./Version.ts"

export const command = nunu.pipe(
  Command.withSubcommands([
    upload,
    release,
    runs,
    runDetails,
    bugs,
    artifacts,
    stop,
    cleanup,
    baseline,
    emulate,
    doctor,
    openapi,
    Completions.make(all)
  ])
)

/** A function with its own type, as the command line holds the command that prints the completions of all. */
function all(): Command.Command.Any {
  return command
}

/** Runs the command line; gives the exit code. Interrupted, it undoes what is under way first. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<number> =>
  Command.runWith(command, { version })(args).pipe(
    Effect.andThen(Output.Output.use((output) => output.exitCode)),
    Effect.catch((error) => reportUsage(args, ExitCode.of(error))),
    Effect.provide(services)
  )

/** A mistake in the flags: told on stderr, and on stdout as an object when one was asked for. */
const reportUsage = (args: ReadonlyArray<string>, exitCode: number): Effect.Effect<number> =>
  exitCode !== ExitCode.ok &&
    args.some((arg) => arg === "json" || arg === "ndjson" || /^(--output|-o)=n?d?json$/.test(arg))
    ? Effect.as(
      Console.log(JSON.stringify({
        schemaVersion: Output.schemaVersion,
        command: args.find((arg) => !arg.startsWith("-")) ?? "nunu",
        ok: false,
        exitCode,
        error: { tag: "Usage", message: "The command line is not valid: see stderr" }
      })),
      exitCode
    )
    : Effect.succeed(exitCode)

/** stdout is for results: mistakes go to stderr, with the one line that helps instead of a page of help. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const formatter = CliOutput.defaultFormatter({ colors: false })
    return Console.error(
      `${formatter.formatErrors(event.errors).trim()}\n\nSee: ${event.commandPath.join(" ")} --help`
    )
  }
}

const services = Output.layer.pipe(
  Layer.provideMerge(Layer.suspend(() => Screen.layer(process.stderr))),
  Layer.provideMerge(NodeServices.layer),
  Layer.merge(CliOutput.layerPresenter(presenter)),
  Layer.merge(Layer.succeed(Logger.LogToStderr, true))
)
