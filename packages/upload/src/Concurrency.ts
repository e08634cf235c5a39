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
  /** What was measured while it grew, the older the less: single intervals vary too much to be compared. */
  readonly before: Sample
  /** How many intervals it holds when growth ends the next time. */
  readonly rest: number
  /** Not grown beyond: the storage refused there, or connections died. */
  readonly ceiling: number
  /** Generations since then in which little was lost. */
  readonly calm: number
  /** How often the width was cut or shrunk; attempts that began before do not do it again. */
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
  /** Intervals at this width so far. */
  readonly intervals: number
  readonly patience: Patience
}

/** How many intervals it takes to believe in growth, and to believe that there is none. */
type Patience = readonly [yes: number, no: number]

interface Measured {
  readonly width: number
  /** Bytes a millisecond of the whole window. */
  readonly goodput: number
}

interface Sample {
  /** Accepted, as typical places do it. */
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
  phase: { _tag: "Growing", from: null, intervals: 0, patience: racing },
  sample: nothing,
  before: nothing,
  rest: rests.shortest,
  ceiling: bounds.max,
  calm: 0,
  cuts: 0,
  failures: [],
  generation: generationFrom(now),
  shrunkFrom: null,
  resisting: 0
})

/**
 * How many parts may be under way when so many more wait: those that are the last go along at once, as the end of a file
 * leaves places idle, but where connections die under wide windows.
 */
export const limit = ({ ceiling, width }: Concurrency, waiting: number): number =>
  ceiling === bounds.max && waiting <= width / 2 ? Math.min(bounds.max, Math.floor(width * 3 / 2)) : width

/** Takes an observation in; the width of the result is the one to have now. */
export const observe = (state: Concurrency, seen: Observation): Concurrency => {
  if (seen._tag === "Interval") return measure(state, seen)
  const stale = seen.cuts < state.cuts
  const generation: Generation = {
    ...state.generation,
    ended: state.generation.ended + 1,
    broken: state.generation.broken + (seen.outcome === "broken" && !stale ? 1 : 0),
    storedBytes: state.generation.storedBytes + (seen.outcome === "stored" ? seen.bytes : 0),
    lostBytes: state.generation.lostBytes + (seen.outcome === "broken" && !stale ? seen.bytes : 0)
  }
  const failures = [...state.failures, seen.outcome !== "stored" && !stale].slice(-Math.max(state.width, 4))
  if (!stale) {
    if (seen.outcome === "throttled") return cut(state, seen.at, state.width - 2)
    const failed = failures.filter((failed) => failed).length
    if (failed >= 2 && failed * 3 >= Math.max(state.width, 4)) {
      // An outage says nothing about the width; connections that die under what they carry do.
      const ceiling = isLossy(generation) ? Math.floor(state.width * 3 / 4) : state.ceiling
      return cut(state, seen.at, ceiling)
    }
  }
  return generation.ended < Math.max(state.width, 8)
    ? { ...state, failures, generation }
    : judge({ ...state, failures, generation: generationFrom(seen.at) }, generation, seen.at)
}

/** Growth that is less than this is none. */
const worth = 1.05

/** Where each step makes much of a difference, the next is taken at once. */
const racing: Patience = [1, 5]

/** Where it does not, chance has a say: a longer look. */
const probing: Patience = [4, 4]

/** Intervals to hold: after growth that was none, longer each time; after a cut; and below where the storage refused. */
const rests = { shortest: 4, longest: 128, cut: 20, ceiling: 120 }

const nothing: Sample = { bytes: 0, placeMillis: 0 }

const generationFrom = (since: number): Generation => ({ since, ended: 0, broken: 0, storedBytes: 0, lostBytes: 0 })

const hold = (state: Concurrency, intervals: number): Concurrency => ({
  ...state,
  phase: { _tag: "Holding", intervals },
  sample: nothing
})

const measure = (state: Concurrency, seen: Sample): Concurrency => {
  const { before, phase, width } = state
  const sample = sum(state.sample, seen)
  const here = goodputOf(sample, width)
  if (phase._tag === "Holding") {
    if (phase.intervals > 1) return { ...state, sample, phase: { ...phase, intervals: phase.intervals - 1 } }
    const ceiling = width < state.ceiling || state.calm < calmEnough ? state.ceiling : state.ceiling + 2
    const probe = { step: width < 12 ? 2 : 4, patience: probing }
    return grow({ ...state, ceiling: Math.min(bounds.max, ceiling), before: sample }, here, probe)
  }
  const { from, patience: [yes, no] } = phase
  if (from === null) return grow({ ...state, before: sample }, here, { step: 4, patience: racing })
  const intervals = phase.intervals + 1
  // A machine that is busy makes intervals slower than the line is, and none faster: in a race the best one counts.
  const best = phase.patience === racing ? Math.max(here.goodput, goodputOf(seen, width).goodput) : here.goodput
  const gain = best / from.goodput
  if (intervals >= yes && here.goodput > 0 && gain >= worth) {
    const known = sum(sample, { bytes: before.bytes / 2, placeMillis: before.placeMillis / 2 })
    // Half of what the places have grown by: the line has room, so that a larger step is safe.
    const roomy = gain - 1 >= (width / from.width - 1) / 2
    return grow(
      { ...state, before: known, rest: rests.shortest },
      roomy ? goodputOf(known, width) : here,
      roomy ? { step: 4, patience: racing } : { step: 2, patience: probing }
    )
  }
  return intervals < no
    ? { ...state, sample, phase: { ...phase, intervals } }
    : hold({ ...state, width: from.width, rest: Math.min(rests.longest, state.rest * 2) }, state.rest)
}

const sum = (a: Sample, b: Sample): Sample => ({ bytes: a.bytes + b.bytes, placeMillis: a.placeMillis + b.placeMillis })

const goodputOf = ({ bytes, placeMillis }: Sample, width: number): Measured => ({
  width,
  goodput: placeMillis === 0 ? 0 : Math.max(0, bytes) / placeMillis * width
})

const grow = (
  state: Concurrency,
  from: Measured,
  options: { readonly step: number; readonly patience: Patience }
): Concurrency => {
  const width = Math.min(bounds.max, state.ceiling, state.width + options.step)
  if (width <= state.width) return hold(state, state.width < bounds.max ? rests.ceiling : rests.longest)
  return {
    ...state,
    width,
    phase: { _tag: "Growing", from, intervals: 0, patience: options.patience },
    sample: nothing
  }
}

const cut = (state: Concurrency, at: number, ceiling: number): Concurrency => {
  const width = Math.max(bounds.min, Math.floor(state.width / 2))
  const intervals = width < ceiling ? rests.cut : rests.ceiling
  return hold({
    ...state,
    width,
    ceiling: Math.max(width, ceiling),
    calm: 0,
    cuts: state.cuts + 1,
    failures: [],
    generation: generationFrom(at),
    shrunkFrom: null
  }, intervals)
}

/** Shrinks while much of what is sent is lost with its connections, as long as that does not make the whole slower. */
const judge = (state: Concurrency, ended: Generation, at: number): Concurrency => {
  const here: Measured = { width: state.width, goodput: ended.storedBytes / Math.max(1, at - ended.since) }
  const { shrunkFrom } = state
  if (shrunkFrom !== null && here.goodput * worth < shrunkFrom.goodput) {
    const width = shrunkFrom.width
    return hold({ ...state, width, ceiling: bounds.max, shrunkFrom: null, resisting: 10 }, rests.cut)
  }
  if (!isLossy(ended)) return { ...state, shrunkFrom: null, calm: state.calm + 1 }
  if (state.resisting > 0) return { ...state, resisting: state.resisting - 1 }
  const width = Math.max(bounds.min, Math.min(state.width - 1, Math.floor(state.width * 3 / 4)))
  return width === state.width
    ? state
    : hold({ ...state, width, ceiling: width, calm: 0, cuts: state.cuts + 1, shrunkFrom: here }, rests.cut)
}

/** Much of what was sent went down with connections. */
const isLossy = ({ broken, lostBytes, storedBytes }: Generation): boolean =>
  broken >= 2 && lostBytes >= 0.15 * (lostBytes + storedBytes) && lostBytes > 0

/** Generations without loss before a ceiling is lifted. */
const calmEnough = 8
