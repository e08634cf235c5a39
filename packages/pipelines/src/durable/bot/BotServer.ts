/** The HTTP side of a bot: its API, its OpenAPI document, its page and its metrics, as routes for any server. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerError from "effect/http/HttpServerError"
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

/** A body that is too large is refused before anything else is, and without a word. */
const inWords = HttpRouter.middleware(
  (handled) =>
    Effect.catchCause(
      handled,
      (cause) =>
        Effect.flatMap(HttpServerError.causeResponse(cause), ([{ status }]) =>
          status === 413 ? Effect.succeed(tooLarge) : Effect.failCause(cause))
    ),
  { global: true }
)

const tooLarge = HttpServerResponse.jsonUnsafe({ message: "Cannot take more than 1 MiB in a request" }, { status: 413 })

/** All routes of a bot. */
export const routes = Layer.mergeAll(api, BotPage.layer, BotMetrics.layer, notFound, inWords).pipe(
  Layer.provideMerge(largestBody)
)
