/**
 * What the client repeats, and when. A 429 is repeated for every request, as the server did nothing; a 5xx, a broken
 * connection or an answer that was cut only where the contract says that doing it twice is doing it once.
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Headers from "effect/http/Headers"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type { ApiError } from "./ApiError.ts"
import { isThrottled, isTransient, isTransientStatus } from "./ErrorCategory.ts"

export { isTransientStatus } from "./ErrorCategory.ts"

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
  /** The longest that one attempt may take, its body included. @default 60 seconds */
  readonly attemptTimeout: Duration.Duration
}

export const defaultPolicy: RetryPolicy = {
  times: 4,
  base: Duration.millis(500),
  baseAfter429: Duration.seconds(1),
  cap: Duration.seconds(20),
  within: Duration.minutes(2),
  maxRetryAfter: Duration.minutes(5),
  attemptTimeout: Duration.seconds(60)
}

/** The policy in force. Change it for a part of a program with `Effect.provideService`. */
export const RetryPolicy = Context.Reference<RetryPolicy>("@nunu-effect/core/RetryPolicy", {
  defaultValue: () => defaultPolicy
})

/** Never repeats anything and never waits: while the client is held back by a 429, calls fail at once. */
export const never: RetryPolicy = { ...defaultPolicy, times: 0, maxRetryAfter: Duration.zero }

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
export const retryAt = (
  response: { readonly headers: Readonly<Record<string, string | undefined>> },
  now: number
): DateTime.Utc | null => {
  const wait = retryAfter(response, now)
  return wait === null ? null : DateTime.makeUnsafe(Math.min(now + Duration.toMillis(wait), maxEpochMillis))
}

/** A call that has failed, as the schedule of its repeats sees it. */
export interface FailedCall {
  readonly error: ApiError
  readonly method: string
  /** Doing it twice is doing it once. */
  readonly repeatable: boolean
  /** A request was sent this time: not when the call was held back, or could not be sent at all. */
  readonly wasSent: boolean
  /** When the first attempt was begun, in epoch milliseconds. */
  readonly begunAt: number
  /** When the server said to come back. */
  readonly retryAt: DateTime.Utc | null
}

/**
 * The one predicate: whether the client repeats a request that ended so. An answer that is not JSON counts as a broken
 * connection for GET only: of any other request it is the answer to something that was done.
 */
export const isRetryable = ({ error, method, repeatable, wasSent }: FailedCall): boolean =>
  wasSent &&
  (isThrottled(error) ||
    (repeatable && isTransient(error) &&
      (error._tag !== "UnexpectedResponse" || isTransientStatus(error.status) || method === "GET")))

/**
 * When a call is repeated: exponential from `base` to `cap`, each wait drawn from 50 to 100 % of that, and never before
 * the time that the server asked for. It ends with what must not be repeated, after `times`, when `within` is over, and
 * when the server asks for more than `maxRetryAfter`.
 */
export const schedule = (policy: RetryPolicy): Schedule.Schedule<number, FailedCall> =>
  Schedule.forever.pipe(
    Schedule.setInputType<FailedCall>(),
    Schedule.while(({ attempt, input, now }) =>
      Effect.succeed(
        isRetryable(input) && attempt <= policy.times &&
          now - input.begunAt < Duration.toMillis(policy.within) &&
          askedFor(input, now) <= Duration.toMillis(policy.maxRetryAfter)
      )
    ),
    Schedule.modifyDelay(({ attempt, input, now }) =>
      Effect.map(Random.next, (random) => {
        const base = Duration.toMillis(isThrottled(input.error) ? policy.baseAfter429 : policy.base)
        const exponential = Math.min(base * 2 ** (attempt - 1), Duration.toMillis(policy.cap))
        return Duration.millis(Math.max(Math.ceil(exponential * (0.5 + random / 2)), askedFor(input, now)))
      })
    )
  )

/** Milliseconds from `now` for which the server wants to be left alone. */
export const askedFor = ({ retryAt }: FailedCall, now: number): number =>
  retryAt === null ? 0 : Math.max(0, DateTime.toEpochMillis(retryAt) - now)

/** A change of some fields of a policy. */
export interface Change {
  readonly times?: number
  readonly base?: Duration.Input
  readonly baseAfter429?: Duration.Input
  readonly cap?: Duration.Input
  readonly within?: Duration.Input
  readonly maxRetryAfter?: Duration.Input
  readonly attemptTimeout?: Duration.Input
}

/**
 * Changes the policy for the calls that an effect makes; fields that are not given stay as they are.
 *
 * ```ts
 * import { RetryPolicy } from "@nunu-effect/core"
 * import { Duration, Effect } from "effect"
 *
 * const program = RetryPolicy.RetryPolicy.pipe(
 *   Effect.map((policy) => [policy.times, Duration.toSeconds(policy.cap)]),
 *   RetryPolicy.withRetryPolicy({ times: 1 })
 * )
 * const result = await Effect.runPromise(program) // => [1, 20]
 * ```
 */
export const withRetryPolicy: {
  (change: Change): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, change: Change): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, change: Change): Effect.Effect<A, E, R> =>
    Effect.updateService(self, RetryPolicy, (policy) => {
      const duration = (name: Exclude<keyof Change, "times">) =>
        change[name] === undefined ? policy[name] : Duration.fromInputUnsafe(change[name])
      return {
        times: change.times ?? policy.times,
        base: duration("base"),
        baseAfter429: duration("baseAfter429"),
        cap: duration("cap"),
        within: duration("within"),
        maxRetryAfter: duration("maxRetryAfter"),
        attemptTimeout: duration("attemptTimeout")
      }
    })
)

/**
 * Sets how long each attempt of the calls that an effect makes may take. For a bound on a call with all its repeats take
 * `Effect.timeout`.
 *
 * ```ts
 * import { RetryPolicy } from "@nunu-effect/core"
 * import { Duration, Effect } from "effect"
 *
 * const program = RetryPolicy.RetryPolicy.pipe(
 *   Effect.map((policy) => Duration.toSeconds(policy.attemptTimeout)),
 *   RetryPolicy.withAttemptTimeout("5 seconds")
 * )
 * const seconds = await Effect.runPromise(program) // => 5
 * ```
 */
export const withAttemptTimeout: {
  (duration: Duration.Input): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E, R> =>
    withRetryPolicy(self, { attemptTimeout: duration })
)

const maxEpochMillis = 8.64e15
