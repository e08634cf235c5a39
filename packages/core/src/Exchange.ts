/**
 * What happened on the wire during one call: written by the HTTP client, read when the call has ended. Errors get
 * their `attempts`, `requestId` and `sent` from here, spans and metrics their numbers.
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import type { Sent } from "./ApiError.ts"
import type { HoldBack } from "./HoldBack.ts"
import { isSecretParam } from "./Redaction.ts"

export interface Exchange {
  /** What is being done, in words: `get run`. */
  readonly operation: string
  /** The request may be repeated when it is not known whether it was done. */
  readonly repeatable: boolean
  request: HttpClientRequest.HttpClientRequest | undefined
  attempts: number
  /** When the first attempt began, in epoch milliseconds. */
  begunAt: number
  /** An attempt may have been done, whatever became of the later ones. */
  maybeDone: boolean
  sent: Sent
  response: HttpClientResponse.HttpClientResponse | undefined
  /** When the server said to come back. */
  retryAt: DateTime.Utc | null
  /** The pause of the client that makes the call. */
  holdBack: HoldBack | undefined
  /** Milliseconds spent waiting because the server, or a limit of our own, wanted fewer requests. */
  throttledMillis: number
}

export const make = ({ operation, repeatable }: Pick<Exchange, "operation" | "repeatable">): Exchange => ({
  operation,
  repeatable,
  request: undefined,
  attempts: 0,
  begunAt: 0,
  maybeDone: false,
  sent: "never",
  response: undefined,
  retryAt: null,
  holdBack: undefined,
  throttledMillis: 0
})

/** The credentials that went with the request: servers may repeat them in what they answer. */
export const secretsOf = ({ request }: Exchange): ReadonlyArray<string> => {
  if (request === undefined) return []
  const inQuery = Array.from(request.urlParams).flatMap(([name, value]) =>
    isSecretParam(name) ? [Redacted.isRedacted(value) ? Redacted.value(value) : value] : []
  )
  const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
  const inBody = Array.from(body.matchAll(/"upload_id"\s*:\s*"([^"\\]+)"/g), (match) => match[1] ?? "")
  const key: string = request.headers["x-api-key"] ?? ""
  return [key, ...inQuery, ...inBody].filter((secret) => secret !== "")
}

/** The exchange of the call that is under way, if it is one of this client's. */
export const CurrentExchange = Context.Reference<Exchange | undefined>("@nunu-effect/core/Exchange/CurrentExchange", {
  defaultValue: () => undefined
})
