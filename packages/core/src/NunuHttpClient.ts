/**
 * The configured `HttpClient` of the API: base URL, hold-back, time limit, no trace headers to strangers, every attempt
 * written to the call's `Exchange`. It reads each body whole before it hands the response on, so that a body that is cut
 * counts as a broken connection and can be repeated.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Tracer from "effect/Tracer"
import type { Sent, TooManyRequests } from "./ApiError.ts"
import { isRefusal } from "./ApiError.ts"
import type { ConfigurationError } from "./BaseUrl.ts"
import * as BaseUrl from "./BaseUrl.ts"
import * as Exchange from "./Exchange.ts"
import { CurrentExchange } from "./Exchange.ts"
import * as HoldBack from "./HoldBack.ts"
import { RateLimit } from "./RateLimit.ts"
import { secretParams } from "./Redaction.ts"
import * as ResponseBody from "./ResponseBody.ts"
import { retryAt, RetryPolicy } from "./RetryPolicy.ts"

/**
 * Makes the client of one base URL. What it sends is a single attempt; `Call` repeats. A request that carries the key and
 * would go to another origin is refused before it is sent, and `fetch` is told to follow no redirect: both would give
 * the key away. An `HttpClient` that follows redirects by itself (`HttpClient.followRedirects`) must not be given.
 */
export const make = Effect.fnUntraced(function*(baseUrl: string): Effect.fn.Return<
  HttpClient.HttpClient,
  ConfigurationError,
  HttpClient.HttpClient
> {
  const client = yield* HttpClient.HttpClient
  const base = yield* BaseUrl.parse(baseUrl)
  const limit = yield* RateLimit
  const holdBack = HoldBack.make()
  return client.pipe(
    HttpClient.mapRequest((request) => {
      const url = isAbsolute.test(request.url) ? request.url : base + request.url
      return HttpClientRequest.setHeader(HttpClientRequest.setUrl(request, url), "accept", "application/json")
    }),
    HttpClient.transform((send, request) =>
      Effect.withFiber((fiber) => {
        const exchange = fiber.getRef(CurrentExchange) ?? Exchange.make({ operation: "", repeatable: false })
        exchange.request = request
        if (!staysAt(base, request.url) && request.headers["x-api-key"] !== undefined) return leaves(request)
        exchange.holdBack = holdBack
        const policy = fiber.getRef(RetryPolicy)
        const once = attempt(privately(send, fiber), exchange, policy, fiber)
        const isHeld = HoldBack.isHeld(holdBack, fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
        if (!isHeld && limit === undefined) return once
        const released = Effect.mapError(HoldBack.wait(holdBack, policy), (cause) => notSent(request, cause))
        return released.pipe(
          Effect.andThen(limit === undefined ? Effect.void : Effect.andThen(limit, released)),
          Effect.timed,
          Effect.flatMap(([waited]) => {
            exchange.throttledMillis += Duration.toMillis(waited)
            return once
          })
        )
      })
    )
  )
})

/** Whether the server can have acted on a request that ended without a whole answer: not if no connection was made. */
export const sentOf = (error: HttpClientError.HttpClientError): Sent =>
  error.response === undefined && neverConnected(error.cause) ? "never" : "maybe"

/** The system's code of a network failure, such as `ECONNREFUSED`, wherever it hides in the causes. */
export const networkCode = (cause: unknown): string | null => systemError(cause, 0)?.code ?? null

type Response = HttpClientResponse.HttpClientResponse
type Send = Effect.Effect<Response, HttpClientError.HttpClientError>

/** Trace headers go to no stranger, credentials in a query into no span, and `fetch` follows no redirect. */
const privately = (send: Send, fiber: Fiber.Fiber<unknown, unknown>): Send => {
  const init = Context.getOption(fiber.context, FetchHttpClient.RequestInit)
  const context = fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer ? unseen : traced
  return Effect.provideContext(
    send,
    init._tag === "None"
      ? context
      : Context.add(context, FetchHttpClient.RequestInit, { ...init.value, redirect: "manual" })
  )
}

const traced = Context.make(UrlParams.CurrentRedactedNames, secretParams).pipe(
  Context.add(HttpClient.TracerPropagationEnabled, false),
  Context.add(FetchHttpClient.RequestInit, { redirect: "manual" })
)

/** Nobody could see the span of an attempt: it is not made, which costs a tenth of a call. */
const unseen = Context.add(traced, HttpClient.TracerDisabledWhen, () => true)

const attempt = (
  send: Send,
  exchange: Exchange.Exchange,
  policy: RetryPolicy,
  fiber: Fiber.Fiber<unknown, unknown>
): Send => {
  const clock = fiber.getRef(Clock.Clock)
  const maxBytes = fiber.getRef(ResponseBody.MaxBytes)
  const streamed = fiber.getRef(ResponseBody.Streamed)
  const whole = Effect.filterOrElse(
    send,
    (response) => streamed && response.status < 300,
    (response) => ResponseBody.read(response, maxBytes)
  )
  return Effect.suspend(() => {
    if (exchange.attempts++ === 0) exchange.begunAt = clock.currentTimeMillisUnsafe()
    exchange.sent = "maybe" // an interruption from here on leaves it open
    exchange.response = undefined // what the attempt before got says nothing of this one
    exchange.retryAt = null
    return Effect.matchEffect(inTime(whole, policy.attemptTimeout, exchange), {
      onFailure: (error) => {
        if (error._tag === "BodyTooLarge") {
          answered(exchange, error.response, clock)
          return Effect.fail(unreadable(error, exchange.request ?? error.response.request))
        }
        if (sentOf(error) !== "never") exchange.maybeDone = true
        return Effect.fail(error)
      },
      onSuccess: (response) => {
        answered(exchange, response, clock)
        return Effect.succeed(response)
      }
    })
  })
}

const answered = (exchange: Exchange.Exchange, response: Response, clock: Clock.Clock): void => {
  exchange.response = response
  exchange.sent = "yes"
  exchange.retryAt = retryAt(response, clock.currentTimeMillisUnsafe())
  if (!isRefusal(response.status)) exchange.maybeDone = true
}

const inTime = <E>(
  effect: Effect.Effect<Response, E>,
  duration: Duration.Duration,
  exchange: Exchange.Exchange
): Effect.Effect<Response, E | HttpClientError.HttpClientError> =>
  Duration.isFinite(duration)
    ? Effect.timeoutOrElse(effect, { duration, orElse: () => Effect.fail(tookTooLong(duration, exchange)) })
    : effect

/** `Call` takes the cause out again. */
const notSent = (request: HttpClientRequest.HttpClientRequest, cause: TooManyRequests) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

const tookTooLong = (duration: Duration.Duration, { request }: Exchange.Exchange) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({
      request: request ?? HttpClientRequest.empty,
      cause: Object.assign(new Error(`no whole answer within ${Duration.format(duration)}`), { code: "TIMEOUT" })
    })
  })

const unreadable = (error: ResponseBody.BodyTooLarge, request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.DecodeError({ request, response: error.response, cause: error })
  })

/** With a slash behind the base no other origin can begin. */
const staysAt = (base: string, url: string): boolean =>
  url.startsWith(base) && (url.length === base.length || url[base.length] === "/" || url[base.length] === "?")

const isAbsolute = /^[a-z][a-z\d+.-]*:/i

const leaves = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.InvalidUrlError({
        request,
        description: "Cannot send the API key to another place than the API"
      })
    })
  )

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
