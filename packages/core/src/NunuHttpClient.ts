/**
 * The configured `HttpClient` of the API: base URL, repeats, no trace headers to strangers, every attempt written to
 * the call's `Exchange`. It reads each body whole before it hands the response on, so that a body that is cut counts as
 * a broken connection and can be repeated.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as UrlParams from "effect/http/UrlParams"
import type { Sent } from "./ApiError.ts"
import { isRefusal } from "./ApiError.ts"
import type { ConfigurationError } from "./BaseUrl.ts"
import * as BaseUrl from "./BaseUrl.ts"
import type { Exchange } from "./Exchange.ts"
import { CurrentExchange } from "./Exchange.ts"
import * as RetryPolicy from "./RetryPolicy.ts"

export const make = Effect.fnUntraced(function*(baseUrl: string): Effect.fn.Return<
  HttpClient.HttpClient,
  ConfigurationError,
  HttpClient.HttpClient
> {
  const client = yield* HttpClient.HttpClient
  const base = yield* BaseUrl.parse(baseUrl)
  return client.pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl(base)),
    HttpClient.mapRequest(HttpClientRequest.acceptJson),
    HttpClient.transform((send, request) =>
      Effect.gen(function*() {
        const exchange = yield* CurrentExchange
        const policy = yield* RetryPolicy.RetryPolicy
        if (exchange !== undefined) exchange.secret = request.headers["x-api-key"]
        const repeatable = exchange?.repeatable ?? request.method === "GET"
        return yield* attempt(send, repeatable, exchange).pipe(
          Effect.retry({
            schedule: RetryPolicy.schedule(policy),
            while: (failed) => RetryPolicy.isRetryable(failed) ? isWithinReach(failed, policy) : Effect.succeed(false)
          }),
          Effect.catchTag("FailedAttempt", ({ outcome }) =>
            "status" in outcome ? Effect.succeed(outcome) : Effect.fail(outcome))
        )
      })
    ),
    HttpClient.transform((send) =>
      send.pipe(
        Effect.provideService(UrlParams.CurrentRedactedNames, secretParams),
        Effect.provideService(HttpClient.TracerPropagationEnabled, false)
      )
    )
  )
})

/** Query parameters that are credentials: they are kept out of spans. */
export const secretParams: ReadonlyArray<string | RegExp> = ["upload_id", /^x-amz-/i, /signature|token/i]

/** Whether the server can have acted on a request that ended without a whole answer: not if no connection was made. */
export const sentOf = (error: HttpClientError.HttpClientError): Sent =>
  error.response === undefined && neverConnected(error.cause) ? "never" : "maybe"

/** The system's code of a network failure, such as `ECONNREFUSED`, wherever it hides in the causes. */
export const networkCode = (cause: unknown): string | null => systemError(cause, 0)?.code ?? null

type Send = Effect.Effect<
  HttpClientResponseType,
  HttpClientError.HttpClientError
>
type HttpClientResponseType = Effect.Success<ReturnType<HttpClient.HttpClient["execute"]>>

const attempt = (
  send: Send,
  repeatable: boolean,
  exchange: Exchange | undefined
): Effect.Effect<HttpClientResponseType, RetryPolicy.FailedAttempt> =>
  Effect.gen(function*() {
    if (exchange !== undefined) {
      exchange.attempts++
      exchange.sent = "maybe" // an interruption from here on leaves it open
      exchange.response = undefined // what the attempt before got says nothing of this one
      exchange.retryAt = null
    }
    const response = yield* send.pipe(
      Effect.tap((response) => response.arrayBuffer),
      Effect.mapError((error) => {
        if (exchange !== undefined && sentOf(error) !== "never") exchange.maybeDone = true
        return new RetryPolicy.FailedAttempt({ repeatable, outcome: error })
      })
    )
    if (exchange !== undefined) {
      exchange.response = response
      exchange.sent = "yes"
      exchange.retryAt = RetryPolicy.retryAt(response, yield* Clock.currentTimeMillis)
      if (!isRefusal(response.status)) exchange.maybeDone = true
    }
    return RetryPolicy.isTransientStatus(response.status) || response.status === 429
      ? yield* new RetryPolicy.FailedAttempt({ repeatable, outcome: response })
      : response
  })

const isWithinReach = (failed: RetryPolicy.FailedAttempt, policy: RetryPolicy.RetryPolicy) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const wait = failed.retryAfter(now)
    return wait === null || Duration.isLessThanOrEqualTo(wait, policy.maxRetryAfter)
  })

interface SystemError {
  readonly code: string
  readonly syscall?: unknown
}

const systemError = (cause: unknown, depth: number): SystemError | null => {
  if (typeof cause !== "object" || cause === null || depth > 5) return null
  if ("code" in cause && typeof cause.code === "string") return { ...cause, code: cause.code }
  const inner = "cause" in cause ? systemError(cause.cause, depth + 1) : null
  if (inner !== null) return inner
  return "errors" in cause && Array.isArray(cause.errors) ? systemError(cause.errors[0], depth + 1) : null
}

const neverConnected = (cause: unknown): boolean => {
  const error = systemError(cause, 0)
  return error !== null &&
    (neverConnectedCodes.has(error.code) || tlsCode.test(error.code) ||
      (unreachableCodes.has(error.code) && error.syscall === "connect"))
}

const neverConnectedCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"])

/** An open connection can break with these too. */
const unreachableCodes = new Set(["EHOSTUNREACH", "ENETUNREACH"])

const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/
