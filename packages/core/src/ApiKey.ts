/** The credential of the API: the header `X-Api-Key`, checked by the server and put on by the client. */
import * as Effect from "effect/Effect"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createHash } from "node:crypto" // of every runtime for servers
import { Forbidden, Unauthorized } from "./ApiError.ts"
import { ConfigurationError } from "./BaseUrl.ts"

/** Marks the endpoints that want a key. 401: no or unknown key. 403: expired, disabled, or without the permission. */
export class ApiKey extends HttpApiMiddleware.Service<ApiKey>()("@nunu-effect/core/ApiKey", {
  requiredForClient: true,
  security: { apiKey: HttpApiSecurity.apiKey({ in: "header", key: "X-Api-Key" }) },
  error: [Unauthorized, Forbidden]
}) {}

/** Checks that a key can be sent as a header; one that cannot would be shown by the errors of some HTTP clients. */
export const check = (apiKey: Redacted.Redacted): Effect.Effect<void, ConfigurationError> => {
  const value = Redacted.value(apiKey)
  if (/^[\x21-\x7e]+$/.test(value)) return Effect.void
  const why = value === "" ? "it is empty" : "it has a space, a line break or a letter beyond ASCII"
  return Effect.fail(new ConfigurationError({ message: `Cannot use the API key: ${why}` }))
}

/** Tells keys apart without telling what they are: twelve letters of a hash. */
export const markOf = (apiKey: Redacted.Redacted): string =>
  createHash("sha256").update(`nunu-effect ${Redacted.value(apiKey)}`).digest("hex").slice(0, 12)

/** A key, or an effect that gives it: asked before each request, so that a key can change while its client lives. */
export type Source = Redacted.Redacted | Effect.Effect<Redacted.Redacted>

/** Puts the key on a request. One that `check` would refuse is a defect: whoever changes a key checks it first. */
export const sign = (
  request: HttpClientRequest.HttpClientRequest,
  source: Source
): Effect.Effect<HttpClientRequest.HttpClientRequest> =>
  Redacted.isRedacted(source)
    ? Effect.succeed(signed(request, source))
    : Effect.flatMap(source, (apiKey) => Effect.as(Effect.orDie(check(apiKey)), signed(request, apiKey)))

/** Puts the key on every request that wants one. */
export const layerClient = (source: Source): Layer.Layer<HttpApiMiddleware.ForClient<ApiKey>> =>
  HttpApiMiddleware.layerClient(
    ApiKey,
    ({ next, request }) =>
      Redacted.isRedacted(source) ? next(signed(request, source)) : Effect.flatMap(sign(request, source), next)
  )

const signed = (request: HttpClientRequest.HttpClientRequest, apiKey: Redacted.Redacted) =>
  HttpClientRequest.setHeader(request, "x-api-key", Redacted.value(apiKey))
