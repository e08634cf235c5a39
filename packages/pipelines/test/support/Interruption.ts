/** Interruption of a program at a place that is counted, not timed: before its n-th operation. */
import { Effect, type Fiber, Scheduler } from "effect"
import { TestClock } from "effect/testing"

/** How a program ended that was to be interrupted before its n-th operation. */
export interface Cut<A, E> {
  readonly fiber: Fiber.Fiber<A, E>
  /** False when the program had ended before it came so far. */
  readonly reached: boolean
}

/** Every operation is a place where a fiber may be made to wait, and so a place where an interruption may come. */
export const interruptBefore = Effect.fnUntraced(
  function*<A, E, R>(operation: number, program: Effect.Effect<A, E, R>) {
    const parent = yield* Scheduler.Scheduler
    let target: Fiber.Fiber<unknown, unknown> | undefined // not the fibers that the program forks
    let operations = 0
    const scheduler: Scheduler.Scheduler = {
      executionMode: parent.executionMode,
      makeDispatcher: () => parent.makeDispatcher(),
      shouldYield: (fiber) => {
        target ??= fiber
        if (fiber === target && ++operations === operation) fiber.interruptUnsafe()
        return parent.shouldYield(fiber)
      }
    }
    const fiber = yield* Effect.forkChild(Effect.provideService(program, Scheduler.Scheduler, scheduler))
    // All that can be done is done before time passes; from then on the clock waits for what it wakes.
    for (let turns = 25; fiber.pollUnsafe() === undefined; turns = 2) {
      for (let turn = 0; turn < turns && fiber.pollUnsafe() === undefined; turn++) yield* Effect.yieldNow
      yield* TestClock.adjust("5 seconds")
    }
    const cut: Cut<A, E> = { fiber, reached: operations >= operation }
    return cut
  }
)
