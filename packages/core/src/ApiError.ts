/**
 * The ways a call can fail: one class per status that the API documents, and two for what it does not.
 *
 * A body holds `{error, code?, details?}`; the client adds what it knows of the call (`operation`, `status`, `attempts`,
 * `requestId`, `sent`). Every error can be turned into JSON and holds no secret.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { CallInfo } from "./CallInfo.ts"
import { callInfo, clientSide, errorJson, nullWhereAbsent, Sent } from "./CallInfo.ts"

export { type CallInfo, Sent } from "./CallInfo.ts"

const body = {
  /** The server's words. */
  error: Schema.String,
  /** The server's word for it, such as `UPLOAD_NOT_FOUND`; `null` where it gave none. */
  code: nullWhereAbsent(Schema.String),
  details: Schema.optionalKey(Schema.Unknown),
  ...callInfo
}

const say = (error: CallInfo & { readonly error: string }, hint: string): string =>
  `Cannot ${error.operation}: ${error.error} (${error.status})${hint === "" ? "" : `. ${hint}`}`

const withDefault = <S extends Schema.Top & Schema.WithoutConstructorDefault>(schema: S, value: S["~type.make.in"]) =>
  schema.pipe(Schema.withConstructorDefault(Effect.succeed(value)))

/** 400: the request is not valid. */
export class BadRequest extends Schema.Error<BadRequest>("BadRequest")(
  { _tag: Schema.tagDefaultOmit("BadRequest"), ...body, status: clientSide(Schema.Finite, 400) },
  { httpApiStatus: 400 }
) {
  readonly hint: string = ""
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 401: no key, or one that is not known. */
export class Unauthorized extends Schema.Error<Unauthorized>("Unauthorized")(
  { _tag: Schema.tagDefaultOmit("Unauthorized"), ...body, status: clientSide(Schema.Finite, 401) },
  { httpApiStatus: 401 }
) {
  readonly hint: string = "Set NUNU_API_TOKEN to an API key of the project"
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 402: a quota is used up. `used`, `capacity` and `needed` are bytes where the server tells them, else null. */
export class QuotaExceeded extends Schema.Error<QuotaExceeded>("QuotaExceeded")(
  { _tag: Schema.tagDefaultOmit("QuotaExceeded"), ...body, status: clientSide(Schema.Finite, 402) },
  { httpApiStatus: 402 }
) {
  readonly used: number | null = numberIn(this.details, "used")
  readonly capacity: number | null = numberIn(this.details, "capacity")
  readonly needed: number | null = numberIn(this.details, "needed")
  readonly hint: string = "Delete old builds or ask for more storage"
  override get message(): string {
    const numbers = this.used === null || this.capacity === null
      ? ""
      : `, ${this.used} of ${this.capacity} bytes used${this.needed === null ? "" : `, ${this.needed} needed`}`
    return say({ ...this, error: `${this.error}${numbers}` }, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 403: the key may not do this: it has expired, is disabled, or lacks a permission, which is then named. */
export class Forbidden extends Schema.Error<Forbidden>("Forbidden")(
  { _tag: Schema.tagDefaultOmit("Forbidden"), ...body, status: clientSide(Schema.Finite, 403) },
  { httpApiStatus: 403 }
) {
  readonly reason: "KeyExpired" | "KeyDisabled" | "PermissionMissing" | "Other" = forbiddenReason(this.error)
  readonly permission: string | null = /permission: *(\S+)/i.exec(this.error)?.[1] ?? null
  readonly hint: string = this.permission !== null
    ? `Give the key the permission ${this.permission}`
    : this.reason === "Other"
    ? ""
    : "Make a new API key"
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 404: no such thing, or not in this project. */
export class NotFound extends Schema.Error<NotFound>("NotFound")(
  { _tag: Schema.tagDefaultOmit("NotFound"), ...body, status: clientSide(Schema.Finite, 404) },
  { httpApiStatus: 404 }
) {
  readonly hint: string = ""
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 409: somebody else changed it first (then the versions are told), or it is in use. */
export class Conflict extends Schema.Error<Conflict>("Conflict")(
  {
    _tag: Schema.tagDefaultOmit("Conflict"),
    ...body,
    expected_version: Schema.optionalKey(Schema.Finite),
    latest_version: Schema.optionalKey(Schema.Finite),
    status: clientSide(Schema.Finite, 409)
  },
  { httpApiStatus: 409 }
) {
  readonly hint: string = this.latest_version === undefined ? "" : `The latest version is ${this.latest_version}`
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 413: the file or the request is too large. */
export class PayloadTooLarge extends Schema.Error<PayloadTooLarge>("PayloadTooLarge")(
  { _tag: Schema.tagDefaultOmit("PayloadTooLarge"), ...body, status: clientSide(Schema.Finite, 413) },
  { httpApiStatus: 413 }
) {
  readonly hint: string = ""
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 429: too many requests, also after the repeats that the retry policy allows. `retryAt` where the server told it. */
export class TooManyRequests extends Schema.Error<TooManyRequests>("TooManyRequests")(
  {
    _tag: Schema.tagDefaultOmit("TooManyRequests"),
    ...body,
    status: clientSide(Schema.Finite, 429),
    retryAt: clientSide(Schema.NullOr(Schema.DateTimeUtc), null)
  },
  { httpApiStatus: 429 }
) {
  readonly hint: string = this.retryAt === null
    ? "Wait a while and try again"
    : `Try again at ${DateTime.formatIso(this.retryAt)}`
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** 5xx: the server failed. Whether it did what was asked is not known, but for 503, which did nothing. */
export class ServerError extends Schema.Error<ServerError>("ServerError")(
  { _tag: Schema.tagDefaultOmit("ServerError"), ...body, status: clientSide(Schema.Finite, 500) },
  { httpApiStatus: 500 }
) {
  readonly hint: string = ""
  override get message(): string {
    return say(this, this.hint)
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** No answer: the connection was not made (`sent: "never"`), or broke or took too long (`sent: "maybe"`). */
export class NetworkError extends Schema.TaggedError<NetworkError>()("NetworkError", {
  operation: Schema.String,
  /** The system's code, such as `ECONNREFUSED`; `TIMEOUT` when an attempt took longer than the retry policy allows. */
  code: Schema.NullOr(Schema.String),
  reason: Schema.String,
  attempts: Schema.Finite,
  sent: Sent
}) {
  readonly status: null = null
  readonly requestId: null = null
  readonly hint: string = this.sent === "never" ? "Check the API URL and the network" : ""
  override get message(): string {
    const done = this.code === "TIMEOUT"
      ? "the answer took too long"
      : this.sent === "never"
      ? "no connection was made"
      : "the connection broke"
    return `Cannot ${this.operation}: ${done}: ${this.reason}${this.hint === "" ? "" : `. ${this.hint}`}`
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** An answer that cannot be read: a proxy's page, cut JSON, a redirect, a status that is documented nowhere. */
export class UnexpectedResponse extends Schema.TaggedError<UnexpectedResponse>()("UnexpectedResponse", {
  operation: Schema.String,
  status: Schema.Finite,
  /** `NotJson`: cut, or no JSON at all. `TooLarge`: beyond `ResponseBody.MaxBytes`. */
  reason: withDefault(Schema.Literals(["UnknownStatus", "NotJson", "WrongShape", "TooLarge"]), "UnknownStatus"),
  /** What was wrong and where in the body. */
  issue: Schema.String,
  /** Where in the body, such as `data[0].id`; `null` where it is not one place. */
  path: withDefault(Schema.NullOr(Schema.String), null),
  /** The start of the body, secrets taken out. */
  body: Schema.String,
  attempts: Schema.Finite,
  requestId: Schema.NullOr(Schema.String),
  sent: Sent
}) {
  readonly code: null = null
  readonly hint: string = this.reason === "TooLarge" ? "" : "Check the API URL, and proxies on the way"
  override get message(): string {
    return `Cannot ${this.operation}: unexpected answer (${this.status}): ${this.issue}${
      this.hint === "" ? "" : `. ${this.hint}`
    }`
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}

/** What every call can end with, beside the statuses of its endpoint. */
export type CallError = TooManyRequests | ServerError | NetworkError | UnexpectedResponse

/** What every call with an API key can end with, beside the statuses of its endpoint. */
export type KeyedCallError = CallError | Unauthorized | Forbidden

/** Any failure of a call. */
export type ApiError =
  | KeyedCallError
  | BadRequest
  | QuotaExceeded
  | NotFound
  | Conflict
  | PayloadTooLarge

const statusErrors = [
  [400, BadRequest],
  [401, Unauthorized],
  [402, QuotaExceeded],
  [403, Forbidden],
  [404, NotFound],
  [409, Conflict],
  [413, PayloadTooLarge],
  [429, TooManyRequests],
  [500, ServerError]
] as const

/** Reads the body of a failed call as the error of its status. Fails for a status that no class stands for. */
export const decodeStatus = (status: number, body: unknown): Effect.Effect<ApiError, Schema.SchemaError> => {
  const schema = byStatus.get(status >= 500 ? 500 : status) ?? Schema.Never
  return Schema.decodeUnknownEffect(schema)(body)
}

const byStatus = new Map<number, Schema.Codec<ApiError, unknown>>(statusErrors)

/** The failure is one of the API's, as against a defect or an error of the caller's. */
export const isApiError = (u: unknown): u is ApiError =>
  u instanceof NetworkError || u instanceof UnexpectedResponse || statusErrors.some(([, Class]) => u instanceof Class)

/** Nothing was done on the remote side: no connection, 429 or 503 in every attempt. Safe to repeat whatever it was. */
export const wasNotDone = (error: ApiError): boolean =>
  error.sent === "never" || (error.sent === "yes" && isRefusal(error.status))

/** Statuses with which a server turns a request away before it does anything. */
export const isRefusal = (status: number | null): boolean => status === 429 || status === 503

const numberIn = (details: unknown, key: string): number | null =>
  Predicate.hasProperty(details, key) && typeof details[key] === "number" ? details[key] : null

const forbiddenReason = (text: string): Forbidden["reason"] =>
  /expired/i.test(text)
    ? "KeyExpired"
    : /disabled/i.test(text) && /key/i.test(text)
    ? "KeyDisabled"
    : /permission/i.test(text)
    ? "PermissionMissing"
    : "Other"
