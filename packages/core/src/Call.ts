/**
 * One call of an endpoint: gives its request an `Exchange` to write to, folds whatever the generated client can end with
 * into the endpoint's own errors, `NetworkError` and `UnexpectedResponse`, and repeats what the retry policy repeats.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { ApiError, NetworkError, UnexpectedResponse } from "./ApiError.ts"
import { Repeatable } from "./Endpoint.ts"
import { isThrottled } from "./ErrorCategory.ts"
import * as Exchange from "./Exchange.ts"
import * as HoldBack from "./HoldBack.ts"
import { OnRepeat } from "./Repeat.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import * as Telemetry from "./Telemetry.ts"
import type { WireFailure } from "./WireFailure.ts"
import { fold } from "./WireFailure.ts"

/** What a call needs to know of its endpoint. */
export interface Endpoint {
  readonly identifier: string
  readonly method: string
  readonly path: string
  readonly annotations: Context.Context<never>
  readonly error: ReadonlySet<Schema.Top>
}

/** Calls an endpoint. What it ends with is exactly the endpoint's errors and the two that any call can end with. */
export const callEndpoint = <A, E, R>(
  endpoint: Endpoint,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> => call(optionsOf(endpoint), effect)

export interface CallOptions {
  /** What is being done, in words: `get run`. */
  readonly operation: string
  /** The request may be repeated when it is not known whether it was done. */
  readonly repeatable: boolean
  /** Input that cannot be sent is a `BadRequest`; elsewhere its type already excludes it, and it is a defect. */
  readonly refusesInput: boolean
  /** @default the span `nunu.request` */
  readonly observed?: Telemetry.Observed
}

/** Makes a call of which all that matters is known. */
export const call = <A, E, R>(
  options: CallOptions,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> =>
  Effect.suspend(() => {
    const exchange = Exchange.make(options)
    const once = effect.pipe(
      Effect.provideService(Exchange.CurrentExchange, exchange),
      Effect.catchCause((cause) => fold(cause, exchange, options))
    )
    const all = repeated(once, exchange)
    return Telemetry.observe(all, exchange, options.observed ?? { span: "nunu.request" })
  }) as Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> // `fold` keeps declared errors only

/** Repeats a call as the retry policy says. Of a 429 the whole client is told, so that the others wait too. */
const repeated = <A, E extends ApiError, R>(once: Effect.Effect<A, E, R>, exchange: Exchange.Exchange) =>
  Effect.flatMap(RetryPolicy.RetryPolicy, (policy) => {
    let attempts = 0
    const failed = (error: E): RetryPolicy.FailedCall & { readonly error: E } => {
      const wasSent = exchange.attempts > attempts
      attempts = exchange.attempts
      return {
        error,
        method: exchange.request?.method ?? "",
        repeatable: exchange.repeatable,
        wasSent,
        begunAt: exchange.begunAt,
        retryAt: exchange.retryAt
      }
    }
    const waits = ({ attempt, duration, input, now }: Schedule.Metadata<number, RetryPolicy.FailedCall>) =>
      Effect.flatMap(OnRepeat, (onRepeat) => {
        if (isThrottled(input.error)) {
          const wait = Duration.toMillis(duration)
          exchange.throttledMillis += wait
          if (exchange.holdBack !== undefined) HoldBack.hold(exchange.holdBack, { now, until: now + wait, policy })
        }
        return onRepeat({ error: input.error, attempt: attempt + 1, attempts: policy.times + 1, wait: duration })
      })
    return Effect.mapError(once, failed).pipe(
      Effect.retry(Schedule.tap(RetryPolicy.schedule(policy), waits)),
      Effect.catch((last) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const asked = RetryPolicy.askedFor(last, now)
          if (last.wasSent && isThrottled(last.error) && asked > 0 && exchange.holdBack !== undefined) {
            HoldBack.hold(exchange.holdBack, { now, until: now + asked, policy })
          }
          return Effect.fail(last.error)
        })
      )
    )
  })

/** What is known of an endpoint does not change: it is found out once. */
const optionsOf = (endpoint: Endpoint): CallOptions => {
  const known = optionsByEndpoint.get(endpoint)
  if (known !== undefined) return known
  const options = {
    operation: (Context.getOrUndefined(endpoint.annotations, OpenApi.Summary) ?? endpoint.identifier).toLowerCase(),
    repeatable: endpoint.method === "GET" || Context.getOrUndefined(endpoint.annotations, Repeatable) === true,
    refusesInput: Array.from(endpoint.error).some((schema) =>
      Schema.resolveAnnotations(schema)?.["httpApiStatus"] === 400
    ),
    observed: Telemetry.observedOf(endpoint)
  }
  optionsByEndpoint.set(endpoint, options)
  return options
}

const optionsByEndpoint = new WeakMap<Endpoint, CallOptions>()
