/** Time for programs under `TestClock`: as much as they need, and not a moment of the real one. */
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import { Clock, type Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Runs a program for so long; gives how it ended, or undefined when it has not. */
export const during = Effect.fnUntraced(function*<A, E, R>(duration: Duration.Input, program: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(program)
  yield* TestClock.adjust(duration)
  return fiber.pollUnsafe()
})

/** Runs a program that does nothing but wait and ask stubs, to its end. */
export const toEnd = Effect.fnUntraced(function*<A, E, R>(program: Effect.Effect<A, E, R>) {
  const exit = yield* during("1 day", program)
  return exit === undefined ? yield* Effect.die(new Error("not over within a day")) : yield* exit
})

/** Runs a program that fails, to its end, and gives the error. */
export const failureOf = <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.flip(toEnd(program))

/** Lets time pass until a fiber has ended, step by step, with real moments for the files and hashes of an emulator. */
export const pass = Effect.fnUntraced(function*<A, E>(
  fiber: Fiber.Fiber<A, E>,
  step: Duration.Input | (() => Duration.Input) = "1 second"
) {
  for (let steps = 0; fiber.pollUnsafe() === undefined; steps++) {
    if (steps > 20_000) return yield* Effect.die(new Error("a fiber does not end"))
    yield* TestClock.withLive(Effect.sleep("1 millis"))
    if (fiber.pollUnsafe() === undefined) yield* TestClock.adjust(typeof step === "function" ? step() : step)
  }
  return yield* Fiber.await(fiber)
})

/** Runs a program on an emulator, to its end. On a busy machine the clock runs ahead of it: no attempt is too slow. */
export const passToEnd = <A, E, R>(program: Effect.Effect<A, E, R>, step?: Duration.Input) =>
  Effect.flatMap(
    Effect.forkChild(RetryPolicy.withAttemptTimeout(program, "1 hour")),
    (fiber) => Effect.flatten(pass(fiber, step))
  )

/** Seconds on the clock. */
export const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)

/** The exit is an interruption and nothing else. */
export const isInterrupted = (exit: Exit.Exit<unknown, unknown> | undefined): boolean =>
  exit !== undefined && Exit.isFailure(exit) && exit.cause.reasons.every((reason) => reason._tag === "Interrupt")
