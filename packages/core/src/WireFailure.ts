/** What a call can fail with on the wire, folded into an `ApiError` that knows of the call and holds no secret. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { ApiError } from "./ApiError.ts"
import {
  BadRequest,
  isApiError,
  isRefusal,
  NetworkError,
  ServerError,
  TooManyRequests,
  UnexpectedResponse
} from "./ApiError.ts"
import * as Exchange from "./Exchange.ts"
import { networkCode, sentOf } from "./NunuHttpClient.ts"
import { redact, safeJson } from "./Redaction.ts"
import { BodyTooLarge } from "./ResponseBody.ts"

/** What the generated client fails with beside the errors that an endpoint declares. */
export type WireFailure = HttpClientError.HttpClientError | Schema.SchemaError

/** Folds the cause of a failed call. Interruptions and defects pass; of two failures the more telling one is kept. */
export const fold = (
  cause: Cause.Cause<unknown>,
  exchange: Exchange.Exchange,
  { operation, refusesInput }: { readonly operation: string; readonly refusesInput: boolean }
): Effect.Effect<never, ApiError> => {
  const failures = cause.reasons.filter(Cause.isFailReason).map((reason) => reason.error)
  const wire = failures.find(HttpClientError.isHttpClientError)
  const declared = [...failures, wire?.cause].find(isApiError) // a call that was held back has it as its cause
  if (declared !== undefined) return Effect.fail(withCallInfo(declared, exchange))
  const schemaError = failures.find(Schema.isSchemaError)
  const unsent = exchange.attempts > 0 ? undefined : schemaError ?? (isRequestFault(wire) ? wire : undefined)
  if (unsent !== undefined) {
    const error = redact(unsent.message, Exchange.secretsOf(exchange))
    return refusesInput
      ? Effect.fail(new BadRequest({ error, operation, attempts: 0, sent: "never" }))
      : Effect.die(unsent)
  }
  if (schemaError === undefined && wire === undefined) return Effect.failCause(cause as Cause.Cause<never>) // no failure left
  if (exchange.response === undefined && wire !== undefined) return Effect.fail(networkError(wire, exchange))
  return Effect.flatMap(bodyOf(exchange), (body) => Effect.fail(undeclared(body, schemaError, wire, exchange)))
}

/** Writes what is known of the call into an error that was decoded from a body. */
const withCallInfo = (error: ApiError, exchange: Exchange.Exchange): ApiError => {
  const Class = error.constructor as new(fields: object) => ApiError // the class of an error makes another like it
  if (error.attempts === 0) { // held back: there is no answer of its own
    const { attempts, operation, sent } = callInfo(exchange)
    return new Class({ ...error, operation, attempts, sent })
  }
  const secrets = Exchange.secretsOf(exchange)
  return new Class({
    ...error,
    ...("error" in error ? { error: redact(error.error, secrets) } : {}),
    ...("details" in error ? { details: safeJson(error.details, secrets) } : {}),
    ...callInfo(exchange)
  })
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
const undeclared = (
  body: string,
  schemaError: Schema.SchemaError | undefined,
  wire: HttpClientError.HttpClientError | undefined,
  exchange: Exchange.Exchange
): ApiError => {
  const info = callInfo(exchange)
  const secrets = Exchange.secretsOf(exchange)
  const words = serverWords(body)
  // Whoever sent it and whatever it looks like, a 429 is one.
  if (info.status === 429) return new TooManyRequests({ ...info, error: redact(words ?? "Too many requests", secrets) })
  if (info.status >= 500 && words !== null) return new ServerError({ ...info, error: redact(words, secrets) })
  const tooLarge = wire?.cause instanceof BodyTooLarge ? wire.cause : undefined
  const notJson = tooLarge === undefined ? jsonFault(body) : null
  const wrongShape = notJson === null ? schemaError : undefined
  const issue = tooLarge !== undefined
    ? `The body is longer than ${tooLarge.maxBytes} bytes`
    : notJson ?? schemaError?.message ?? wire?.message ?? ""
  return new UnexpectedResponse({
    ...info,
    reason: tooLarge !== undefined
      ? "TooLarge"
      : notJson !== null
      ? "NotJson"
      : wrongShape !== undefined
      ? "WrongShape"
      : "UnknownStatus",
    issue: redact(issue, secrets).slice(0, maxText),
    path: wrongShape === undefined ? null : pathOf(wrongShape),
    body: redact(body.slice(0, 2 * maxText), secrets).slice(0, maxText)
  })
}

const networkError = (wire: HttpClientError.HttpClientError, exchange: Exchange.Exchange) =>
  new NetworkError({
    operation: exchange.operation,
    code: networkCode(wire.cause),
    reason: redact(reasonOf(wire.cause), Exchange.secretsOf(exchange)),
    attempts: exchange.attempts,
    sent: exchange.maybeDone ? "maybe" : sentOf(wire)
  })

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return "no answer"
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}

const isRequestFault = (wire: HttpClientError.HttpClientError | undefined): boolean =>
  wire?.reason._tag === "InvalidUrlError" || wire?.reason._tag === "EncodeError"

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

/** Why a body is no JSON at all; `null` if it is some. */
const jsonFault = (body: string): string | null => {
  if (body.trim() === "") return "The body is empty"
  try {
    JSON.parse(body)
    return null
  } catch {
    return "The body is not JSON" // the parser's own words quote the body
  }
}

const pathOf = (error: Schema.SchemaError): string | null => {
  const [first] = SchemaIssue.makeFormatterStandardSchemaV1()(error.issue).issues
  const path = (first?.path ?? []).map((step) => typeof step === "object" ? step.key : step)
  return path.length === 0
    ? null
    : path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`).join("").replace(/^\./, "")
}

const maxText = 2048
