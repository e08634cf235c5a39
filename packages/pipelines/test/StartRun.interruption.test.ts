import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { GivenUp, OnInterrupt } from "../src/GivenUp.ts"
import { type Started, startRun } from "../src/StartRun.ts"
import * as Failures from "./support/Failures.ts"
import { job, jobId, pageOf, startedJobs, startRequest } from "./support/Fixtures.ts"
import { interruptBefore } from "./support/Interruption.ts"
import { type Methods, stub } from "./support/NunuStub.ts"
import * as StartModel from "./support/StartModel.ts"
import { isInterrupted } from "./support/TestTime.ts"

const { answered, fair, fatesInTurn } = StartModel

const stopped = (jobIds: ReadonlyArray<ReturnType<typeof jobId>>) => ({
  ok: true,
  message: null,
  receivedCount: 1,
  stoppedCount: 1,
  results: jobIds.map((jobId) => ({ jobId, ok: true, status: 200, message: null, error: null }))
})

/** Interrupts a start after so many seconds, and tells how it stood so many seconds after that. */
const interruptAfter = Effect.fnUntraced(function*(
  seconds: number,
  after: number,
  methods: Methods,
  { onInterrupt, request = startRequest }: { readonly onInterrupt?: OnInterrupt; readonly request?: StartRunRequest } =
    {}
) {
  const nunu = stub(methods)
  const recorded: Array<Started> = []
  const told: Array<GivenUp> = []
  const fiber = yield* Effect.forkChild(
    startRun(request, {
      record: (started) => Effect.sync(() => recorded.push(started)),
      onGivenUp: (givenUp) => Effect.sync(() => told.push(givenUp)),
      ...(onInterrupt === undefined ? {} : { onInterrupt })
    }).pipe(Effect.provide(nunu.layer))
  )
  yield* TestClock.adjust(`${seconds} seconds`)
  fiber.interruptUnsafe()
  yield* TestClock.adjust(`${after} seconds`)
  return { nunu, recorded, told, exit: fiber.pollUnsafe() }
})

const found: NonNullable<Methods["jobs"]> = ({ tags = [] } = {}) =>
  Effect.succeed(pageOf([job({ jobId: jobId(5), tags })]))
const empty = () => Effect.succeed(pageOf([]))

describe("a start that is interrupted", () => {
  it.effect("while the request is under way, waits for the answer and records it: then it is the caller's to stop", () =>
    Effect.gen(function*() {
      const start = () => Effect.as(Effect.sleep("4 seconds"), startedJobs(1))
      assert.strictEqual((yield* interruptAfter(3, 0.9, { start })).exit, undefined)
      const { exit, nunu, recorded } = yield* interruptAfter(3, 1, { start })
      assert.isTrue(isInterrupted(exit))
      assert.deepStrictEqual(recorded.map((started) => started.jobIds), [[jobId(1)]])
      assert.strictEqual(nunu.countOf("stop"), 0)
    }))

  it.effect("while the request is never answered, soon looks and stops what it finds", () =>
    Effect.gen(function*() {
      const { exit, nunu, recorded, told } = yield* interruptAfter(3, 1.5, {
        start: () => Effect.never,
        jobs: found,
        stop: (jobIds) => Effect.succeed(stopped(jobIds))
      })
      assert.deepStrictEqual(told, [{ _tag: "Stopped", stopped: { over: [jobId(5)], running: [] } }])
      assert.isTrue(isInterrupted(exit))
      assert.deepStrictEqual(nunu.calls.map((call) => call.method), ["start", "jobs", "stop"])
      assert.deepStrictEqual(recorded, [])
    }))

  it.effect("while the request is under way, looks and stops when the answer is lost", () =>
    Effect.gen(function*() {
      const { exit, nunu, recorded } = yield* interruptAfter(3, 7, {
        start: () => Effect.andThen(Effect.sleep("10 seconds"), Effect.fail(Failures.cut)),
        jobs: found,
        stop: (jobIds) => Effect.succeed(stopped(jobIds))
      })
      assert.isTrue(isInterrupted(exit))
      assert.deepStrictEqual(nunu.calls.map((call) => call.method), ["start", "jobs", "stop"])
      assert.deepStrictEqual(nunu.calls.at(-1)?.input, [jobId(5)])
      assert.deepStrictEqual(recorded, [])
    }))

  it.effect("while it is looked for, looks once more and stops what it finds", () =>
    Effect.gen(function*() {
      let looks = 0
      const { exit, nunu, recorded } = yield* interruptAfter(10, 0, {
        start: () => Effect.fail(Failures.server(502)),
        jobs: (options) => ++looks <= 4 ? empty() : found(options),
        runs: empty,
        stop: (jobIds) => Effect.succeed(stopped(jobIds))
      })
      assert.isTrue(isInterrupted(exit))
      assert.deepStrictEqual(nunu.secondsOf("jobs"), [0, 3, 6, 9, 10])
      assert.deepStrictEqual(nunu.secondsOf("stop"), [10])
      assert.deepStrictEqual(recorded, [])
    }))

  it.effect("while it waits to begin again, begins nothing and asks nothing", () =>
    Effect.gen(function*() {
      const { exit, nunu } = yield* interruptAfter(1, 0, { start: () => Effect.fail(Failures.tooMany) })
      assert.isTrue(isInterrupted(exit))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(nunu.calls.map((call) => call.method), ["start"])
    }))

  it.effect("and is to be detached, tells what it finds and leaves it alone", () =>
    Effect.gen(function*() {
      const methods: Methods = { start: () => Effect.fail(Failures.cut), runs: empty, jobs: found }
      const lagging: Methods = { ...methods, jobs: (options) => Effect.delay(found(options), "1 second") }
      const { exit, nunu, told } = yield* interruptAfter(0.5, 2, lagging, { onInterrupt: "detach" })
      assert.isTrue(isInterrupted(exit))
      assert.deepStrictEqual(told, [{ _tag: "Detached", jobIds: [jobId(5)] }])
      assert.strictEqual(nunu.countOf("stop"), 0)
    }))

  it.effect.each(["stop", "detach"] as const)(
    "and finds nothing, tells the tag by which to look on: %s",
    (onInterrupt) =>
      Effect.gen(function*() {
        const { nunu, told } = yield* interruptAfter(
          1,
          5,
          { start: () => Effect.fail(Failures.cut), jobs: empty, runs: empty },
          { onInterrupt }
        )
        const request = nunu.calls[0]?.input as StartRunRequest // what the stub was given
        assert.deepStrictEqual(told, [{ _tag: "Unknown", tag: request.additionalTags?.[0] ?? "" }])
      })
  )

  it.effect("gives up what it has seen of a plan, and tells that there may be more", () =>
    Effect.gen(function*() {
      let looks = 0
      const growing: NonNullable<Methods["jobs"]> = ({ tags = [] } = {}) =>
        Effect.sync(() => pageOf(Array.from({ length: ++looks }, (_, id) => job({ jobId: jobId(id), tags }))))
      const { told } = yield* interruptAfter(1, 5, {
        start: () => Effect.andThen(Effect.sleep("2 seconds"), Effect.fail(Failures.cut)),
        jobs: growing,
        stop: (jobIds) => Effect.succeed(stopped(jobIds))
      }, { request: { testPlanId: "plan-1", deploymentConfigId: "phones" } })
      assert.deepStrictEqual(
        told.map((givenUp) => givenUp._tag === "Stopped" ? givenUp.stopped.over.length : givenUp._tag),
        [
          3,
          "Unknown"
        ]
      )
    }))

  it.effect("ends within 5 seconds when the API does not answer the look", () =>
    Effect.gen(function*() {
      const methods: Methods = { start: () => Effect.fail(Failures.cut), jobs: () => Effect.never }
      assert.strictEqual((yield* interruptAfter(1, 1.4, methods)).exit, undefined)
      assert.isTrue(isInterrupted((yield* interruptAfter(1, 5, methods)).exit))
    }))

  it.effect("ends within 5 seconds when the API does not answer the stop", () =>
    Effect.gen(function*() {
      const methods: Methods = {
        start: () => Effect.andThen(Effect.sleep("2 seconds"), Effect.fail(Failures.cut)),
        jobs: (options) => Effect.andThen(Effect.sleep("3 seconds"), found(options)),
        stop: () => Effect.never
      }
      assert.isTrue(isInterrupted((yield* interruptAfter(1, 1 + 5, methods)).exit))
    }))
})

it.effect("a start that is interrupted while it gives way to an older twin ends within 5 seconds, whoever answers", () =>
  Effect.gen(function*() {
    const tag = "nunu-effect:release-7"
    let looks = 0
    const nunu = stub({
      start: () => Effect.succeed(startedJobs(2)),
      jobs: () =>
        Effect.sync(() => pageOf(looks++ === 0 ? [] : [1, 2].map((id) => job({ jobId: jobId(id), tags: [tag] })))),
      runs: empty,
      stop: () => Effect.never
    })
    const told: Array<GivenUp> = []
    const program = startRun(startRequest, {
      idempotent: { tag, earlierAttempt: false },
      onGivenUp: (givenUp) => Effect.sync(() => told.push(givenUp))
    })
    const fiber = yield* Effect.forkChild(Effect.provide(program, nunu.layer))
    yield* TestClock.adjust("1 second")
    fiber.interruptUnsafe()
    yield* TestClock.adjust("5 seconds")
    assert.isTrue(isInterrupted(fiber.pollUnsafe()))
    const left = { _tag: "Stopped", stopped: { over: [], running: [jobId(2)] } } as const
    assert.deepStrictEqual(told, [left, left])
  }))

const lostButDone = { done: true, error: Failures.cut }
const lostAndNotDone = { done: false, error: Failures.server(500) }
const refused = { done: false, error: Failures.tooMany }

describe.each<readonly [string, readonly [StartModel.Fate, ...Array<StartModel.Fate>]]>([
  ["is answered", [answered]],
  ["loses its answer", [lostButDone]],
  ["fails and is not found", [lostAndNotDone]],
  ["is begun again", [refused, answered]],
  ["is begun again and loses its answer", [refused, lostButDone]]
])("a start that %s, interrupted before any of its operations", (_, fates) => {
  it.effect("leaves no run that is neither recorded nor stopped, and records at most once", () =>
    Effect.gen(function*() {
      const ways = new Set<string>()
      for (let operation = 1;; operation++) {
        const model = StartModel.make(fair(fatesInTurn(...fates)))
        const recorded: Array<Started> = []
        const { fiber, reached } = yield* interruptBefore(
          operation,
          startRun(startRequest, {
            record: (started) => Effect.andThen(Effect.yieldNow, Effect.sync(() => recorded.push(started)))
          }).pipe(Effect.provide(model.layer))
        )
        const exit = yield* Fiber.await(fiber)
        const where = `before operation ${operation}`
        assert.isAtMost(model.made.length, 1, where)
        assert.isAtMost(recorded.length, 1, where)
        for (const { jobId, stopped } of model.made) {
          const isRecorded = recorded.some((started) => started.jobIds.includes(jobId))
          assert.strictEqual(Number(isRecorded) + Number(stopped), 1, where)
          ways.add(isRecorded ? Exit.isSuccess(exit) ? "recorded" : "recorded and interrupted" : "stopped")
        }
        if (model.made.length === 0) ways.add("nothing made")
        if (!reached) break
        assert.isBelow(operation, 5000, "a program of some hundred operations")
      }
      assert.include(Array.from(ways), "nothing made")
      if (fates.includes(lostButDone)) assert.includeMembers(Array.from(ways), ["stopped", "recorded"])
      if (fates.includes(answered)) assert.includeMembers(Array.from(ways), ["recorded and interrupted", "recorded"])
    }))
})

it.effect("a start that gives way to an older twin, interrupted before any of its operations, leaves none of its own", () =>
  Effect.gen(function*() {
    const tag = "nunu-effect:release-7"
    const ways = new Set<string>()
    for (let operation = 1;; operation++) {
      const model = StartModel.make(fair(Effect.succeed(answered)))
      const recorded: Array<Started> = []
      let looks = 0
      const late = Effect.gen(function*() {
        const nunu = yield* Nunu
        yield* nunu.runs.start({ ...startRequest, additionalTags: [tag] })
        return Nunu.of({
          ...nunu,
          jobs: { ...nunu.jobs, list: (options) => looks++ === 0 ? empty() : nunu.jobs.list(options) }
        })
      })
      const nunu = yield* Effect.provide(late, model.layer)
      const { fiber, reached } = yield* interruptBefore(
        operation,
        startRun(startRequest, {
          idempotent: { tag, earlierAttempt: false },
          record: (started) => Effect.andThen(Effect.yieldNow, Effect.sync(() => recorded.push(started)))
        }).pipe(Effect.provideService(Nunu, { ...nunu, runs: { ...nunu.runs, list: empty } }))
      )
      const exit = yield* Fiber.await(fiber)
      const where = `before operation ${operation}`
      const [older, own] = model.made
      if (own !== undefined) {
        assert.isTrue(own.stopped || recorded.at(-1)?.jobIds.includes(own.jobId), where)
        ways.add(own.stopped ? "stopped" : "recorded")
      }
      if (Exit.isSuccess(exit)) {
        assert.deepStrictEqual([older?.stopped, own?.stopped], [false, true], where)
        assert.deepStrictEqual(recorded.at(-1), exit.value, where)
        ways.add("gave way")
      }
      if (!reached) break
      assert.isBelow(operation, 5000, "a program of some hundred operations")
    }
    assert.sameMembers(Array.from(ways), ["recorded", "stopped", "gave way"])
  }))
