/** A bot's server on a free port, over a book that a test writes, or at work against an emulator. */
import { NodeCrypto, NodeHttpServer, NodeServices } from "@effect/platform-node"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import * as PartTransport from "@nunu-effect/upload/PartTransport"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import { Context, Duration, Effect, FileSystem, Layer, Redacted } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { defaultPolicy } from "../../../src/durable/bot/Admission.ts"
import * as BotNode from "../../../src/durable/bot/BotNode.ts"
import * as BotServer from "../../../src/durable/bot/BotServer.ts"
import * as BotTokens from "../../../src/durable/bot/BotTokens.ts"
import * as ReleaseBot from "../../../src/durable/bot/ReleaseBot.ts"
import * as DurableEngine from "../../../src/durable/DurableEngine.ts"
import * as ReleaseWorkflow from "../../../src/durable/ReleaseWorkflow.ts"
import * as PollPolicy from "../../../src/PollPolicy.ts"
import { script, scriptedBug } from "../../support/Emulated.ts"

export const token = "0123456789abcdef-mara"

/** Nothing begins by itself: what has happened to a release is what a test writes down. */
export const layer = ({ open = false } = {}) =>
  served(open).pipe(
    Layer.provideMerge(
      ReleaseBot.layer({ roots: [], policy: { maxConcurrent: 0, maxPerBranch: 1, supersede: false } })
    ),
    Layer.provideMerge(DurableEngine.layerMemory),
    Layer.provide([NodeCrypto.layerMac, NodeCrypto.layerDigest, NodeServices.layer])
  )

/** Carries releases, against an emulator whose run takes a second and finds a bug. */
export const layerAtWork = Layer.unwrap(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* Effect.orDie(Effect.flatMap(fs.makeTempDirectoryScoped(), (name) => fs.realPath(name)))
  yield* Effect.orDie(fs.writeFileString(`${folder}/game.apk`, "a build"))
  const nunu = Layer.unwrap(Effect.map(Emulator, ({ apiKey, baseUrl }) => Nunu.layer({ apiKey, baseUrl })))
  const second = Duration.seconds(1)
  const often = { ...PollPolicy.defaultPolicy, first: second, from: second, to: second, jitter: 0 }
  return served(false).pipe(
    Layer.provideMerge(ReleaseBot.layer({ roots: [folder], policy: defaultPolicy })),
    Layer.provideMerge(ReleaseWorkflow.layer),
    Layer.provideMerge(DurableEngine.layerMemory),
    Layer.provideMerge(UploadLedger.layerMemory),
    Layer.provideMerge(Layer.merge(nunu, PartTransport.layerHttpClient)),
    Layer.provideMerge(EmulatorNode.layer({
      script: () =>
        script({
          queuedSeconds: 0,
          startingSeconds: 0,
          players: [[{ goal: "Cross the bridge", seconds: 1 }]],
          bugs: [scriptedBug(0, "high")]
        })
    })),
    Layer.provideMerge(Layer.succeed(PollPolicy.PollPolicy, often)),
    Layer.provide([NodeCrypto.layerMac, NodeCrypto.layerDigest]),
    Layer.provideMerge(Layer.succeed(Builds, { file: `${folder}/game.apk` })),
    Layer.orDie
  )
})).pipe(Layer.provideMerge(NodeServices.layer))

/** The build that the bot at work may read. */
export class Builds extends Context.Service<Builds, { readonly file: string }>()("test/Builds") {}

const served = (open: boolean) =>
  HttpRouter.serve(BotServer.routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(open ? BotTokens.layerOpen : BotTokens.layer([{ name: "mara", token: Redacted.make(token) }])),
    Layer.provideMerge(
      NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: "50 millis" })
    )
  )

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Asks the bot; redirects are not followed. */
export const ask = Effect.fnUntraced(function*(path: string, init: RequestInit = {}) {
  const url = yield* BotNode.url
  return yield* Effect.promise(async (): Promise<Answer> => {
    const response = await fetch(url + path, { redirect: "manual", ...init })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })
})

/** Sends a form, as the bot's own page does. */
export const submit = Effect.fnUntraced(function*(
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {}
) {
  const url = yield* BotNode.url
  return yield* ask(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: url, ...headers }
  })
})

/** The cookie of somebody who has logged in. */
export const login = Effect.map(
  submit("/login", { token }),
  ({ headers }) => headers.getSetCookie()[0]?.split(";")[0] ?? ""
)
