/** Requests that must not be cut short: what they have done must be known. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** How long an interruption waits for the answer of a request that starts or reserves something. */
export const period: Duration.Input = "1500 millis"

/**
 * Runs an effect to its end also when it is interrupted meanwhile, but for no longer than `period`: then the effect is
 * interrupted too, wherever it is interruptible, as a server that does not answer must not hold a process.
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDetach(Effect.interruptible(effect)), (fiber) =>
      Effect.onInterrupt(
        restore(Fiber.join(fiber)),
        () =>
          Fiber.await(fiber).pipe(
            Effect.interruptible,
            Effect.timeoutOption(period),
            Effect.andThen(Fiber.interrupt(fiber))
          )
      ))
  )
