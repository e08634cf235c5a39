/** Kinds of errors that programs tell apart: each predicate takes anything, so that it fits `Effect.catchIf`. */
import type { ApiError, QuotaExceeded, TooManyRequests } from "./ApiError.ts"
import { Forbidden, isApiError, NotFound, Unauthorized, wasNotDone } from "./ApiError.ts"

/** The key is missing, unknown, expired or disabled, or may not do this: asking again with it does not help. */
export const isAuth = (u: unknown): u is Unauthorized | Forbidden => u instanceof Unauthorized || u instanceof Forbidden

/** There is no such thing, or not in this project. */
export const isNotFound = (u: unknown): u is NotFound => u instanceof NotFound

/** A quota of the project is used up. */
export const isQuota = (u: unknown): u is QuotaExceeded => isApiError(u) && u._tag === "QuotaExceeded"

/** The server wants fewer requests; `retryAt` says when, where it is known. */
export const isThrottled = (u: unknown): u is TooManyRequests => isApiError(u) && u._tag === "TooManyRequests"

/**
 * May go away by itself: too many requests, no answer, a failing server, an answer that was cut. It says nothing about
 * whether asking again is safe; see `isRetryable`.
 */
export const isTransient = (u: unknown): u is ApiError => isApiError(u) && mayPass(u)

/** May go away by itself, and nothing was done: asking again later is safe whatever the request was. */
export const isRetryable = (u: unknown): u is ApiError => isTransient(u) && wasNotDone(u)

/** Statuses that say that something between us and the answer failed, not the request. */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || (status >= 500 && status !== 501 && status !== 505)

const mayPass = (error: ApiError): boolean => {
  switch (error._tag) {
    case "TooManyRequests":
    case "NetworkError":
      return true
    case "ServerError":
      return isTransientStatus(error.status)
    case "UnexpectedResponse":
      return isTransientStatus(error.status) ||
        (error.reason === "NotJson" && error.status >= 200 && error.status < 300)
    default:
      return false
  }
}
