import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import { Effect, Exit, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import { startRun } from "../src/StartRun.ts"
import { startRequest } from "./support/Fixtures.ts"
import * as StartModel from "./support/StartModel.ts"

const tag = "nunu-effect:release-7"

const asking = (earlierAttempt: boolean) => startRun(startRequest, { idempotent: { tag, earlierAttempt } })

/** A process that stands still before its request to start, and may be killed at some moment: nothing of it goes on then. */
const oneOfTwo = Effect.fnUntraced(function*(isKilled: boolean) {
  const nunu = yield* Nunu
  const begins = 10_000 * (yield* Random.next)
  const pause = 20_000 * (yield* Random.next) ** 2
  let dead = false
  const untilDead = Effect.suspend(() => dead ? Effect.never : Effect.void)
  const mortal = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.andThen(untilDead, Effect.tap(call, () => untilDead))
  const own = Nunu.of({
    ...nunu,
    jobs: { ...nunu.jobs, list: (options) => mortal(nunu.jobs.list(options)) },
    runs: {
      ...nunu.runs,
      list: (options) => mortal(nunu.runs.list(options)),
      stop: (jobIds) => mortal(nunu.runs.stop(jobIds)),
      start: (request) => mortal(Effect.andThen(Effect.sleep(pause), mortal(nunu.runs.start(request))))
    }
  })
  const fiber = yield* Effect.forkDetach(
    Effect.delay(Effect.exit(Effect.provideService(asking(false), Nunu, own)), begins)
  )
  if (isKilled) {
    yield* Effect.forkDetach(Effect.delay(Effect.sync(() => dead = true), begins + 30_000 * (yield* Random.next)))
  }
  return fiber
})

/** Two processes that start under one tag, and one that is started in place of them when they are over, or dead. */
const simulate = Effect.fnUntraced(function*(seed: number) {
  const weather: StartModel.Weather = {
    fate: Effect.gen(function*() {
      return (yield* Random.next) < 0.6 ? StartModel.answered : yield* StartModel.pick(StartModel.fates)
    }),
    latency: Random.nextBetween(0, 400),
    lag: Effect.succeed(0),
    fails: Effect.succeed(false)
  }
  const model = StartModel.make(weather)
  return yield* Effect.gen(function*() {
    const fibers = [yield* oneOfTwo(seed % 3 === 0), yield* oneOfTwo(seed % 2 === 0)]
    yield* Effect.sleep("3 minutes")
    const ended = fibers.flatMap((fiber) => {
      const exit = fiber.pollUnsafe()
      return exit !== undefined && Exit.isSuccess(exit) && Exit.isSuccess(exit.value) ? [exit.value.value.jobIds] : []
    })
    const madeBefore = model.made.length
    const last = yield* Effect.exit(asking(true))
    return { seed, ended, madeBefore, last, running: model.made.filter(({ stopped }) => !stopped), made: model.made }
  }).pipe(Effect.provide(model.layer))
}, (effect, seed) => Random.withSeed(effect, seed))

/** `NUNU_TWINS` sets how many pairs, `NUNU_SEED` the first seed. */
const pairs = Number(process.env["NUNU_TWINS"] ?? 200)
const firstSeed = Number(process.env["NUNU_SEED"] ?? 0)

describe(`${pairs} pairs of processes that start under one tag, some of them killed`, () => {
  it.effect(
    "leave one run going, which is the result of all that live and of whoever comes after",
    () =>
      Effect.gen(function*() {
        const seeds = Array.from({ length: pairs }, (_, number) => firstSeed + number)
        const all = yield* Effect.forkChild(Effect.forEach(seeds, simulate, { concurrency: "unbounded" }))
        while (all.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
        const outcomes = yield* Fiber.join(all)
        for (const { ended, last, madeBefore, running, seed } of outcomes) {
          const note = `seed ${seed}`
          assert.isAtMost(running.length, 1, note)
          if (madeBefore > 0) assert.isTrue(Exit.isSuccess(last), note)
          if (!Exit.isSuccess(last)) continue
          assert.deepStrictEqual([...last.value.jobIds], running.map(({ jobId }) => jobId), note)
          for (const jobIds of ended) assert.deepStrictEqual(jobIds, last.value.jobIds, note)
        }
        const twins = outcomes.filter(({ made }) => made.length > 1)
        assert.isAbove(twins.length, pairs / 6)
        assert.isAbove(
          twins.filter(({ madeBefore, running, made }) => madeBefore > 1 && running[0] === made[0]).length,
          pairs / 6
        )
      }),
    300_000
  )
})
