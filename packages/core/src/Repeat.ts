/** What a program can be told while a call waits for its next attempt, as such waits add up to minutes of silence. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "./ApiError.ts"

/** An attempt that failed, and the one that will follow. */
export interface Repeat {
  readonly error: ApiError
  /** The number of the attempt that will follow: 2 is the first repeat. */
  readonly attempt: number
  /** How many attempts the retry policy allows in all. */
  readonly attempts: number
  /** From now to the attempt that will follow. */
  readonly wait: Duration.Duration
}

/**
 * Is run before each wait for another attempt: of the client, and of what repeats a call by rules of its own, such as the
 * start of an upload. It must be quick: the wait begins when it has ended.
 *
 * ```ts
 * import { Repeat } from "@nunu-effect/core"
 * import { Console, Duration, Effect } from "effect"
 *
 * const tell = ({ attempt, attempts, error, wait }: Repeat.Repeat) =>
 *   Console.error(`${error.message}: again in ${Duration.format(wait)} (${attempt} of ${attempts})`)
 * const program = Repeat.OnRepeat.pipe(
 *   Effect.map((onRepeat) => onRepeat === tell),
 *   Effect.provideService(Repeat.OnRepeat, tell)
 * )
 * const result = await Effect.runPromise(program) // => true
 * ```
 */
export const OnRepeat = Context.Reference<(repeat: Repeat) => Effect.Effect<void>>(
  "@nunu-effect/core/Repeat/OnRepeat",
  { defaultValue: () => () => Effect.void }
)
