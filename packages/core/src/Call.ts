/**
 * One call of an endpoint: gives its request an `Exchange` to write to, and folds whatever the generated client can end
 * with into the endpoint's own errors, `NetworkError` and `UnexpectedResponse`.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Schema from "effect/Schema"
import type { ApiError } from "./ApiError.ts"
import { BadRequest, isApiError, isRefusal, NetworkError, ServerError, UnexpectedResponse } from "./ApiError.ts"
import { Repeatable } from "./Endpoint.ts"
import * as Exchange from "./Exchange.ts"
import { networkCode, sentOf } from "./NunuHttpClient.ts"

type WireFailure = HttpClientError.HttpClientError | Schema.SchemaError

/** What a call needs to know of its endpoint. */
export interface Endpoint {
  readonly identifier: string
  readonly method: string
  readonly annotations: Context.Context<never>
  readonly error: ReadonlySet<Schema.Top>
}

/** Calls an endpoint. What it ends with is exactly the endpoint's errors and the two that any call can end with. */
export const callEndpoint = <A, E, R>(
  endpoint: Endpoint,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> =>
  call({
    operation: (Context.getOrUndefined(endpoint.annotations, OpenApi.Summary) ?? endpoint.identifier).toLowerCase(),
    repeatable: endpoint.method === "GET" || Context.getOrUndefined(endpoint.annotations, Repeatable) === true,
    refusesInput: Array.from(endpoint.error).some((schema) => Schema.resolveAnnotations(schema)?.["httpApiStatus"] === 400)
  }, effect)

export interface CallOptions {
  /** What is being done, in words: `get run`. */
  readonly operation: string
  /** The request may be repeated when it is not known whether it was done. */
  readonly repeatable: boolean
  /** Input that cannot be sent is a `BadRequest`; elsewhere its type already excludes it, and it is a defect. */
  readonly refusesInput: boolean
}

/** Makes a call of which all that matters is known. */
export const call = <A, E, R>(
  options: CallOptions,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> =>
  Effect.suspend(() => {
    const exchange = Exchange.make(options)
    return effect.pipe(
      Effect.provideService(Exchange.CurrentExchange, exchange),
      Effect.catchCause((cause) => fold(cause, exchange, options))
    )
  }) as Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> // `fold` keeps declared errors only

/** Folds the cause of a failed call. Interruptions and defects pass; of two failures the more telling one is kept. */
const fold = (
  cause: Cause.Cause<unknown>,
  exchange: Exchange.Exchange,
  { operation, refusesInput }: CallOptions
): Effect.Effect<never, ApiError> => {
  const failures = cause.reasons.filter(Cause.isFailReason).map((reason) => reason.error)
  const declared = failures.find(isApiError)
  if (declared !== undefined) return Effect.fail(withCallInfo(declared, exchange))
  const schemaError = failures.find(Schema.isSchemaError)
  if (schemaError !== undefined && exchange.attempts === 0) {
    return refusesInput
      ? Effect.fail(new BadRequest({ error: schemaError.message, operation, attempts: 0, sent: "never" }))
      : Effect.die(schemaError)
  }
  const wire = failures.find(HttpClientError.isHttpClientError)
  if (schemaError === undefined && wire === undefined) return Effect.failCause(cause as Cause.Cause<never>) // no failure left
  if (exchange.response === undefined && wire !== undefined) return Effect.fail(networkError(wire, exchange))
  return Effect.flatMap(
    bodyOf(exchange),
    (body) => Effect.fail(undeclared(body, schemaError?.message ?? wire?.message ?? "", exchange))
  )
}

/** Writes what is known of the call into an error that was decoded from a body. */
const withCallInfo = (error: ApiError, exchange: Exchange.Exchange): ApiError => {
  const Class = error.constructor as new(fields: object) => ApiError // the class of an error makes another like it
  const words = "error" in error ? { error: redact(error.error, exchange.secret) } : {}
  return new Class({ ...error, ...words, ...callInfo(exchange) })
}

const callInfo = (exchange: Exchange.Exchange) => ({
  operation: exchange.operation,
  status: exchange.response?.status ?? 0,
  attempts: exchange.attempts,
  requestId: requestId(exchange),
  sent: isRefusal(exchange.response?.status ?? 0) && exchange.maybeDone ? "maybe" : exchange.sent,
  retryAt: exchange.retryAt
})

/** A status that the endpoint does not declare, or a body that is not what it declares. */
const undeclared = (body: string, issue: string, exchange: Exchange.Exchange): ApiError => {
  const info = callInfo(exchange)
  const { secret } = exchange
  const words = info.status >= 500 ? serverWords(body) : null
  return words === null
    ? new UnexpectedResponse({ ...info, issue: redact(issue, secret), body: redact(body, secret).slice(0, maxBody) })
    : new ServerError({ ...info, error: redact(words, secret) })
}

const networkError = (wire: HttpClientError.HttpClientError, exchange: Exchange.Exchange) =>
  new NetworkError({
    operation: exchange.operation,
    code: networkCode(wire.cause),
    reason: redact(reasonOf(wire.cause), exchange.secret),
    attempts: exchange.attempts,
    sent: exchange.maybeDone ? "maybe" : sentOf(wire)
  })

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return "no answer"
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}

const bodyOf = (exchange: Exchange.Exchange): Effect.Effect<string> =>
  exchange.response === undefined ? Effect.succeed("") : Effect.orElseSucceed(exchange.response.text, () => "")

const requestId = (exchange: Exchange.Exchange): string | null => {
  const headers = exchange.response?.headers
  return headers?.["cf-ray"] ?? headers?.["x-request-id"] ?? headers?.["request-id"] ?? null
}

const serverWords = (body: string): string | null => {
  const words = Schema.decodeOption(Schema.fromJsonString(Schema.Struct({ error: Schema.String })))(body)
  return words._tag === "Some" ? words.value.error : null
}

/** Takes a secret, presigned query strings, upload ids and keys out of a text that somebody else wrote. */
export const redact = (text: string, secret?: string): string =>
  (secret === undefined ? text : text.replaceAll(secret, "<redacted>"))
    .replace(/(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi, "$1?<redacted>")
    .replace(/("?(?:upload_?id|x-api-key|api_?key|authorization)"?\s*[:=]\s*"?)[^\s"',&}]+/gi, "$1<redacted>")

const maxBody = 2048
