/** The HTTP side of a bot: its API, its OpenAPI document, its page and its metrics, as routes for any server. */
import * as ByteSize from "effect/ByteSize"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as BotAccess from "./BotAccess.ts"
import { BotApi } from "./BotApi.ts"
import * as BotHandlers from "./BotHandlers.ts"
import * as BotMetrics from "./BotMetrics.ts"
import * as BotPage from "./page/BotPage.ts"

const api = HttpApiBuilder.layer(BotApi, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide([BotHandlers.layerReleases, BotHandlers.layerHealth]),
  Layer.provide([BotHandlers.layerWellFormed, BotAccess.layer])
)

const notFound = HttpRouter.use((router) =>
  router.add(
    "*",
    "/*",
    HttpServerResponse.jsonUnsafe({ message: "Cannot find this: /openapi.json tells what there is" }, { status: 404 })
  )
)

/** Far more than a submission takes; a baseline may be long. */
const largestBody = Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.mebibytes(1))

/** All routes of a bot. */
export const routes = Layer.mergeAll(api, BotPage.layer, BotMetrics.layer, notFound).pipe(
  Layer.provideMerge(largestBody)
)
