/**
 * What the places of a window achieve: bytes accepted and the time that it took, interval by interval.
 *
 * Systems take the first megabytes of a part into their buffers at once. They count only when the storage has
 * acknowledged the part, with all of its time; what goes after them counts as it goes, so that parts of any length tell
 * something. Bytes and time of a part are counted together: a rate does not depend on when an interval ends.
 */
import type { Outcome } from "./Concurrency.ts"

export interface Goodput {
  readonly begin: (size: number, now: number) => Attempt
  /** Ends an interval, if it was long enough for a window so wide: gives what was achieved in it, else null. */
  readonly take: (now: number, width: number) => { readonly bytes: number; readonly placeMillis: number } | null
  /** Begins anew, as the window has another width: parts that were begun before tell of both. */
  readonly restart: (now: number) => void
}

export interface Attempt {
  readonly sent: (bytes: number, now: number) => void
  /** Gives the bytes that are stored, or that were sent in vain; an attempt without an outcome leaves no trace. */
  readonly end: (outcome: Outcome | null, now: number) => number
}

/** Measures from a moment on, in epoch milliseconds. */
export const make = (start: number): Goodput => {
  let since = start
  let restarted = start
  let bytes = 0
  let placeMillis = 0
  let counts = 0
  const reset = (now: number) => {
    since = now
    bytes = 0
    placeMillis = 0
    counts = 0
  }
  return {
    restart: (now) => {
      restarted = now
      reset(now)
    },
    take: (now, width) => {
      if (now - since < shortest || counts < Math.max(2, width / 2)) return null
      const taken = { bytes, placeMillis }
      reset(now)
      return taken
    },
    begin: (size, begun) => {
      let sent = 0
      let last: number | null = null
      const counted = { bytes: 0, millis: 0 }
      const count = (more: number, millis: number) => {
        counted.bytes += more
        counted.millis += millis
        bytes += more
        placeMillis += millis
        counts++
      }
      return {
        sent: (more, now) => {
          sent += more
          if (sent < hidden) return
          if (last !== null) count(more, now - last)
          last = now
        },
        end: (outcome, now) => {
          if (outcome === "stored") {
            if (begun >= restarted) count(size - counted.bytes, now - begun - counted.millis)
          } else if (outcome !== null) count(-counted.bytes, now - begun - counted.millis)
          return outcome === "stored" ? size : sent
        }
      }
    }
  }
}

/** Milliseconds. */
const shortest = 250

/** Bytes of a part that may be in buffers yet. */
const hidden = 4 * 1024 ** 2
