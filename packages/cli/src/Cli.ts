/**
 * The command line. Start here: the list of commands, and what all of them run with.
 *
 * A command is loaded when its name is among the arguments: what the others need would take most of the time of a start.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { existsSync } from "node:fs"
import * as ExitCode from "./ExitCode.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"
import { nunu } from "./SharedFlags.ts"
import { version } from "./Version.ts"

/** A command: what it does in a few words, and how it is loaded. */
const lazy = <const Name extends string, Input, Context, E, R>(
  what: string,
  load: () => Promise<Command.Command<Name, Input, Context, E, R>>
) => ({ what, load: async () => Command.withShortDescription(await load(), what) })

const commands = {
  upload: lazy("Upload builds", async () => (await import("./commands/Upload.ts")).upload),
  run: lazy("Test and judge a build that is there", async () => (await import("./commands/Run.ts")).run),
  wait: lazy("Wait for runs and judge them", async () => (await import("./commands/Wait.ts")).wait),
  release: lazy("Upload, test and judge a build", async () => (await import("./commands/Release.ts")).release),
  runs: lazy("List runs", async () => (await import("./commands/Runs.ts")).runs),
  "run-details": lazy(
    "Show a run and its steps",
    async () => (await import("./commands/RunDetails.ts")).runDetails
  ),
  bugs: lazy("List the bugs of a run", async () => (await import("./commands/Bugs.ts")).bugs),
  artifacts: lazy("List or fetch the files of a run", async () => (await import("./commands/Artifacts.ts")).artifacts),
  stop: lazy("Stop runs", async () => (await import("./commands/Stop.ts")).stop),
  cleanup: lazy("Undo what earlier uploads left behind", async () => (await import("./commands/Cleanup.ts")).cleanup),
  baseline: lazy("Keep the list of known bugs", async () => (await import("./commands/Baseline.ts")).baseline),
  bot: lazy("Serve releases that survive their process", async () => (await import("./commands/Bot.ts")).bot),
  emulate: lazy("Serve the emulator on a port", async () => (await import("./commands/Emulate.ts")).emulate),
  doctor: lazy(
    "Find what keeps the other commands from working",
    async () => (await import("./commands/Doctor.ts")).doctor
  ),
  openapi: lazy("Print the OpenAPI document", async () => (await import("./commands/OpenApi.ts")).openapi),
  completions: lazy(
    "Print completions for a shell",
    async () => (await import("./commands/Completions.ts")).make(all)
  )
}

type Name = keyof typeof commands

const isName = (word: string): word is Name => Object.hasOwn(commands, word)

/** Of all commands. */
export const names = Object.keys(commands).filter(isName)

/** The command line with all of its commands. A function with its own type, as one of them needs it. */
export function all(): Promise<Command.Command.Any> {
  return load(names)
}

/** The command line, in which only commands of these names can be run: of the others there is no more than the name. */
export const load = async (wanted: ReadonlyArray<Name>) =>
  Command.withSubcommands(
    nunu,
    await Promise.all(names.map((name) => wanted.includes(name) ? commands[name].load() : notLoaded(name)))
  )

const notLoaded = async (name: Name) => Command.withShortDescription(Command.make(name), commands[name].what)

/** More than one where a name is also the value of something: that does no harm. */
const wantedBy = (args: ReadonlyArray<string>): ReadonlyArray<Name> => args.filter(isName)

/** Runs the command line; gives the exit code. Interrupted, it undoes what is under way first. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.promise(() => load(wantedBy(args))).pipe(
    Effect.flatMap((command) => Command.runWith(command, { version })(args)),
    Effect.andThen(Output.Output.use((output) => output.exitCode)),
    Effect.catch((error) => reportUsage(args, error)),
    Effect.provide(Layer.merge(services, CliOutput.layerPresenter(presenterOf(args))))
  )

/** A mistake in the flags: told on stderr, and on stdout as an object when one was asked for. */
const reportUsage = (args: ReadonlyArray<string>, error: CliError.CliError): Effect.Effect<number> => {
  const exitCode = ExitCode.of(error)
  const faults = error._tag === "ShowHelp" ? error.errors : [error]
  return exitCode !== ExitCode.ok && wantsObject(args)
    ? Effect.as(
      Console.log(JSON.stringify({
        schemaVersion: Output.schemaVersion,
        command: args.find((arg, index) => !arg.startsWith("-") && !takesValue.has(args[index - 1] ?? "")) ?? "nunu",
        ok: false,
        exitCode,
        error: { tag: "Usage", message: faults.map(inOneLine).join("; ") }
      })),
      exitCode
    )
    : Effect.succeed(exitCode)
}

const inOneLine = ({ message }: CliError.CliError): string =>
  message.trim().replace(/\s*Did you mean this\?/, ". Did you mean this:").replace(/\s+/g, " ")

/** Flags that may stand before the command, and the word after them is theirs. */
const takesValue = new Set(["--output", "-o", "--config", "-c", "--api-url", "--project-id", "--log-level"])

const wantsObject = (args: ReadonlyArray<string>): boolean =>
  args.some((arg, index) =>
    /^(--output=|-o=)(nd)?json$/.test(arg) ||
    (/^(--output|-o)$/.test(arg) && /^(nd)?json$/.test(args[index + 1] ?? ""))
  )

/** stdout is for results: mistakes go to stderr, with the lines that help instead of a page of help. */
const presenterOf = (args: ReadonlyArray<string>): CliOutput.Presenter => ({
  present: (event) => {
    const hint = args.filter((arg) => arg.startsWith("-") && existsSync(arg))
      .map((file) => `There is a file ${file}: write ./${file} to mean it\n`).join("")
    if (event._tag !== "InvalidInvocation") {
      const asked = CliOutput.defaultPresenter.present(event)
      return hint === "" ? asked : Effect.andThen(asked, Console.error(hint.trim()))
    }
    const formatter = CliOutput.defaultFormatter({ colors: false })
    return Console.error(
      `${formatter.formatErrors(event.errors).trim()}\n\n${hint}See: ${event.commandPath.join(" ")} --help`
    )
  }
})

/** What every command runs with. */
export const services = Output.layer.pipe(
  Layer.provideMerge(Layer.suspend(() => Screen.layer(process.stderr))),
  Layer.provideMerge(NodeServices.layer),
  Layer.merge(Layer.succeed(Logger.LogToStderr, true)),
  // No wizard, as nothing here ever asks for anything; completions are a command.
  Layer.merge(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] }))
)
