/**
 * A limit on the requests of a client before the server has to refuse any. Off unless its layer is provided: the vendor
 * names no figures.
 *
 * It is not `HttpClient.withRateLimiter`, which repeats a 429 without limit unless it is given `times`, for every kind of
 * request, and so would take the decision away from the retry policy.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"

/** Waits until the limit allows another request. `undefined`: there is no limit. */
export const RateLimit = Context.Reference<Effect.Effect<void> | undefined>("@nunu-effect/core/RateLimit", {
  defaultValue: () => undefined
})

export interface Options {
  /** Requests in each window, repeats included. */
  readonly limit: number
  /** @default 1 second */
  readonly window?: Duration.Input
}

/**
 * Limits the clients that are made with it, all together, by a token bucket in memory.
 *
 * ```ts
 * import { Nunu, RateLimit } from "@nunu-effect/core"
 * import { Layer } from "effect"
 *
 * const layer = Nunu.layerConfig.pipe(Layer.provide(RateLimit.layer({ limit: 5 })))
 * ```
 */
export const layer = (options: Options): Layer.Layer<never> =>
  Layer.effect(
    RateLimit,
    Effect.map(RateLimiter.RateLimiter, (limiter) =>
      RateLimiter.sleep(limiter, {
        algorithm: "token-bucket",
        key: "nunu",
        window: options.window ?? "1 second",
        limit: options.limit
      }).pipe(Effect.orDie, Effect.asVoid)) // the store in memory does not fail
  ).pipe(Layer.provide(RateLimiter.layer), Layer.provide(RateLimiter.layerStoreMemory))
