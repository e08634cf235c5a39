/**
 * Tells a connection on which nothing moves any more from one that is slow: it watches progress, not totals.
 *
 * Kernel buffers hide 4 to 6 MB, so nothing shorter than these times would be safe.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { connectionFailed } from "./StorageAnswer.ts"

/** What a transport tells of one PUT; read by `watch`. */
export interface Stall {
  /** Bytes were handed to the connection, and have to be taken by it. */
  readonly handed: () => void
  /** The connection has taken all that was handed to it; nothing is waited for. */
  readonly taken: () => void
  /** The last byte is taken, or a bit of the answer is there; the rest of the answer has to come. */
  readonly answering: () => void
  /**
   * Fails when the connection takes no byte for 30 s, or the answer does not come for 60 s. `queued` gives how many
   * bytes of those handed the connection has not taken yet: when they get fewer, something moves.
   */
  readonly watch: (queued: () => number) => Effect.Effect<never, ReturnType<typeof connectionFailed>>
}

/** Watches one PUT from now on: making the connection counts as taking a byte. */
export const make: Effect.Effect<Stall> = Effect.map(Clock.Clock, (clock) => {
  // The time of day may be set meanwhile.
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  let since: number | null = now()
  let limit = noByteMillis
  let handed = 0
  return {
    handed: () => {
      handed++
      since = now()
    },
    taken: () => {
      since = null
    },
    answering: () => {
      since = now()
      limit = noAnswerMillis
    },
    watch: Effect.fnUntraced(function*(queued) {
      let last = { handed, size: queued() }
      while (true) {
        const left = since === null ? limit : since + limit - now()
        if (left <= 0) {
          return yield* connectionFailed(
            new Error(limit === noByteMillis ? "it took no byte for 30 s" : "no answer for 60 s after the last byte")
          )
        }
        yield* Effect.sleep(Math.min(left, lookMillis))
        const size = queued()
        if (since !== null && handed === last.handed && size < last.size) since = now()
        last = { handed, size }
      }
    })
  }
})

const noByteMillis = 30_000

const noAnswerMillis = 60_000

/** A part of a block that was taken shows only when somebody looks. */
const lookMillis = 5000
