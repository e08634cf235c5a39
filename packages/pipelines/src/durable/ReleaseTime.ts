/** The time as it is written down. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Whole milliseconds since 1970: a clock may give parts of one, and stores take none. */
export const now: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, Math.floor)
