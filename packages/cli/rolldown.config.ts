import * as Command from "effect/cli/Command"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { defineConfig, type Plugin } from "rolldown"
import * as Cli from "./src/Cli.ts"
import { version } from "./src/Version.ts"

/** Puts the help pages into `HelpPages.ts`. */
const helpPages: Plugin = {
  name: "help-pages",
  transform: {
    filter: { id: /\/src\/HelpPages\.ts$/ },
    handler: async (code) =>
      code.replace(
        ": Readonly<Record<string, string>> = {}",
        `: Readonly<Record<string, string>> = ${JSON.stringify(await drawAll())}`
      )
  }
}

export default defineConfig({
  input: "src/bin.ts",
  platform: "node",
  // Bundled, undici crashes at every start ("Agent is not a constructor"): it is the one real dependency.
  external: ["undici"],
  plugins: [helpPages],
  // In pieces: a command reads only those that it needs.
  output: {
    dir: "dist",
    entryFileNames: "nunu.js",
    chunkFileNames: "[name]-[hash].js",
    format: "esm",
    minify: true,
    cleanDir: true
  }
})

async function drawAll(): Promise<Readonly<Record<string, string>>> {
  const command = await Cli.load(Cli.names)
  const draw = Effect.fnUntraced(function*(words: ReadonlyArray<string>) {
    let page = ""
    yield* Command.runWith(command, { version })([...words, "--help"]).pipe(
      Effect.updateService(Console.Console, (console) => ({ ...console, log: (text) => void (page += `${text}\n`) }))
    )
    return [words.join(" "), page] as const
  })
  const program = Effect.map(Effect.forEach(wordsOf(command), draw), Object.fromEntries).pipe(
    Effect.provide(Cli.services),
    Effect.provideService(TerminalCapabilities.TerminalCapabilities, {
      canColor: true,
      canAnimate: false,
      canPrompt: false
    })
  )
  return await Effect.runPromise(program)
}

function wordsOf(
  command: Command.Command.Any,
  before: ReadonlyArray<string> = []
): ReadonlyArray<ReadonlyArray<string>> {
  const below = command.subcommands.flatMap(({ commands }) => commands)
  return [before, ...below.flatMap((command) => wordsOf(command, [...before, command.name]))]
}
