/** The door of a bot's HTTP API: a token in the header for programs, a session in a cookie for the page. */
import { isLoopback } from "@nunu-effect/core/BaseUrl"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { OriginRefused, TokenRefused } from "./BotError.ts"
import { BotTokens } from "./BotTokens.ts"

/** Who asks, by the name of the token. */
export class Caller extends Context.Service<Caller, { readonly name: string }>()("@nunu-effect/pipelines/Caller") {}

/** The cookie that holds the session of the page. */
export const cookieName = "nunu_bot_session"

/**
 * Lets in who has a token or a session; tells the handler who it is.
 *
 * @effect-expect-leaking HttpServerRequest | ParsedSearchParams | RouteContext
 */
export class BotAccess extends HttpApiMiddleware.Service<BotAccess, { provides: Caller }>()(
  "@nunu-effect/pipelines/BotAccess",
  {
    requiredForClient: true,
    security: {
      token: HttpApiSecurity.bearer,
      session: HttpApiSecurity.apiKey({ in: "cookie", key: cookieName })
    },
    error: [TokenRefused, OriginRefused]
  }
) {}

export const layer: Layer.Layer<BotAccess, never, BotTokens> = Layer.effect(
  BotAccess,
  Effect.gen(function*() {
    const tokens = yield* BotTokens
    return BotAccess.of({
      // An open bot asks nobody for a token: whoever comes is looked at as a page.
      token: Effect.fnUntraced(function*(handled, { credential }) {
        const name = yield* tokens.ownerOf(credential)
        if (name === null || tokens.isOpen) return yield* refuse
        return yield* Effect.provideService(handled, Caller, { name })
      }),
      session: (handled) =>
        Effect.flatMap(
          Effect.provideService(callerOfPage, BotTokens, tokens),
          (caller) => Effect.provideService(handled, Caller, caller)
        )
    })
  })
)

/**
 * Tells who asks from a page: by the session in the request's cookie, or anybody at an open bot. What a page of another
 * site asks is refused, as a browser sends cookies, and reaches this machine, in the name of whoever looks at that page.
 */
export const callerOfPage: Effect.Effect<
  Caller["Service"],
  TokenRefused | OriginRefused,
  BotTokens | HttpServerRequest.HttpServerRequest
> = Effect.gen(function*() {
  const tokens = yield* BotTokens
  const request = yield* HttpServerRequest.HttpServerRequest
  const name = yield* tokens.ownerOfSession(Redacted.make(request.cookies[cookieName] ?? ""))
  if (name === null) return yield* refuse
  if (!isOwnPage(request, tokens)) {
    return yield* new OriginRefused({ message: "Cannot do this for a page of another site: open the bot's own page" })
  }
  return { name }
})

/** Puts a token on every request of a client. */
export const layerClient = (token: Redacted.Redacted): Layer.Layer<HttpApiMiddleware.ForClient<BotAccess>> =>
  HttpApiMiddleware.layerClient(
    BotAccess,
    ({ next, request }) => next(HttpClientRequest.bearerToken(request, token))
  )

const refuse = Effect.fail(
  new TokenRefused({ message: "Cannot answer without a token of this bot: send it as Authorization: Bearer <token>" })
)

/**
 * Tells whether a request comes from the bot's own page. Browsers name where one comes from in each that changes
 * something; other programs have no cookie to be misused.
 */
export const isOwnPage = (
  { headers, method }: HttpServerRequest.HttpServerRequest,
  { isOpen }: BotTokens["Service"]
): boolean => {
  const host = headers["host"] ?? ""
  // A name of somebody else's that leads to this machine would make their page the bot's own.
  if (isOpen && !isLoopback(URL.parse(`http://${host}`)?.hostname ?? "")) return false
  if (method === "GET" || method === "HEAD") return true
  const origin = headers["origin"]
  return origin === undefined
    ? ["same-origin", "none", undefined].includes(headers["sec-fetch-site"])
    : URL.parse(origin)?.host === host
}
