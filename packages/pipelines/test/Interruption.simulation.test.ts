/**
 * Programs in foul weather, interrupted at any moment: no run that nobody knows of, none started twice, and none that a
 * cleanup does not stop afterwards.
 * `NUNU_INTERRUPTIONS` sets how many programs, `NUNU_SEED` the seed; both are told when it fails.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Aftermath, weather } from "./support/Storms.ts"
import { isInterrupted } from "./support/TestTime.ts"

const programs = Number(process.env["NUNU_INTERRUPTIONS"] ?? 50)
const firstSeed = Number(process.env["NUNU_SEED"] ?? 20260303)
const atOnce = Math.min(100, programs)
const batches = Array.from({ length: Math.ceil(programs / atOnce) }, (_, batch) => firstSeed + batch)

/** What there was in all batches: without these, nothing was shown. */
const counts = { interrupted: 0, over: 0, told: 0, started: 0, written: 0 }

const check = (seed: number, { duplicates, ended, jobs, orphans, over, told, uncleaned, written }: Aftermath) => {
  assert.deepStrictEqual(orphans, [], `seed ${seed}: runs that nobody knows of`)
  assert.deepStrictEqual(uncleaned, [], `seed ${seed}: runs that no cleanup stops`)
  assert.deepStrictEqual(duplicates, [], `seed ${seed}: runs that were started twice`)
  for (const { exit, name, undoing } of ended) {
    if (!isInterrupted(exit)) continue
    counts.interrupted++
    // Half a second is the clock's step here.
    assert.isAtMost(undoing ?? 0, 5.5, `seed ${seed}: ${name} took too long to undo`)
  }
  counts.over += over.length
  counts.told += told.length
  counts.started += jobs
  counts.written += written
}

describe(`${programs} programs in foul weather, interrupted at some moment`, () => {
  it.effect.each(batches)(
    "leave no run that nobody knows of or that no cleanup stops, and start none twice: seed %d",
    (seed) =>
      Effect.gen(function*() {
        check(seed, yield* weather(seed, atOnce))
      }),
    120_000
  )

  it("were interrupted most of the time, and left runs of every kind", () => {
    assert.isAbove(counts.interrupted, programs / 2)
    assert.isAbove(counts.over, programs / 5)
    assert.isAbove(counts.told, programs / 20)
    assert.isAbove(counts.written, programs / 100)
  })
})
