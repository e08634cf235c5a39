/**
 * The pause of a whole client after a 429: who got it waits anyway, and all others that use the same client and key
 * wait with it instead of asking for more refusals.
 *
 * It lasts as long as the server said or, where the server said nothing, as long as the call that got the 429 waits
 * before it tries again. A call waits for it up to `maxRetryAfter` of the retry policy; if it ends later, the call fails
 * at once with `TooManyRequests` and its `retryAt`, without being sent. Who waits goes on a little after the end, never
 * before it: up to a tenth of the wait later, and up to a second, so that not all ask at the same instant. After `maxRetryAfter` requests are let through
 * again whatever the server said, so that one wrong `Retry-After` cannot lock a long-running program out.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { TooManyRequests } from "./ApiError.ts"
import type { RetryPolicy } from "./RetryPolicy.ts"

export interface HoldBack {
  /** The end that the server or the call wants, in epoch milliseconds. */
  until: number
  /** From here on requests are let through again, in epoch milliseconds. */
  opensAt: number
}

/** A client that is not held back. */
export const make = (): HoldBack => ({ until: 0, opensAt: 0 })

/** Holds a client back from `now` to `until`, both in epoch milliseconds. A longer hold-back stays. */
export const hold = (
  self: HoldBack,
  options: { readonly now: number; readonly until: number; readonly policy: RetryPolicy }
): void => {
  if (options.until <= self.until && isHeld(self, options.now)) return
  self.until = options.until
  self.opensAt = Math.min(options.until, options.now + holdAtMost(options.policy))
}

/** Whether requests of the client have to wait at `now`, in epoch milliseconds. */
export const isHeld = (self: HoldBack, now: number): boolean => self.opensAt > now

/** Waits until the client is not held back any more; gives the milliseconds that it took. */
export const wait = Effect.fnUntraced(
  function*(self: HoldBack, policy: RetryPolicy): Effect.fn.Return<number, TooManyRequests> {
    const begun = yield* Clock.currentTimeMillis
    const patience = Duration.toMillis(policy.maxRetryAfter)
    let now = begun
    while (isHeld(self, now)) {
      // Others may hold the client back again and again: the patience is for all of that together.
      if (self.until - begun > patience) {
        return yield* new TooManyRequests({
          error: "Held back after an earlier 429",
          attempts: 0,
          sent: "never",
          retryAt: DateTime.makeUnsafe(self.until)
        })
      }
      const left = self.opensAt - now
      yield* Effect.sleep(Duration.millis(left + Math.round((yield* Random.next) * Math.min(left / 10, 1000))))
      now = yield* Clock.currentTimeMillis
    }
    return now - begun
  }
)

/** A policy that never waits may still hold others back: for as long as they would wait by default. */
const holdAtMost = (policy: RetryPolicy): number =>
  Duration.toMillis(Duration.isZero(policy.maxRetryAfter) ? Duration.minutes(5) : policy.maxRetryAfter)
