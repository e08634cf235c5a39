/**
 * What the places of a window achieve: how fast a typical one is, interval by interval.
 *
 * Systems take the first megabytes of a part into their buffers at once. They count only when the storage has
 * acknowledged the part, with all of its time; what goes after them counts as it goes, so that parts of any length tell
 * something. Typical is the median over time: some slow parts, and a burst into a buffer, say nothing about whether the
 * line has room.
 */
import type { Outcome } from "./Concurrency.ts"

export interface Goodput {
  readonly begin: (size: number, now: number) => Attempt
  /**
   * Ends an interval, if it was long enough for a window so wide: gives the bytes that typical places would have got
   * accepted in all the time that was counted. Else null.
   */
  readonly take: (now: number, width: number) => { readonly bytes: number; readonly placeMillis: number } | null
  /** Begins anew, as the window has another width: parts that were begun before tell of both. */
  readonly restart: (now: number) => void
}

export interface Attempt {
  readonly sent: (bytes: number, now: number) => void
  /** Gives the bytes that are stored, or that were sent in vain. */
  readonly end: (outcome: Outcome | null, now: number) => number
}

/** Measures from a moment on, in epoch milliseconds. */
export const make = (start: number): Goodput => {
  let since = start
  let restarted = start
  let counts: Array<Count> = []
  const reset = (now: number) => {
    since = now
    counts = []
  }
  return {
    restart: (now) => {
      restarted = now
      reset(now)
    },
    take: (now, width) => {
      if (now - since < shortest || counts.length < Math.max(2, width / 2)) return null
      const placeMillis = counts.reduce((sum, { millis }) => sum + millis, 0)
      if (placeMillis < shortest * width / 4) return null // bursts into buffers, and nothing else yet
      const bytes = typical(counts) * placeMillis
      reset(now)
      return { bytes, placeMillis }
    },
    begin: (size, begun) => {
      let sent = 0
      let last: number | null = null
      let counted = 0
      let gathered = 0
      const count = (rate: number, millis: number) => {
        counted += millis
        if (millis > 0) counts.push({ rate, millis })
      }
      return {
        sent: (more, now) => {
          sent += more
          if (sent < hidden) return
          if (last === null) last = now
          else gathered += more
          // Transports tell of several slices at once, which would look like speed, and then of none, like standing still.
          if (gathered < grain) return
          count(gathered / (now - last), now - last)
          last = now
          gathered = 0
        },
        end: (outcome, now) => {
          if (outcome === "stored" && begun >= restarted) count(size / (now - begun), now - begun - counted)
          return outcome === "stored" ? size : sent
        }
      }
    }
  }
}

/** Bytes a millisecond of one place, and how long. */
interface Count {
  readonly rate: number
  readonly millis: number
}

/** The rate that the places were slower than for half of the time. */
const typical = (counts: ReadonlyArray<Count>): number => {
  const sorted = counts.toSorted((a, b) => a.rate - b.rate)
  let left = sorted.reduce((sum, { millis }) => sum + millis, 0) / 2
  return sorted.find(({ millis }) => (left -= millis) <= 0)?.rate ?? 0
}

/** Milliseconds. */
const shortest = 250

/** Bytes that count as one. */
const grain = 1024 ** 2

/** Bytes of a part that may be in buffers yet. */
const hidden = 4 * 1024 ** 2
