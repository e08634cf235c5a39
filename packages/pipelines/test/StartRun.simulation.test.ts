import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, type Exit, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import type { StartFailed, StartUncertain } from "../src/PipelineError.ts"
import { type Started, startRun } from "../src/StartRun.ts"
import { startRequest } from "./support/Fixtures.ts"
import * as StartModel from "./support/StartModel.ts"
import { isInterrupted } from "./support/TestTime.ts"

interface Outcome {
  readonly seed: number
  readonly exit: Exit.Exit<Started, StartFailed | StartUncertain>
  readonly recorded: ReadonlyArray<Started>
  readonly made: ReadonlyArray<StartModel.MadeJob>
  readonly troubles: number
  readonly startedAt: number
  readonly interruptedAt: number | null
  readonly endedAt: number
}

const chance = (probability: number) => Effect.map(Random.next, (random) => random < probability)

/** Any fate, the good one about as often as the bad ones. */
const anyFate = Effect.flatMap(
  chance(0.4),
  (isGood) => isGood ? Effect.succeed(StartModel.answered) : StartModel.pick(StartModel.fates)
)

/** Starts end in all ways and take their time, but lists and stops work. */
const mixed: StartModel.Weather = {
  fate: anyFate,
  latency: Random.nextBetween(0, 400),
  lag: Effect.succeed(0),
  fails: Effect.succeed(false)
}

/** Lists lag behind by up to a minute, and every third list or stop fails. */
const foul: StartModel.Weather = {
  fate: anyFate,
  latency: Random.nextBetween(0, 1500),
  lag: Effect.flatMap(chance(0.5), (isPrompt) => isPrompt ? Effect.succeed(0) : Random.nextBetween(0, 60_000)),
  fails: chance(0.33)
}

/** One start in some weather, from one seed; interrupted at some moment of the first 40 seconds, or not. */
const simulate = Effect.fnUntraced(function*(seed: number, weather: StartModel.Weather, isInterrupted: boolean) {
  const model = StartModel.make(weather)
  const recorded: Array<Started> = []
  const startedAt = yield* Clock.currentTimeMillis
  const fiber = yield* Effect.forkChild(
    startRun(startRequest, { record: (started) => Effect.sync(() => recorded.push(started)) }).pipe(
      Effect.provide(model.layer)
    )
  )
  let interruptedAt: number | null = null
  if (isInterrupted) {
    yield* Effect.sleep(40_000 * (yield* Random.next) ** 3) // early moments are the busy ones
    interruptedAt = yield* Clock.currentTimeMillis
    fiber.interruptUnsafe()
  }
  const exit = yield* Fiber.await(fiber)
  const { made } = model
  const endedAt = yield* Clock.currentTimeMillis
  const outcome: Outcome = { seed, exit, recorded, made, troubles: model.troubles(), startedAt, interruptedAt, endedAt }
  return outcome
}, (effect, seed) => Random.withSeed(effect, seed))

/** All seeds at once, on one clock. */
const simulateAll = Effect.fnUntraced(function*(count: number, weather: StartModel.Weather, isInterrupted: boolean) {
  const seeds = Array.from({ length: count }, (_, seed) => seed)
  const all = yield* Effect.forkChild(
    Effect.forEach(seeds, (seed) => simulate(seed, weather, isInterrupted), { concurrency: "unbounded" })
  )
  while (all.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
  return yield* Fiber.join(all)
})

const idsOf = (outcome: Outcome) => outcome.made.map((job) => job.jobId)
const recordedIdsOf = (outcome: Outcome) => outcome.recorded.flatMap((started) => started.jobIds)

/** What became of the start, in a word. */
const endOf = ({ exit, made }: Outcome): string => {
  if (exit._tag === "Success") return "started"
  const [reason] = exit.cause.reasons
  const word = reason?._tag === "Fail" ? reason.error._tag : reason?._tag ?? "nothing"
  return `${word}, ${made.length} made`
}

const count = (outcomes: ReadonlyArray<Outcome>) => {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[endOf(outcome)] = (counts[endOf(outcome)] ?? 0) + 1
  return counts
}

describe.each([["mixed", mixed], ["foul", foul]])("400 starts in %s weather", (name, weather) => {
  it.effect("make one run at most, and tell what they know of it", () =>
    Effect.gen(function*() {
      const outcomes = yield* simulateAll(400, weather, false)
      for (const outcome of outcomes) {
        const seed = `seed ${outcome.seed}: ${endOf(outcome)}`
        const { exit, made, recorded } = outcome
        assert.isAtMost(made.length, 1, seed)
        assert.isFalse(made.some((job) => job.stopped), seed)
        if (exit._tag === "Success") {
          assert.deepStrictEqual(idsOf(outcome), [...exit.value.jobIds], seed)
          assert.deepStrictEqual(recorded, [exit.value], seed)
          continue
        }
        assert.deepStrictEqual(recorded, [], seed)
        const [reason] = exit.cause.reasons
        assert(reason?._tag === "Fail", seed)
        const { error } = reason
        if (error._tag === "StartFailed") assert.strictEqual(made.length, 0, seed)
        else assert.isTrue(made.every((job) => !job.shown && job.tags.includes(error.tag)), `${seed}, shown by a list`)
      }
      const counts = count(outcomes)
      assert.isAbove(counts["started"] ?? 0, 100)
      assert.isAbove(counts["StartUncertain, 0 made"] ?? 0, 50)
      if (name === "mixed") assert.isUndefined(counts["StartUncertain, 1 made"], "lists do not lag")
      else assert.isAbove(counts["StartUncertain, 1 made"] ?? 0, 0)
    }))
})

describe("400 starts in mixed weather, interrupted at some moment", () => {
  it.effect("leave no run that is neither recorded nor stopped", () =>
    Effect.gen(function*() {
      const outcomes = yield* simulateAll(400, mixed, true)
      let stoppedOnes = 0
      for (const outcome of outcomes) {
        const seed = `seed ${outcome.seed}: ${endOf(outcome)}`
        assert.isAtMost(outcome.made.length, 1, seed)
        assert.isAtMost(outcome.recorded.length, 1, seed)
        for (const job of outcome.made) {
          assert.notStrictEqual(recordedIdsOf(outcome).includes(job.jobId), job.stopped, seed)
          if (job.stopped) stoppedOnes++
        }
      }
      assert.isAbove(stoppedOnes, 20)
      assert.isAbove(outcomes.filter((outcome) => isInterrupted(outcome.exit)).length, 100)
    }))
})

describe("400 starts in foul weather, interrupted at some moment", () => {
  it.effect("make one run at most, and end within 5 seconds of the answer that was under way", () =>
    Effect.gen(function*() {
      const outcomes = yield* simulateAll(400, foul, true)
      let orphans = 0
      for (const outcome of outcomes) {
        const seed = `seed ${outcome.seed}: ${endOf(outcome)}`
        const { endedAt, exit, interruptedAt, made, recorded } = outcome
        assert.isAtMost(made.length, 1, seed)
        assert.isAtMost(recorded.length, 1, seed)
        assert.includeMembers(idsOf(outcome), recordedIdsOf(outcome), seed)
        if (isInterrupted(exit)) assert.isAtMost(endedAt - (interruptedAt ?? 0), 2 * 1500 + 5000, seed)
        for (const job of made) {
          const isRecorded = recordedIdsOf(outcome).includes(job.jobId)
          assert.isFalse(isRecorded && job.stopped, `${seed}: what is recorded is the caller's to stop`)
          if (isRecorded || job.stopped) continue
          orphans++
          assert.isAbove(outcome.troubles, 0, `${seed}: left alone although every list showed it and every stop worked`)
        }
      }
      assert.isAbove(orphans, 0, "lists that lag cannot be helped")
    }))
})
