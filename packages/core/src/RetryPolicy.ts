/**
 * What the client repeats, and when. A 429 is repeated for every request, as the server did nothing; a 5xx, a broken
 * connection or an answer that was cut only where the contract says that doing it twice is doing it once.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"

export interface RetryPolicy {
  /** How often a request is repeated at most. @default 4 */
  readonly times: number
  /** Wait before the first repeat; doubled each time. @default 500 millis */
  readonly base: Duration.Duration
  /** Wait before the first repeat after a 429. @default 1 second */
  readonly baseAfter429: Duration.Duration
  /** The longest wait of the client's own. @default 20 seconds */
  readonly cap: Duration.Duration
  /** No wait for a repeat is begun later than this after the first attempt. @default 2 minutes */
  readonly within: Duration.Duration
  /** The longest `Retry-After` that is waited for; beyond it the call fails at once and tells when. @default 5 minutes */
  readonly maxRetryAfter: Duration.Duration
}

export const defaultPolicy: RetryPolicy = {
  times: 4,
  base: Duration.millis(500),
  baseAfter429: Duration.seconds(1),
  cap: Duration.seconds(20),
  within: Duration.minutes(2),
  maxRetryAfter: Duration.minutes(5)
}

/** The policy in force. Change it for a part of a program with `Effect.provideService`. */
export const RetryPolicy = Context.Reference<RetryPolicy>("@nunu-effect/core/RetryPolicy", {
  defaultValue: () => defaultPolicy
})

/** Never repeats anything. */
export const never: RetryPolicy = { ...defaultPolicy, times: 0 }

/** An attempt that may be worth repeating: an answer that is a refusal, or no answer. */
export class FailedAttempt extends Data.TaggedError("FailedAttempt")<{
  readonly repeatable: boolean
  readonly outcome: HttpClientResponse.HttpClientResponse | HttpClientError.HttpClientError
}> {
  get status(): number | null {
    return "status" in this.outcome ? this.outcome.status : null
  }

  /** How long the server asked to be left alone, counted from `now` in epoch milliseconds. */
  retryAfter(now: number): Duration.Duration | null {
    if (!("status" in this.outcome)) return null
    return retryAfter(this.outcome, now)
  }
}

/** Reads `Retry-After`, in seconds or as a date, as a wait from `now` in epoch milliseconds; `null` without one. */
export const retryAfter = (
  response: { readonly headers: Readonly<Record<string, string | undefined>> },
  now: number
): Duration.Duration | null => {
  const header = response.headers["retry-after"]
  if (header === undefined) return null
  return Result.match(Headers.parseRetryAfter(header), {
    onSuccess: (value) => Headers.retryAfterDelay(value, now),
    onFailure: () => null
  })
}

/** The moment that `Retry-After` names; `null` without one. */
export const retryAt = (response: HttpClientResponse.HttpClientResponse, now: number): DateTime.Utc | null => {
  const wait = retryAfter(response, now)
  return wait === null || !Duration.isFinite(wait)
    ? null
    : DateTime.makeUnsafe(Math.min(now + Duration.toMillis(wait), maxEpochMillis))
}

/** Statuses that say that something between us and the answer failed, not the request. */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || (status >= 500 && status !== 501 && status !== 505)

/** The one predicate: whether an attempt may be repeated at all. */
export const isRetryable = (attempt: FailedAttempt): boolean =>
  attempt.status === 429 || (attempt.repeatable && (attempt.status === null || isTransientStatus(attempt.status)))

/**
 * When an attempt is repeated: exponential from `base` to `cap`, each wait drawn from 50 to 100 % of that, and never
 * before the time that the server asked for.
 */
export const schedule = (policy: RetryPolicy): Schedule.Schedule<number, FailedAttempt> =>
  Schedule.forever.pipe(
    Schedule.setInputType<FailedAttempt>(),
    Schedule.upTo({ times: policy.times, duration: policy.within }),
    Schedule.modifyDelay(({ attempt, input, now }) =>
      Effect.map(Random.next, (random) => {
        const base = input.status === 429 ? policy.baseAfter429 : policy.base
        const exponential = Duration.min(Duration.times(base, 2 ** (attempt - 1)), policy.cap)
        const own = Duration.times(exponential, 0.5 + random / 2)
        return Duration.max(own, input.retryAfter(now) ?? Duration.zero)
      })
    )
  )

const maxEpochMillis = 8.64e15
