/** A bot on Node: its engine by its storage, its HTTP server, and what asks for releases and tells of them by itself. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as UploadSourceNode from "@nunu-effect/upload/UploadSourceNode"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import * as ReleaseWorkflow from "../ReleaseWorkflow.ts"
import { OpenFile } from "../UploadStep.ts"
import * as BotEngine from "./BotEngine.ts"
import * as BotLog from "./BotLog.ts"
import * as BotServer from "./BotServer.ts"
import type { BotSettings, BotStorage } from "./BotSettings.ts"
import * as BotTokens from "./BotTokens.ts"
import * as BuildRoots from "./BuildRoots.ts"
import * as Notifications from "./Notifications.ts"
import * as ReleaseBot from "./ReleaseBot.ts"
import * as Triggers from "./Triggers.ts"

/** Serves a bot until its scope closes. */
export const layer = (settings: BotSettings, storage: BotStorage) => {
  const { apiKey, cron, folders, host, open, policy, port, publicUrl, roots, sinks, tokens } = settings
  const bot = ReleaseBot.layer({
    roots,
    policy,
    ...(Redacted.isRedacted(apiKey) ? {} : { apiKey })
  })
  const server = HttpRouter.serve(BotServer.routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(open ? BotTokens.layerOpen : BotTokens.layer(tokens)),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host, port, gracefulShutdownTimeout: "1 second" }))
  )
  const notifications = Notifications.layer(sinks, { publicUrl }).pipe(Layer.provide(ProxyNode.layerUndici))
  return Layer.mergeAll(notifications, Triggers.layer({ cron, folders }), BotLog.layer).pipe(
    Layer.provideMerge(server),
    Layer.provideMerge(bot),
    Layer.provideMerge(ReleaseWorkflow.layer),
    Layer.provide(Layer.succeed(OpenFile, BuildRoots.opening(roots, UploadSourceNode.fromFile))),
    Layer.provideMerge(BotEngine.layer(storage)),
    Layer.provide([NodeCrypto.layerMac, NodeCrypto.layerDigest])
  )
}

/** Where a bot can be reached, once it is served. */
export const url: Effect.Effect<string, never, HttpServer.HttpServer> = HttpServer.HttpServer.use(
  ({ address }) => Effect.succeed(HttpServer.formatAddress(address))
)

/** Lets a bot take and begin nothing any more: before its layer is closed. */
export const drain: Effect.Effect<void, never, ReleaseBot.ReleaseBot> = ReleaseBot.ReleaseBot.use(({ drain }) => drain)
