import { assert, describe, it } from "@effect/vitest"
import type { Job, JobId } from "@nunu-effect/core/Job"
import type { Run, RunId } from "@nunu-effect/core/Run"
import { Effect } from "effect"
import type { Watched } from "../../src/durable/ReleaseDefinition.ts"
import type { ReleaseEvent } from "../../src/durable/ReleaseEvent.ts"
import type { RunWait } from "../../src/durable/RunWaits.ts"
import * as RunWatch from "../../src/durable/RunWatch.ts"
import * as Failures from "../support/Failures.ts"
import { attempt, job, jobId, run, runId } from "../support/Fixtures.ts"
import { board } from "../support/JobBoard.ts"
import { type Methods, stub } from "../support/NunuStub.ts"
import { during } from "../support/TestTime.ts"

/** A job that is in the queue, runs, and ends, at these seconds. */
const passing = (startsAt: number, endsAt: number) => (id: JobId, now: number): Job =>
  job({
    jobId: id,
    status: now < startsAt ? "QUEUED" : now < endsAt ? "RUNNING" : "COMPLETED",
    runs: now < startsAt ? [] : [attempt({ runId: runId(Number(id.slice(4))) })]
  })

const waitOf = (number: number, more: Partial<RunWait> = {}): RunWait => ({
  releaseId: `release-${number}`,
  token: `token-${number}`,
  jobIds: [jobId(number)],
  deadline: null,
  ...more
})

/** Two players, one of whom is through with one step of three. */
const playing = (runId: RunId) => {
  const player = { id: "p", steps: [], stepCount: 3, completedStepCount: 0 }
  return run({ runId, players: [{ ...player, completedStepCount: 1 }, player] as unknown as Run["players"] }) // what is looked at
}

/** Watches waits as their table has them, where each is removed that has ended. */
const watching = (waits: ReadonlyArray<RunWait>, at: (id: JobId, now: number) => Job, more: Methods = {}) => {
  const nunu = stub({
    ...board(waits.flatMap(({ jobIds }) => jobIds), at),
    run: (runId) => Effect.succeed(playing(runId)),
    ...more
  })
  const table = new Map(waits.map((wait) => [wait.releaseId, wait]))
  const ended = new Map<string, Watched>()
  const events: Array<readonly [string, string, ReleaseEvent]> = []
  const watch = RunWatch.watch({
    waits: Effect.sync(() => Array.from(table.values())),
    onEnded: (wait, how) =>
      Effect.sync(() => {
        table.delete(wait.releaseId)
        ended.set(wait.releaseId, how)
      }),
    onEvent: (...event) => Effect.sync(() => void events.push(event))
  }).pipe(Effect.provide(nunu.layer))
  return { watch, nunu, table, ended, events }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const forever = passing(0, Infinity)

describe("a watch over the runs of releases that wait", () => {
  it.effect.each([1, 100, 1000])(
    "takes N/100 + 1 calls a look at most for %d of them, every 24 seconds",
    (count) =>
      Effect.gen(function*() {
        const { ended, nunu, watch } = watching(numbers(count).map((number) => waitOf(number)), forever)
        yield* during("20 minutes", watch)
        const looks = new Map<number, number>()
        const lists = nunu.calls.filter(({ method }) => method !== "run")
        for (const { at } of lists) looks.set(at, (looks.get(at) ?? 0) + 1)
        assert.isAbove(looks.size, 40)
        for (const [at, calls] of looks) assert.isAtMost(calls, count / 100 + 1, `at ${at}`)
        const moments = Array.from(looks.keys()).slice(8)
        const gaps = moments.slice(1).map((at, index) => at - (moments[index] ?? 0))
        assert.isAtLeast(Math.min(...gaps), 24_000)
        assert.strictEqual(ended.size, 0)
      }),
    20_000
  )

  it.effect("wakes each when all of its runs are over, and tells what has changed", () =>
    Effect.gen(function*() {
      const two = waitOf(1, { jobIds: [jobId(1), jobId(2)] })
      const { ended, events, watch } = watching([two, waitOf(3)], (id, now) =>
        passing(10, id === jobId(2) ? 200 : 60)(id, now))
      yield* during("2 minutes", watch)
      assert.deepStrictEqual(Array.from(ended), [["release-3", { how: "ended", message: "" }]])
      const texts = events.flatMap(([releaseId, , event]) =>
        event._tag === "RunChanged" && releaseId === "release-3" ? [event.text] : []
      )
      assert.deepStrictEqual(Array.from(new Set(texts)), [
        "Rope bridge: QUEUED",
        "Rope bridge: RUNNING, run run-3 RUNNING, 1 of 6 steps",
        "Rope bridge: COMPLETED, run run-3 RUNNING"
      ])
    }))

  it.effect("tells the same under the same key, so that one that begins again tells nothing twice", () =>
    Effect.gen(function*() {
      const { events, watch } = watching([waitOf(1)], forever)
      yield* during("1 minute", watch)
      const before = new Set(events.map(([, key]) => key))
      yield* during("1 minute", watch)
      assert.deepStrictEqual(new Set(events.map(([, key]) => key)), before)
    }))

  it.effect("takes up what comes later, and leaves alone what is gone", () =>
    Effect.gen(function*() {
      const { ended, nunu, table, watch } = watching([waitOf(1), waitOf(2)], passing(0, 100))
      table.delete("release-2")
      const later = Effect.andThen(Effect.sleep("30 seconds"), Effect.sync(() => table.set("release-2", waitOf(2))))
      yield* during("45 seconds", Effect.all([watch, later], { concurrency: 2 }))
      assert.strictEqual(ended.size, 0)
      table.delete("release-1")
      yield* during("3 minutes", watch)
      assert.deepStrictEqual(Array.from(ended.keys()), ["release-2"])
      assert.isAbove(nunu.calls.length, 4)
    }))

  it.effect("ends a wait at its deadline, also one that was over before it began", () =>
    Effect.gen(function*() {
      const { ended, watch } = watching([waitOf(1, { deadline: 90_000 }), waitOf(2, { deadline: -5 })], forever)
      yield* during("10 seconds", watch)
      assert.deepStrictEqual(Array.from(ended.keys()), ["release-2"])
      yield* during("81 seconds", watch)
      assert.deepStrictEqual(ended.get("release-1"), { how: "timed-out", message: "" })
    }))

  it.effect("gives up what the API does not know any more, not what it does not know yet", () =>
    Effect.gen(function*() {
      const unknown: Methods = {
        job: () => Effect.fail(Failures.notFound)
      }
      const { ended, watch } = watching([waitOf(1)], forever, unknown)
      yield* during("55 seconds", watch)
      assert.strictEqual(ended.size, 0)
      yield* during("2 minutes", watch)
      assert.deepInclude(ended.get("release-1"), { how: "lost" })
    }))

  it.effect("gives up what could not be looked for in a day, not what slept for longer", () =>
    Effect.gen(function*() {
      const down = Effect.fail(Failures.refused)
      let looks = 0
      const sleeping = Effect.suspend(() => Effect.delay(down, ++looks === 1 ? "30 hours" : "1 hour"))
      const { ended, watch } = watching([waitOf(1)], forever, { job: () => sleeping })
      yield* during("40 hours", watch)
      assert.isAbove(looks, 2)
      assert.strictEqual(ended.size, 0)
      const awake = watching([waitOf(1)], forever, { job: () => Effect.delay(down, "1 hour") })
      yield* during("27 hours", awake.watch)
      assert.deepInclude(awake.ended.get("release-1"), { how: "lost" })
    }))
})
