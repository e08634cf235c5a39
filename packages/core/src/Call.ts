/**
 * One call of an endpoint: gives its request an `Exchange` to write to, folds whatever the generated client can end with
 * into the endpoint's own errors, `NetworkError` and `UnexpectedResponse`, and repeats what the retry policy repeats.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type { ApiError, NetworkError, UnexpectedResponse } from "./ApiError.ts"
import { Repeatable } from "./Endpoint.ts"
import * as Exchange from "./Exchange.ts"
import * as HoldBack from "./HoldBack.ts"
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
    const all = Effect.catch(once, (error) => repeat(once, error, exchange))
    return Telemetry.observe(all, exchange, options.observed ?? { span: "nunu.request" })
  }) as Effect.Effect<A, Exclude<E, WireFailure> | NetworkError | UnexpectedResponse, R> // `fold` keeps declared errors only

/** Repeats a call as the retry policy says. Of a 429 the whole client is told, so that the others wait too. */
const repeat = Effect.fnUntraced(function*<A, E extends ApiError, R>(
  once: Effect.Effect<A, E, R>,
  first: E,
  exchange: Exchange.Exchange
): Effect.fn.Return<A, E, R> {
  const policy = yield* RetryPolicy.RetryPolicy
  const request = { method: exchange.request?.method ?? "", repeatable: exchange.repeatable }
  let error = first
  let attempt = 0
  while (exchange.attempts > attempt) { // else it was held back, or could not be sent at all
    attempt = exchange.attempts
    const now = yield* Clock.currentTimeMillis
    const throttled = error._tag === "TooManyRequests"
    const asked = exchange.retryAt === null ? 0 : DateTime.toEpochMillis(exchange.retryAt) - now
    const wait = RetryPolicy.wait(policy, { throttled, attempt, asked, random: yield* Random.next })
    const goesOn = RetryPolicy.isRetryable(error, request) && attempt <= policy.times &&
      now - exchange.begunAt < Duration.toMillis(policy.within) && asked <= Duration.toMillis(policy.maxRetryAfter)
    if (throttled && exchange.holdBack !== undefined && (goesOn || asked > 0)) {
      HoldBack.hold(exchange.holdBack, { now, until: now + (goesOn ? wait : asked), policy })
    }
    if (!goesOn) break
    if (throttled) exchange.throttledMillis += wait
    yield* Effect.sleep(Duration.millis(wait))
    const outcome = yield* Effect.result(once)
    if (outcome._tag === "Success") return outcome.success
    error = outcome.failure
  }
  return yield* Effect.fail(error)
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
