import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Concurrency from "../src/Concurrency.ts"

const { bounds, observe, start } = Concurrency

/** An interval at the width of now in which the whole window achieved so many bytes a millisecond. */
const interval = (state: Concurrency.Concurrency, goodput: number): Concurrency.Concurrency =>
  observe(state, { _tag: "Interval", bytes: goodput * 250, placeMillis: state.width * 250 })

/** Intervals on a line that gives each width a goodput; the widths that were taken, the first one included. */
const widthsOn = (line: (width: number) => number, intervals: number, from = start(0)) => {
  let state = from
  const widths = [state.width]
  for (let count = 0; count < intervals; count++) {
    state = interval(state, line(state.width))
    widths.push(state.width)
  }
  return { state, widths }
}

const ended = (
  state: Concurrency.Concurrency,
  outcome: Concurrency.Outcome,
  options: { readonly at?: number; readonly bytes?: number; readonly cuts?: number } = {}
) => observe(state, { _tag: "Ended", outcome, at: 0, bytes: 1000, cuts: state.cuts, ...options })

const endings = (state: Concurrency.Concurrency, outcomes: ReadonlyArray<Concurrency.Outcome>) =>
  outcomes.reduce((state, outcome) => ended(state, outcome), state)

/** As wide as it gets, on a line without limit. */
const wide = widthsOn((width) => width, 7).state

describe("growth", () => {
  it("starts at 4 and adds 4 at a time while every place adds its share, to 32", () => {
    assert.deepStrictEqual(widthsOn((width) => width, 9).widths, [4, 8, 12, 16, 20, 24, 28, 32, 32, 32])
  })

  it("adds 2 at a time when places add less than half of their share", () => {
    const { widths } = widthsOn((width) => 100 + 2 * width, 4)
    assert.deepStrictEqual(widths.slice(0, 3), [4, 8, 10])
  })

  it.each([8, 12, 20])("ends where the line is full, at %d, and goes back to where that was", (full) => {
    const { widths } = widthsOn((width) => Math.min(width, full), 20)
    assert.strictEqual(widths.find((width, index) => width < (widths[index - 1] ?? 0)), full)
    assert.isAtMost(Math.max(...widths), full + 4)
  })

  it("is not given up for one slow interval", () => {
    let state = interval(start(0), 4)
    state = interval(state, 3)
    assert.strictEqual(state.width, 8)
    state = interval(state, 13)
    assert.strictEqual(state.width, 12)
  })

  it("is less than 5 % no growth", () => {
    const { state } = widthsOn((width) => 1.04 ** width, 1)
    assert.strictEqual(state.width, 8)
    assert.strictEqual(widthsOn((width) => width === 4 ? 100 : 104.9, 8).state.width, 4)
    assert.isAbove(widthsOn((width) => width === 4 ? 100 : 105, 2).state.width, 8)
  })

  it("is tried again after a while, and found when the line got wider", () => {
    const held = widthsOn((width) => Math.min(width, 8), 50).state
    assert.isAtMost(held.width, 10)
    assert.strictEqual(widthsOn((width) => width, 40, held).state.width, 32)
  })

  it("is tried less and less often where there is none to be had", () => {
    const { widths } = widthsOn((width) => Math.min(width, 8), 400)
    const wider = (from: number, to: number) => widths.slice(from, to).filter((width) => width > 8).length
    assert.isBelow(wider(20, 400) / 380, 0.1)
    assert.isBelow(wider(200, 400), wider(0, 200))
  })
})

describe("the end of a file", () => {
  it("may be half as wide again, to 32", () => {
    assert.strictEqual(Concurrency.limit(start(0), 3), 4)
    assert.strictEqual(Concurrency.limit(start(0), 2), 6)
    assert.strictEqual(Concurrency.limit(wide, 2), 32)
  })

  it("is no wider where that was refused", () => {
    assert.strictEqual(Concurrency.limit(ended(start(0), "throttled"), 1), 2)
  })
})

describe("a refusal", () => {
  it("of one attempt with 429 or 503 halves the width", () => {
    assert.strictEqual(ended(wide, "throttled").width, 16)
    assert.strictEqual(ended(start(0), "throttled").width, 2)
  })

  it("of attempts that had begun before does not halve it again", () => {
    const once = ended(wide, "throttled")
    const twice = ended(once, "throttled", { cuts: wide.cuts })
    assert.strictEqual(twice.width, 16)
    assert.strictEqual(ended(twice, "throttled").width, 8)
  })

  it("keeps the width below where it was, for a time", () => {
    let state = ended(start(0), "throttled")
    const widths: Array<number> = []
    for (let second = 0; second < 100; second++) {
      state = endings(widthsOn((width) => width, 4, state).state, ["stored", "stored"])
      widths.push(state.width)
    }
    assert.deepStrictEqual(new Set(widths.slice(0, 30)), new Set([2]))
    assert.isAbove(state.width, 2)
  })
})

describe("failures", () => {
  const stored = (count: number) => Array.from({ length: count }, () => "stored" as const)
  const failed = (count: number) => Array.from({ length: count }, () => "failed" as const)

  it("of a third of the parts in flight halve the width", () => {
    assert.strictEqual(endings(wide, failed(10)).width, 32)
    assert.strictEqual(endings(wide, failed(11)).width, 16)
    assert.strictEqual(endings(start(0), failed(1)).width, 4)
    assert.strictEqual(endings(start(0), failed(2)).width, 2)
  })

  it("that lie further back than the parts in flight are forgotten", () => {
    assert.strictEqual(endings(wide, [...failed(10), ...stored(22), ...failed(1)]).width, 32)
  })

  it.prop("of one in twenty leave a wide window alone", { seed: Schema.Int }, ({ seed }) => {
    let state = wide
    for (let index = 0; index < 200; index++) {
      state = ended(state, (index + Math.abs(seed)) % 20 === 0 ? "failed" : "stored")
    }
    assert.strictEqual(state.width, 32)
  })
})

describe("dying connections", () => {
  /** A generation in which so many of 32 connections died under their parts, at a goodput that the line gives a width. */
  const generation = (state: Concurrency.Concurrency, died: number, goodput: (width: number) => number) => {
    const { width } = state
    const at = state.generation.since + (width - died) * 1000 / goodput(width)
    for (let index = 0; index < Math.max(8, width); index++) {
      state = ended(state, index % 4 === 0 && index / 4 < died ? "broken" : "stored", { at })
    }
    return state
  }

  it("that cost much of what was sent shrink the window by a quarter, again and again", () => {
    let state = wide
    const widths = [state.width]
    for (let count = 0; count < 4; count++) {
      state = generation(state, 8, () => 10)
      widths.push(state.width)
    }
    assert.deepStrictEqual(widths.slice(0, 3), [32, 24, 18])
    assert.isBelow(widths.at(-1) ?? 32, 18)
  })

  it("shrink it no more when that makes the whole slower", () => {
    let state = generation(wide, 8, (width) => width)
    assert.strictEqual(state.width, 24)
    state = generation(state, 6, (width) => width)
    assert.strictEqual(state.width, 32)
    for (let count = 0; count < 5; count++) state = generation(state, 8, (width) => width)
    assert.strictEqual(state.width, 32)
  })

  it("that cost little leave it alone", () => {
    assert.strictEqual(generation(wide, 2, () => 10).width, 32)
  })
})

describe("whatever is observed", () => {
  const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
  const observations = Schema.Array(Schema.Union([
    Schema.Struct({
      _tag: Schema.tag("Interval"),
      bytes: Schema.Int.check(Schema.isBetween({ minimum: -1_000_000, maximum: 100_000_000 })),
      placeMillis: upTo(100_000)
    }),
    Schema.Struct({
      _tag: Schema.tag("Ended"),
      outcome: Schema.Literals(["stored", "throttled", "broken", "failed"]),
      bytes: upTo(100_000_000),
      cuts: upTo(5),
      at: upTo(1_000_000)
    })
  ]))

  it.prop(
    "the width is whole, from 1 to 32, and never jumps up by more than 4 but to return",
    { observations },
    ({ observations }) => {
      let state = start(0)
      const most = [state.width]
      for (const seen of observations) {
        const before = state
        state = observe(state, seen)
        assert.isTrue(Number.isInteger(state.width))
        assert.isAtLeast(state.width, bounds.min)
        assert.isAtMost(state.width, bounds.max)
        assert.isTrue(
          state.width <= before.width + 4 || most.includes(state.width),
          `${before.width} to ${state.width}`
        )
        most.push(state.width)
        assert.isAtMost(state.failures.length, bounds.max)
      }
    }
  )
})
