/** The root command with the flags that every command takes. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Output from "./Output.ts"

export const nunu = Command.make("nunu").pipe(
  Command.withSharedFlags({
    emulator: Flag.Boolean("emulator").pipe(
      Flag.withDescription("Run against an embedded emulator of the API: no account, nothing leaves this machine"),
      Flag.withDefault(false)
    ),
    output: Flag.Literals("output", Output.modes).pipe(
      Flag.withAlias("o"),
      Flag.withDescription("What stdout carries: text, one JSON object, or events and then that object"),
      Flag.withDefault("text" as const)
    ),
    config: Flag.File("config").pipe(
      Flag.withAlias("c"),
      Flag.withDescription("Settings file (default: ./nunu.json, ./.nunu/config.json, the user's nunu/config.json)"),
      Flag.optional
    ),
    apiUrl: Flag.String("api-url").pipe(
      Flag.withDescription("Base URL of the API, or NUNU_API_URL (default: https://nunu.ai/api/v1)"),
      Flag.optional
    ),
    projectId: Flag.String("project-id").pipe(
      Flag.withDescription("Project, for keys that open several, or NUNU_PROJECT_ID"),
      Flag.optional
    )
  }),
  Command.withDescription(
    "Upload game builds to nunu.ai, run its AI play-tests on them, and decide on the bugs they find.\n\n" +
      "The API key is read from NUNU_API_TOKEN, never from the command line."
  ),
  Command.withExamples([
    { command: "nunu release game.apk --emulator", description: "See the whole way without an account" },
    { command: "nunu upload game.apk --output json", description: "Upload a build and read its id from stdout" }
  ])
)
