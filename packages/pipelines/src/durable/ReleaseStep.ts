/**
 * A step of a release: an activity that is done until it has a result, however often that takes. What does not pass is a
 * failure; a quota and a key are waited for, for a day at most.
 *
 * Interruption of an attempt means that this process goes away: it must leave everything so that the next one goes on.
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Activity from "effect/workflow/Activity"
import * as DurableClock from "effect/workflow/DurableClock"
import type { ReleaseEvent } from "./ReleaseEvent.ts"
import type { ReleaseLogError } from "./ReleaseLog.ts"
import { ReleaseLog } from "./ReleaseLog.ts"
import type { StepAttempt } from "./ReleaseSteps.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseTime from "./ReleaseTime.ts"
import type { Problem, Undone } from "./StepResult.ts"
import { stepResult } from "./StepResult.ts"

/** The step will not be done. */
export class StepFailed extends Data.TaggedError("StepFailed")<{ readonly message: string }> {}

/** The release was cancelled during the step. */
export class StepCancelled extends Data.TaggedError("StepCancelled")<{}> {}

/** What an attempt fails with. */
export class StepUndone extends Data.TaggedError("StepUndone")<{ readonly problem: Problem }> {}

/** A step: what it is called, and what is done. */
export interface StepOptions<A, R> {
  readonly releaseId: string
  /** Begins the names of its activities: never another for the same step, as they are written down. */
  readonly name: string
  readonly success: Schema.Codec<A, unknown>
  readonly execute: Effect.Effect<A, StepUndone, R>
}

type Result<A> = { readonly _tag: "Done"; readonly value: A } | Undone

/** Does a step, once for each release. */
export const run = Effect.fnUntraced(function*<A, R>({ execute, name, releaseId, success }: StepOptions<A, R>) {
  let held = 0
  let heldMinutes = 0
  let again = 0
  let wasHeld = false
  for (let number = 1;; number++) {
    const attempt = `${name}-${number}`
    const result: Result<A> = yield* Activity.make({
      name: attempt,
      success: stepResult(success),
      execute: attemptOf(execute, { attempt, releaseId, wasHeld })
    })
    wasHeld = result._tag === "Held"
    switch (result._tag) {
      case "Done":
        return result.value
      case "Cancelled":
        return yield* new StepCancelled()
      case "Failed":
        return yield* new StepFailed({ message: result.message })
      case "Again": {
        if (++again > repeatsAtMost) return yield* new StepFailed({ message: result.message })
        yield* sleep(`Repeat-${attempt}`, Duration.seconds(Math.min(30 * 2 ** (again - 1), 600)))
        break
      }
      case "Held": {
        const minutes = Math.min(2 ** held++, 15)
        if (heldMinutes + minutes > heldMinutesAtMost) return yield* new StepFailed({ message: result.message })
        heldMinutes += minutes
        yield* sleep(holdName(result.number), Duration.minutes(minutes))
      }
    }
  }
})

/** The name of the wait of a hold, by its number within the release. */
export const holdName = (number: number): string => `Hold-${number}`

/** The step whose attempts are the holds of a release. */
export const holds = "Hold"

/** Writes an event down, once. */
export const tell = Effect.fnUntraced(function*(releaseId: string, key: string, event: ReleaseEvent) {
  const log = yield* ReleaseLog
  yield* patiently(log.append(releaseId, key, event))
})

/**
 * Ends when an attempt is the latest, and its note is written: then it may do what cannot be done twice, at once. Whoever
 * stood still for more than a moment meanwhile asks again.
 *
 * One that is not the latest waits for its end, which is coming where another process has the release now. Where it does
 * not come, what has begun the step was late, as a request that a line has kept back: then the attempt is interrupted, and
 * the engine begins another.
 */
export const stillOurs = Effect.fnUntraced(function*(releaseId: string, step: string, attempt: StepAttempt) {
  const steps = yield* ReleaseSteps
  while (true) {
    const before = yield* ReleaseTime.now
    const isLatest = yield* patiently(steps.write(releaseId, step, attempt))
    if (!isLatest) return yield* Effect.delay(Effect.interrupt, "1 minute")
    if ((yield* ReleaseTime.now) - before <= moment) return
  }
})

/** Milliseconds: less than it takes until another process takes over. */
const moment = 2000

/**
 * Repeats what the store has refused until it does not, as a disk that is full is not full for ever: a release that went on
 * without its book, or was given up for it, would be worse than one that waits.
 */
export const patiently = <A, R>(effect: Effect.Effect<A, ReleaseLogError, R>): Effect.Effect<A, never, R> =>
  effect.pipe(
    Effect.tapError(({ message }) => Effect.logWarning(message)),
    Effect.retry(Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("10 seconds")])),
    Effect.orDie
  )

const repeatsAtMost = 10
const heldMinutesAtMost = 24 * 60

/** One attempt, given up as soon as the release is cancelled. */
const attemptOf = <A, R>(
  execute: Effect.Effect<A, StepUndone, R>,
  { attempt, releaseId, wasHeld }: {
    readonly attempt: string
    readonly releaseId: string
    readonly wasHeld: boolean
  }
) =>
  Effect.gen(function*() {
    if (wasHeld) yield* tell(releaseId, `resumed/${attempt}`, { _tag: "Resumed" })
    return yield* Effect.map(execute, (value) => ({ _tag: "Done" as const, value }))
  }).pipe(
    Effect.catchTag("StepUndone", ({ problem }) => writeDown(problem, { attempt, releaseId })),
    (effect) => Effect.raceFirst(effect, Effect.as(cancelled(releaseId), { _tag: "Cancelled" as const }))
  )

const writeDown = Effect.fnUntraced(function*(problem: Problem, { attempt, releaseId }: {
  readonly attempt: string
  readonly releaseId: string
}) {
  if (problem._tag !== "Held") return { _tag: problem._tag, message: problem.message }
  const steps = yield* ReleaseSteps
  const { number } = yield* patiently(steps.begin(releaseId, holds))
  yield* tell(releaseId, `held/${attempt}`, problem)
  return { ...problem, number }
})

/** Ends when somebody has asked to cancel the release. */
const cancelled = Effect.fnUntraced(function*(releaseId: string) {
  const log = yield* ReleaseLog
  yield* log.follow({ releaseId }).pipe(
    Stream.filter(({ event }) => event._tag === "CancelAsked"),
    Stream.runHead,
    Effect.flatMap((asked) => Option.isSome(asked) ? Effect.void : Effect.never),
    Effect.retry(Schedule.spaced("5 seconds")),
    Effect.orDie
  )
})

/** Sleeps without a fiber, however short; what waits can be woken. */
const sleep = (name: string, duration: Duration.Duration) =>
  DurableClock.sleep({ name, duration, inMemoryThreshold: 0 })
