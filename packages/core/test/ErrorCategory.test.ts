import { assert, describe, it } from "@effect/vitest"
import * as ApiError from "../src/ApiError.ts"
import * as ErrorCategory from "../src/ErrorCategory.ts"

const network = { operation: "get run", code: null, reason: "r", attempts: 1 }
const unexpected = { operation: "get run", issue: "i", body: "", attempts: 1, requestId: null, sent: "yes" as const }
const error = "No"

const errors = {
  badRequest: new ApiError.BadRequest({ error }),
  unauthorized: new ApiError.Unauthorized({ error }),
  quota: new ApiError.QuotaExceeded({ error }),
  forbidden: new ApiError.Forbidden({ error }),
  notFound: new ApiError.NotFound({ error }),
  conflict: new ApiError.Conflict({ error }),
  tooLarge: new ApiError.PayloadTooLarge({ error }),
  tooMany: new ApiError.TooManyRequests({ error }),
  failed: new ApiError.ServerError({ error }),
  unavailable: new ApiError.ServerError({ error, status: 503 }),
  notImplemented: new ApiError.ServerError({ error, status: 501 }),
  refused: new ApiError.NetworkError({ ...network, sent: "never" }),
  lost: new ApiError.NetworkError({ ...network, sent: "maybe" }),
  page: new ApiError.UnexpectedResponse({ ...unexpected, status: 200, reason: "NotJson" }),
  gateway: new ApiError.UnexpectedResponse({ ...unexpected, status: 502, reason: "NotJson" }),
  shape: new ApiError.UnexpectedResponse({ ...unexpected, status: 200, reason: "WrongShape" }),
  blocked: new ApiError.UnexpectedResponse({ ...unexpected, status: 403, reason: "NotJson" })
}

const categories: ReadonlyArray<readonly [string, (u: unknown) => boolean, ReadonlyArray<keyof typeof errors>]> = [
  ["isAuth", ErrorCategory.isAuth, ["unauthorized", "forbidden"]],
  ["isNotFound", ErrorCategory.isNotFound, ["notFound"]],
  ["isQuota", ErrorCategory.isQuota, ["quota"]],
  ["isThrottled", ErrorCategory.isThrottled, ["tooMany"]],
  [
    "isTransient",
    ErrorCategory.isTransient,
    ["tooMany", "failed", "unavailable", "refused", "lost", "page", "gateway"]
  ],
  ["isRetryable", ErrorCategory.isRetryable, ["tooMany", "unavailable", "refused"]]
]

describe.each(categories)("%s", (_, is, members) => {
  it.each(Object.entries(errors))("is true of its own only: %s", (name, error) => {
    assert.strictEqual(is(error), members.some((member) => member === name))
  })

  it("is false of what is no error of the API", () => {
    for (const other of [null, undefined, "NotFound", new Error("No"), { _tag: "NotFound" }]) assert.isFalse(is(other))
  })
})
