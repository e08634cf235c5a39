/** The credential of the API: the header `X-Api-Key`, checked by the server and put on by the client. */
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Forbidden, Unauthorized } from "./ApiError.ts"

/** Marks the endpoints that want a key. 401: no or unknown key. 403: expired, disabled, or without the permission. */
export class ApiKey extends HttpApiMiddleware.Service<ApiKey>()("@nunu-effect/core/ApiKey", {
  requiredForClient: true,
  security: { apiKey: HttpApiSecurity.apiKey({ in: "header", key: "X-Api-Key" }) },
  error: [Unauthorized, Forbidden]
}) {}

/** Puts the key on every request that wants one. */
export const layerClient = (apiKey: Redacted.Redacted): Layer.Layer<HttpApiMiddleware.ForClient<ApiKey>> =>
  HttpApiMiddleware.layerClient(
    ApiKey,
    ({ next, request }) => next(HttpClientRequest.setHeader(request, "x-api-key", Redacted.value(apiKey)))
  )
