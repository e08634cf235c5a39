/**
 * How many parts should be under way at once, as found out on the way: more while that makes the whole faster, half
 * when the storage refuses or fails, less where connections die under large parts. Pure: a state and what was observed
 * give the next state.
 */

/** The narrowest, the widest and the first width that `"auto"` takes. */
export const bounds = { min: 1, max: 32, first: 4 }

export interface Concurrency {
  readonly width: number
  /** Grows as long as that pays, or holds for so many more intervals before it tries again. */
  readonly phase: Growing | { readonly _tag: "Holding"; readonly intervals: number }
  /** What was measured at this width so far. */
  readonly sample: Sample
  /** Not grown beyond: the storage refused there. */
  readonly ceiling: number
  /** How often the width was cut; attempts of an earlier count do not cut it again. */
  readonly cuts: number
  /** How the latest attempts ended, the newest last. */
  readonly failures: ReadonlyArray<boolean>
  readonly generation: Generation
  /** Where it was before it shrank for dying connections, to return to if that did not help. */
  readonly shrunkFrom: Measured | null
  /** For so many more generations it does not shrink, as that did not help. */
  readonly resisting: number
}

interface Growing {
  readonly _tag: "Growing"
  /** What it has to be faster than; null at the start. */
  readonly from: Measured | null
  /** Intervals in which it was not. */
  readonly doubts: number
}

interface Measured {
  readonly width: number
  /** Bytes a millisecond of the whole window. */
  readonly goodput: number
}

interface Sample {
  /** Accepted, less what was taken back. */
  readonly bytes: number
  /** Added over all places of the window. */
  readonly placeMillis: number
}

/** About as many attempts as there are parts under way. */
interface Generation {
  readonly since: number
  readonly ended: number
  readonly broken: number
  readonly storedBytes: number
  readonly lostBytes: number
}

export type Observation =
  /** An interval, all of which there was work waiting for a place. */
  | ({ readonly _tag: "Interval" } & Sample)
  /** An attempt at a part has ended. */
  | {
    readonly _tag: "Ended"
    readonly outcome: Outcome
    /** Stored, or sent in vain. */
    readonly bytes: number
    /** `cuts` when it began. */
    readonly cuts: number
    /** Epoch milliseconds. */
    readonly at: number
  }

/** `throttled`: a 429 or a 503. `broken`: the connection. */
export type Outcome = "stored" | "throttled" | "broken" | "failed"

/** Where every upload starts. */
export const start = (now: number): Concurrency => ({
  width: bounds.first,
  phase: { _tag: "Growing", from: null, doubts: 0 },
  sample: nothing,
  ceiling: bounds.max,
  cuts: 0,
  failures: [],
  generation: generationFrom(now),
  shrunkFrom: null,
  resisting: 0
})

/** Takes an observation in; the width of the result is the one to have now. */
export const observe = (state: Concurrency, seen: Observation): Concurrency => {
  if (seen._tag === "Interval") return measure(state, seen)
  const stale = seen.cuts < state.cuts
  if (seen.outcome === "throttled" && !stale) return cut(state, seen.at, state.width - 2)
  const failures = [...state.failures, seen.outcome !== "stored" && !stale].slice(-Math.max(state.width, 4))
  const failed = failures.filter((failed) => failed).length
  if (!stale && failed >= 2 && failed * 3 >= Math.max(state.width, 4)) return cut(state, seen.at, state.ceiling)
  const { generation } = state
  const next: Generation = {
    ...generation,
    ended: generation.ended + 1,
    broken: generation.broken + (seen.outcome === "broken" ? 1 : 0),
    storedBytes: generation.storedBytes + (seen.outcome === "stored" ? seen.bytes : 0),
    lostBytes: generation.lostBytes + (seen.outcome === "broken" ? seen.bytes : 0)
  }
  return next.ended < Math.max(state.width, 8)
    ? { ...state, failures, generation: next }
    : judge({ ...state, failures, generation: generationFrom(seen.at) }, next, seen.at)
}

/** Growth that is less than this is none. */
const worth = 1.05

/** Intervals without growth until it is believed. */
const maxDoubts = 3

/** Intervals to hold: after growth ended, after a cut, and at a width beyond which the storage refused. */
const holding = { settled: 20, cut: 20, ceiling: 120 }

const nothing: Sample = { bytes: 0, placeMillis: 0 }

const generationFrom = (since: number): Generation => ({ since, ended: 0, broken: 0, storedBytes: 0, lostBytes: 0 })

const hold = (state: Concurrency, intervals: number): Concurrency => ({
  ...state,
  phase: { _tag: "Holding", intervals },
  sample: nothing
})

const measure = (state: Concurrency, seen: Sample): Concurrency => {
  const { phase, width } = state
  const sample = {
    bytes: state.sample.bytes + seen.bytes,
    placeMillis: state.sample.placeMillis + seen.placeMillis
  }
  const here: Measured = {
    width,
    goodput: sample.placeMillis === 0 ? 0 : Math.max(0, sample.bytes) / sample.placeMillis * width
  }
  if (phase._tag === "Holding") {
    if (phase.intervals > 1) return { ...state, sample, phase: { ...phase, intervals: phase.intervals - 1 } }
    return width < state.ceiling
      ? grow(state, here, 2)
      : width < bounds.max
      ? grow({ ...state, ceiling: Math.min(bounds.max, state.ceiling + 2) }, here, 2)
      : hold(state, holding.settled)
  }
  const { from } = phase
  if (from === null) return grow(state, here, 4)
  const gain = here.goodput / from.goodput
  // Half of what the places have grown by: the line has room, so that a larger step is safe.
  if (here.goodput > 0 && gain >= worth) return grow(state, here, gain - 1 >= (width / from.width - 1) / 2 ? 4 : 2)
  return phase.doubts + 1 < maxDoubts
    ? { ...state, sample, phase: { ...phase, doubts: phase.doubts + 1 } }
    : hold({ ...state, width: from.width }, holding.settled)
}

const grow = (state: Concurrency, from: Measured, step: number): Concurrency => {
  const width = Math.min(bounds.max, state.ceiling, state.width + step)
  if (width <= state.width) return hold(state, state.width < bounds.max ? holding.ceiling : holding.settled)
  return { ...state, width, phase: { _tag: "Growing", from, doubts: 0 }, sample: nothing }
}

const cut = (state: Concurrency, at: number, ceiling: number): Concurrency => {
  const width = Math.max(bounds.min, Math.floor(state.width / 2))
  const intervals = width < ceiling ? holding.cut : holding.ceiling
  return hold({
    ...state,
    width,
    ceiling: Math.max(width, ceiling),
    cuts: state.cuts + 1,
    failures: [],
    generation: generationFrom(at),
    shrunkFrom: null
  }, intervals)
}

/** Shrinks while much of what is sent is lost with its connections, as long as that does not make the whole slower. */
const judge = (state: Concurrency, ended: Generation, at: number): Concurrency => {
  const lost = ended.lostBytes / Math.max(1, ended.lostBytes + ended.storedBytes)
  const here: Measured = { width: state.width, goodput: ended.storedBytes / Math.max(1, at - ended.since) }
  const { shrunkFrom } = state
  if (shrunkFrom !== null && here.goodput * worth < shrunkFrom.goodput) {
    return hold({ ...state, width: shrunkFrom.width, shrunkFrom: null, resisting: 10 }, holding.settled)
  }
  if (ended.broken < 2 || lost < lossWorthShrinking) return { ...state, shrunkFrom: null }
  if (state.resisting > 0) return { ...state, resisting: state.resisting - 1 }
  const width = Math.max(bounds.min, Math.min(state.width - 1, Math.floor(state.width * 3 / 4)))
  return width === state.width ? state : hold({ ...state, width, shrunkFrom: here }, holding.settled)
}

/** Of all bytes that were sent. */
const lossWorthShrinking = 0.15
