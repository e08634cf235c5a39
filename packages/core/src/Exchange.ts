/**
 * What happened on the wire during one call: written by the HTTP client, read when the call has failed. Errors get
 * their `attempts`, `requestId` and `sent` from here.
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type { Sent } from "./ApiError.ts"

export interface Exchange {
  /** What is being done, in words: `get run`. */
  readonly operation: string
  /** The request may be repeated when it is not known whether it was done. */
  readonly repeatable: boolean
  attempts: number
  /** An attempt may have been done, whatever became of the later ones. */
  maybeDone: boolean
  sent: Sent
  response: HttpClientResponse.HttpClientResponse | undefined
  /** The API key that went with the request: servers may repeat it in what they answer. */
  secret: string | undefined
  /** When the server said to come back. */
  retryAt: DateTime.Utc | null
}

export const make = ({ operation, repeatable }: Pick<Exchange, "operation" | "repeatable">): Exchange => ({
  operation,
  repeatable,
  attempts: 0,
  maybeDone: false,
  sent: "never",
  response: undefined,
  secret: undefined,
  retryAt: null
})

/** The exchange of the call that is under way, if it is one of this client's. */
export const CurrentExchange = Context.Reference<Exchange | undefined>("@nunu-effect/core/Exchange/CurrentExchange", {
  defaultValue: () => undefined
})
