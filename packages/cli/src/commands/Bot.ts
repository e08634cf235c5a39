/** `nunu bot`: the release bot. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { serve } from "./BotServe.ts"

const openapi = Command.make(
  "openapi",
  {},
  Effect.fnUntraced(function*() {
    const BotApi = yield* Effect.promise(() => import("@nunu-effect/pipelines/durable/bot/BotApi"))
    yield* Console.log(JSON.stringify(BotApi.openApi(), null, 2))
  })
).pipe(
  Command.withDescription("Print the bot's HTTP API as an OpenAPI document, in JSON."),
  Command.withShortDescription("Print the bot's OpenAPI document"),
  Command.withExamples([{ command: "nunu bot openapi > bot.json", description: "Write it to a file" }])
)

export const bot = Command.make("bot").pipe(
  Command.withDescription("Serve releases that survive their process: asked for by HTTP, by the clock or by files."),
  Command.withExamples([
    { command: "nunu bot serve --emulator", description: "See it without an account" },
    { command: "nunu bot serve --config bot.json", description: "Serve as a file says" }
  ]),
  Command.withSubcommands([serve, openapi])
)
