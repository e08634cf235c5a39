/** Ways in which a call fails, sorted by what they say of the request. */
import {
  BadRequest,
  Forbidden,
  type KeyedCallError,
  NetworkError,
  NotFound,
  QuotaExceeded,
  ServerError,
  TooManyRequests,
  Unauthorized,
  UnexpectedResponse
} from "@nunu-effect/core/ApiError"

/** What a start can fail with. */
export type StartError = BadRequest | QuotaExceeded | NotFound | KeyedCallError

export const server = (status: number, more: { readonly sent?: "maybe" } = {}) =>
  new ServerError({ error: "went wrong", status, ...more })

export const tooMany = new TooManyRequests({ error: "Too many requests" })

const network = { operation: "start run", reason: "broken", attempts: 1 }

/** No connection was made. */
export const refused = new NetworkError({ ...network, code: "ECONNREFUSED", sent: "never" })

/** The connection broke on the way. */
export const cut = new NetworkError({ ...network, code: "UND_ERR_SOCKET", sent: "maybe" })

/** An answer that cannot be read. */
export const unreadable = (status: number) =>
  new UnexpectedResponse({
    operation: "start run",
    status,
    issue: "Expected an object",
    body: "<html>",
    attempts: 1,
    requestId: null,
    sent: "yes"
  })

export const notFound = new NotFound({ error: "job not found" })

export const unauthorized = new Unauthorized({ error: "Invalid API key" })

export const badRequest = new BadRequest({ error: "retries must be 0 to 10" })

/** Nothing was done, and it may be asked again. */
export const notDone: ReadonlyArray<readonly [string, StartError]> = [
  ["429", tooMany],
  ["503", server(503)],
  ["a refused connection", refused]
]

/** It may have been done. */
export const lost: ReadonlyArray<readonly [string, StartError]> = [
  ["500", server(500)],
  ["502", server(502)],
  ["504", server(504)],
  ["503 after an attempt that was cut", server(503, { sent: "maybe" })],
  ["a cut connection", cut],
  ["a 200 that cannot be read", unreadable(200)],
  ["a redirect", unreadable(302)],
  ["a proxy's page", unreadable(502)]
]

/** Nothing was done, and asking again would not help. */
export const hopeless: ReadonlyArray<readonly [string, StartError]> = [
  ["400", badRequest],
  ["401", unauthorized],
  ["402", new QuotaExceeded({ error: "Quota exceeded" })],
  ["403", new Forbidden({ error: "API key expired" })],
  ["404", new NotFound({ error: "multiplayer test not found" })],
  ["a status that nobody documents", unreadable(418)]
]
