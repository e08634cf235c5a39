import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { DateTime, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { GivenUp } from "../src/GivenUp.ts"
import { StartUncertain } from "../src/PipelineError.ts"
import { type Started, startRun } from "../src/StartRun.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { job, jobId, pageOf, startedJobs, startRequest } from "./support/Fixtures.ts"
import { type Methods, stub } from "./support/NunuStub.ts"
import { failureOf, passToEnd, seconds, toEnd } from "./support/TestTime.ts"

const tag = "nunu-effect:release-7"

const emulated = Layer.fresh(Emulated.layer({ script: () => Emulated.script() }))

/** Asks for the start as one of several processes, and takes down what it is told. */
const asking = (earlierAttempt: boolean, request: StartRunRequest = startRequest) => {
  const recorded: Array<Started> = []
  const told: Array<GivenUp> = []
  const program = startRun(request, {
    idempotent: { tag, earlierAttempt },
    record: (started) => Effect.sync(() => recorded.push(started)),
    onGivenUp: (givenUp) => Effect.sync(() => told.push(givenUp))
  })
  return { program, recorded, told }
}

const startsOf = Effect.gen(function*() {
  const emulator = yield* Emulator
  return (yield* emulator.requests).filter(({ method, path }) => method === "POST" && path === "/api/v1/runs").length
})

/** Which jobs were stopped, in the order of their starts. */
const stopped = Effect.gen(function*() {
  const emulator = yield* Emulator
  return (yield* emulator.jobs).map(({ stoppedAt }) => stoppedAt !== null)
})

describe("a start with a tag that was given", () => {
  it.effect("carries that tag, and is made once however often it is asked for", () =>
    Effect.gen(function*() {
      const first = yield* passToEnd(asking(false).program)
      assert.strictEqual(first.tag, tag)
      for (const earlierAttempt of [true, false, true]) {
        const { program, recorded } = asking(earlierAttempt)
        const again = yield* passToEnd(program)
        assert.deepStrictEqual([again.jobIds, again.tag], [first.jobIds, tag])
        assert.deepStrictEqual(recorded, [again])
      }
      assert.strictEqual(yield* startsOf, 1)
    }).pipe(Effect.provide(emulated)))

  it.effect("is made once when the process was killed before it had the answer", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const nunu = yield* Nunu
      const silent = Nunu.of({
        ...nunu,
        runs: { ...nunu.runs, start: (request) => Effect.andThen(nunu.runs.start(request), Effect.never) }
      })
      yield* Effect.forkDetach(Effect.provideService(asking(false).program, Nunu, silent)) // nobody tells it to clean up
      while ((yield* emulator.jobs).length === 0) yield* TestClock.withLive(Effect.sleep("1 millis"))
      const { jobIds } = yield* passToEnd(asking(true).program)
      assert.deepStrictEqual(jobIds.map(String), (yield* emulator.jobs).map((job) => job.jobId))
      assert.strictEqual(yield* startsOf, 1)
    }).pipe(Effect.provide(emulated)))

  it.effect("is made once for all the jobs of a plan", () =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      const testItems = ["a", "b", "c"].map((multiplayerTestId) => ({ multiplayerTestId }))
      const { id: testPlanId } = yield* nunu.testPlans.create({ testPlan: { name: "Nightly", testItems } })
      const request = { testPlanId, deploymentConfigId: "phones" }
      const first = yield* passToEnd(asking(false, request).program)
      const again = yield* passToEnd(asking(true, request).program)
      assert.sameMembers([...again.jobIds], [...first.jobIds])
      assert.strictEqual(again.testPlanExecutionId, first.testPlanExecutionId)
      assert.strictEqual(yield* startsOf, 1)
    }).pipe(Effect.provide(emulated)))

  it.effect("looks for 30 seconds before it starts, if an earlier attempt may have asked", () =>
    Effect.gen(function*() {
      const nunu = stub(startable())
      yield* toEnd(asking(true).program.pipe(Effect.provide(nunu.layer)))
      assert.deepStrictEqual(nunu.secondsOf("start"), [30])
    }))

  it.effect("starts at once, if nobody asked before and one look shows nothing", () =>
    Effect.gen(function*() {
      const nunu = stub(startable())
      yield* toEnd(asking(false).program.pipe(Effect.provide(nunu.layer)))
      assert.deepStrictEqual(nunu.calls.map(({ at, method }) => [method, at]), [
        ["jobs", 0],
        ["runs", 0],
        ["start", 0],
        ["jobs", 0]
      ])
    }))

  it.effect("is not made while the lists cannot be read, if an earlier attempt may have asked", () =>
    Effect.gen(function*() {
      const down = () => Effect.fail(Failures.server(502))
      const nunu = stub({ jobs: down, runs: down })
      const error = yield* failureOf(asking(true).program.pipe(Effect.provide(nunu.layer)))
      assert.deepStrictEqual(error, new StartUncertain({ tag, error: Failures.server(502) }))
      assert.strictEqual(nunu.countOf("start"), 0)
    }))
})

describe("two processes that start under one tag, as one stood still between its look and its start", () => {
  /** One has looked, and stands still before its request while the other starts. */
  const both = (request: StartRunRequest) =>
    Effect.gen(function*() {
      const paused = yield* Deferred.make<void>()
      const nunu = yield* Nunu
      const pausing = Nunu.of({
        ...nunu,
        runs: { ...nunu.runs, start: (request) => Effect.andThen(Deferred.await(paused), nunu.runs.start(request)) }
      })
      const late = asking(false, request)
      const fiber = yield* Effect.forkChild(Effect.provideService(late.program, Nunu, pausing))
      for (let look = 0; look < 50; look++) yield* TestClock.withLive(Effect.sleep("1 millis"))
      const early = asking(false, request)
      const first = yield* passToEnd(early.program)
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(paused, undefined)
      const second = yield* passToEnd(Fiber.join(fiber))
      return { first, second, late, early }
    })

  it.effect("have both the older one's run; the younger one is stopped, and recorded anew", () =>
    Effect.gen(function*() {
      const { early, first, late, second } = yield* both(startRequest)
      assert.deepStrictEqual([second.jobIds, second.tag], [first.jobIds, tag])
      assert.deepStrictEqual(yield* stopped, [false, true])
      assert.deepStrictEqual(early.told, [])
      assert.strictEqual(late.recorded.length, 2)
      assert.deepStrictEqual(late.recorded.at(-1), second)
      assert.deepStrictEqual(late.told, [
        { _tag: "Stopped", stopped: { over: late.recorded[0]?.jobIds ?? [], running: [] } }
      ])
    }).pipe(Effect.provide(emulated)))

  it.effect("have both the older one's run, when the younger one's process dies before it looks", () =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      const starting = nunu.runs.start({ ...startRequest, additionalTags: [tag] })
      const { jobIds } = yield* starting
      yield* TestClock.adjust("1 second")
      yield* starting
      const again = yield* passToEnd(asking(true).program)
      assert.deepStrictEqual(again.jobIds, jobIds)
      assert.deepStrictEqual(yield* stopped, [false, true])
    }).pipe(Effect.provide(emulated)))

  it.effect("have both the older one's plan, with all of its jobs", () =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      const testItems = ["a", "b", "c"].map((multiplayerTestId) => ({ multiplayerTestId }))
      const { id: testPlanId } = yield* nunu.testPlans.create({ testPlan: { name: "Nightly", testItems } })
      const { first, second } = yield* both({ testPlanId, deploymentConfigId: "phones" })
      assert.sameMembers([...second.jobIds], [...first.jobIds])
      assert.strictEqual(second.testPlanExecutionId, first.testPlanExecutionId)
      assert.deepStrictEqual(yield* stopped, [false, false, false, true, true, true])
    }).pipe(Effect.provide(emulated)))

  it.effect("keep the older one's when it is ours, and tell what of the other could not be stopped", () =>
    Effect.gen(function*() {
      const at = (number: number, second: number) =>
        job({ jobId: jobId(number), tags: [tag], createdAt: DateTime.makeUnsafe(second * 1000) })
      let looks = 0
      const nunu = stub({
        start: () => Effect.succeed(startedJobs(1)),
        jobs: () => Effect.sync(() => pageOf(looks++ === 0 ? [] : [at(2, 5), at(1, 4)])),
        runs: noRuns,
        stop: () => Effect.never
      })
      const { program, recorded, told } = asking(false)
      const started = yield* toEnd(program.pipe(Effect.provide(nunu.layer)))
      assert.deepStrictEqual(started.jobIds, [jobId(1)])
      assert.deepStrictEqual(recorded, [started])
      assert.deepStrictEqual(told, [{ _tag: "Stopped", stopped: { over: [], running: [jobId(2)] } }])
    }))

  it.effect("are told apart as soon as the list shows our own, which may lag behind", () =>
    Effect.gen(function*() {
      const shown = (number: number, second: number) =>
        job({ jobId: jobId(number), tags: [tag], createdAt: DateTime.makeUnsafe(second * 1000) })
      const nunu = stub({
        start: () => Effect.succeed(startedJobs(2)),
        jobs: () => Effect.map(seconds, (now) => pageOf(now < 8 ? [] : [shown(2, 0), shown(1, -1)])),
        runs: noRuns,
        stop: ([jobId]) =>
          Effect.succeed({
            ok: true,
            message: null,
            receivedCount: 1,
            stoppedCount: 1,
            results: [{ jobId, ok: true, status: 200, message: null, error: null }]
          })
      })
      const started = yield* toEnd(asking(false).program.pipe(Effect.provide(nunu.layer)))
      assert.deepStrictEqual(started.jobIds, [jobId(1)])
      assert.deepStrictEqual(nunu.calls.at(-1)?.input, [jobId(2)])
    }))

  it.effect.each<readonly [string, NonNullable<Methods["job"]>, number]>([
    ["looked at alone", () => Effect.succeed(job({ jobId: jobId(2), createdAt: DateTime.makeUnsafe(9000) })), 1],
    ["kept as it is", () => Effect.fail(Failures.notFound), 2]
  ])(
    "are told apart also when the list shows the other's and never our own, which is %s",
    ([, own, kept]) =>
      Effect.gen(function*() {
        const other = job({ jobId: jobId(1), tags: [tag], createdAt: DateTime.makeUnsafe(4000) })
        let looks = 0
        const nunu = stub({
          start: () => Effect.succeed(startedJobs(2)),
          jobs: () => Effect.sync(() => pageOf(looks++ === 0 ? [] : [other])),
          job: own,
          runs: noRuns,
          stop: () => Effect.succeed({ ok: true, message: null, receivedCount: 1, stoppedCount: 1, results: [] })
        })
        const { program, recorded } = asking(false)
        const started = yield* toEnd(program.pipe(Effect.provide(nunu.layer)))
        assert.deepStrictEqual(started.jobIds, [jobId(kept)])
        assert.deepStrictEqual(recorded.at(-1), started)
        assert.deepStrictEqual(
          nunu.calls.flatMap(({ input, method }) => method === "stop" ? [input] : []),
          kept === 1 ? [[jobId(2)]] : []
        )
      })
  )
})

const noRuns = () => Effect.succeed(pageOf([]))

/** Shows job 1 once it is started. */
const startable = (): Methods => {
  let started = false
  return {
    start: () => Effect.sync(() => (started = true, startedJobs(1))),
    jobs: ({ tags = [] } = {}) => Effect.sync(() => pageOf(started ? [job({ jobId: jobId(1), tags })] : [])),
    runs: noRuns
  }
}
