/**
 * One process of a bot, which looks for its runs often: what it runs with is in its environment, and in the file that
 * `BOT_CONFIG` names. It says its URL in a line.
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { UploadNode } from "@nunu-effect/upload"
import { Duration, Effect, Layer } from "effect"
import * as BotNode from "../../../src/durable/bot/BotNode.ts"
import * as BotSettings from "../../../src/durable/bot/BotSettings.ts"
import * as PollPolicy from "../../../src/PollPolicy.ts"

const soon = Duration.millis(200)
const often = { ...PollPolicy.defaultPolicy, first: soon, from: soon, to: soon }

const bot = Effect.gen(function*() {
  const { storage, ...settings } = yield* BotSettings.load({
    file: process.env["BOT_CONFIG"],
    flags: [],
    emulator: false
  })
  if (storage === null) return yield* Effect.die(new Error("It has to be told where releases are kept"))
  const { apiKey, baseUrl = "" } = settings
  const api = Nunu.layer({ apiKey, baseUrl }).pipe(
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.merge(UploadNode.layer)
  )
  const serving = Effect.gen(function*() {
    process.stdout.write(`url ${yield* BotNode.url}\n`)
    return yield* Effect.ensuring(Effect.never, BotNode.drain)
  })
  return yield* serving.pipe(
    Effect.provide(Layer.provideMerge(BotNode.layer({ ...settings, storage }, storage), api)),
    Effect.provideService(PollPolicy.PollPolicy, often)
  )
}).pipe(Effect.provide(UploadNode.layer))

NodeRuntime.runMain(bot)
