import { assert, describe, it } from "@effect/vitest"
import type { Job, JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { awaitRuns } from "../src/AwaitRun.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { attempt, job, jobId, run, runId, startRequest } from "./support/Fixtures.ts"
import { board } from "./support/JobBoard.ts"
import { type Methods, type NunuStub, stub } from "./support/NunuStub.ts"
import { during, failureOf, isInterrupted, passToEnd, toEnd } from "./support/TestTime.ts"

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A job that is in the queue, runs, and ends, at these seconds. */
const passing = (startsAt: number, endsAt: number) => (id: JobId, now: number): Job =>
  job({
    jobId: id,
    status: now < startsAt ? "QUEUED" : now < endsAt ? "RUNNING" : "COMPLETED",
    runs: now < startsAt ? [] : [attempt({ runId: runId(Number(id.slice(4))) })]
  })

const forever = passing(0, Infinity)

const project = (count: number, at: (id: JobId, now: number) => Job, more: Methods = {}) => {
  const jobIds = numbers(count).map(jobId)
  const nunu = stub({ ...board(jobIds, at), run: (runId) => Effect.succeed(run({ runId })), ...more })
  return { jobIds, nunu }
}

/** Calls of a method in each interval between looks: a look is what happens at one moment. */
const callsOfLooks = (nunu: NunuStub) => {
  const byMoment = new Map<number, { list: number; single: number }>()
  for (const { at, method } of nunu.calls) {
    const calls = byMoment.get(at) ?? { list: 0, single: 0 }
    if (method === "jobs") calls.list++
    if (method === "job") calls.single++
    byMoment.set(at, calls)
  }
  return Array.from(byMoment, ([at, calls]) => ({ at: at / 1000, ...calls }))
}

describe("waits in one process", () => {
  it.effect.each([1, 2, 100, 250])(
    "of %d jobs take N/100 + 1 calls a look at most, all at the same moments",
    (count) =>
      Effect.gen(function*() {
        const { jobIds, nunu } = project(count, forever)
        const waits = Effect.forEach(jobIds, (jobId) => awaitRuns([jobId]), { concurrency: "unbounded" })
        yield* during("20 minutes", Effect.provide(waits, nunu.layer))
        const looks = callsOfLooks(nunu)
        assert.isAbove(looks.length, 40)
        for (const { at, list, single } of looks) assert.isAtMost(list + single, count / 100 + 1, `at ${at}`)
        const gaps = looks.slice(8).map(({ at }, index) => at - (looks[index + 7]?.at ?? 0))
        assert.isAtLeast(Math.min(...gaps), 24 - 1e-3, "30 seconds, a fifth less at most")
      })
  )

  it.effect("of 3,000 jobs take 31 calls a look at most", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(3000, forever)
      yield* during("20 seconds", Effect.provide(awaitRuns(jobIds), nunu.layer))
      const looks = callsOfLooks(nunu)
      assert.isAbove(looks.length, 1)
      for (const { at, list, single } of looks) assert.isAtMost(list + single, 31, `at ${at}`)
    }), 30_000)

  it.effect(
    "of 200 jobs on the emulator take few calls a look, and each job is brought to its end",
    () =>
      Effect.gen(function*() {
        const nunu = yield* Nunu
        const emulator = yield* Emulator
        const started = yield* Effect.forEach(
          numbers(200),
          () => nunu.runs.start(startRequest),
          { concurrency: 16 }
        )
        const before = (yield* emulator.requests).length
        const finished = yield* passToEnd(awaitRuns(started.map(({ jobIds: [jobId] }) => jobId)), "3 seconds")
        assert.isTrue(finished.every(({ run }) => run?.result === "SUCCESS"))
        const requests = (yield* emulator.requests).slice(before)
        const counted = (path: RegExp) => requests.filter((request) => path.test(request.path)).length
        assert.strictEqual(counted(/\/runs\/[^/]+$/), 200, "the run of each, once")
        const looks = 15 // in five minutes: 5 s, growing to 24 s and more
        assert.isBelow(counted(/\/jobs/), looks * 8, "lists, and jobs that no list has shown")
      }).pipe(Effect.provide(Emulated.layer({
        script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 300 }]] })
      }))),
    30_000
  )

  it.effect("are told of each job that ends, and it is not looked at again", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(300, (id, now) => passing(10, 320 - Number(id.slice(4)))(id, now))
      const finished = yield* toEnd(Effect.provide(awaitRuns(jobIds), nunu.layer))
      assert.deepStrictEqual(finished.map(({ job }) => job.jobId), jobIds)
      assert.isTrue(finished.every(({ job, run }) => job.status === "COMPLETED" && run !== null))
      assert.strictEqual(nunu.countOf("run"), 300)
      assert.isBelow(nunu.countOf("job"), 30, "what has just ended is on a list too")
    }))

  it.effect("that began later join the looks of the others", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(50, forever)
      const waits = Effect.forEach(
        jobIds,
        (jobId, index) => Effect.delay(awaitRuns([jobId]), `${index * 7} seconds`),
        { concurrency: "unbounded" }
      )
      yield* during("30 minutes", Effect.provide(waits, nunu.layer))
      const late = callsOfLooks(nunu).filter(({ at }) => at > 600)
      assert.isBelow(late.length, 1.1 * 1200 / 24, "not 50 looks in each interval")
    }))

  it.effect("on two clients do not share", () =>
    Effect.gen(function*() {
      const [one, other] = [project(3, forever), project(3, forever)]
      yield* during(
        "1 minute",
        Effect.forEach([one, other], ({ jobIds, nunu }) => Effect.provide(awaitRuns(jobIds), nunu.layer), {
          concurrency: "unbounded"
        })
      )
      assert.isAbove(one.nunu.countOf("jobs"), 2)
      assert.isAbove(other.nunu.countOf("jobs"), 2)
    }))
})

describe("in a project with thousands of other jobs", () => {
  it.effect("a few waits ask for each of theirs rather than read all lists", () =>
    Effect.gen(function*() {
      const { nunu } = project(5000, forever)
      yield* during("10 minutes", Effect.provide(awaitRuns([jobId(4000), jobId(4500)]), nunu.layer))
      const [first, ...rest] = callsOfLooks(nunu)
      assert.isAtMost((first?.list ?? 0) + (first?.single ?? 0), 5)
      for (const { at, list, single } of rest) assert.isAtMost(list + single, 3, `at ${at}`)
    }))
})

describe("a job that no list shows", () => {
  it.effect("with a status of its own is found among the newest of all, with many others of its kind", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(150, (id) => job({ jobId: id, status: "PAUSED" }))
      yield* during("5 minutes", Effect.provide(awaitRuns(jobIds), nunu.layer))
      for (const { at, list, single } of callsOfLooks(nunu)) assert.isAtMost(list + single, 2, `at ${at}`)
    }))

  it.effect("is looked at alone: its status is on no list", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(3, (id, now) =>
        id === jobId(2)
          ? job({ jobId: id, status: now < 100 ? "PAUSED" : "REJECTED" })
          : passing(0, 30)(id, now))
      const finished = yield* toEnd(Effect.provide(awaitRuns(jobIds), nunu.layer))
      assert.deepStrictEqual(finished.map(({ job }) => job.status), ["COMPLETED", "REJECTED", "COMPLETED"])
    }))

  it.effect("may be unknown for a minute, and the others are waited for meanwhile", () =>
    Effect.gen(function*() {
      const known = project(2, passing(0, 40))
      const finished = yield* toEnd(
        Effect.all([
          awaitRuns(known.jobIds),
          Effect.flip(awaitRuns([jobId(9)]))
        ], { concurrency: "unbounded" }).pipe(Effect.provide(known.nunu.layer))
      )
      assert.strictEqual(finished[0].length, 2)
      assert.strictEqual(finished[1]._tag, "WaitFailed")
    }))
})

describe("lists that fail", () => {
  const failing = (error: Failures.StartError) => () => Effect.fail(error as typeof Failures.badRequest)

  it.effect("are failed looks of all, and no job is asked for alone: the server is down", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(40, forever, { jobs: failing(Failures.server(500)) })
      const failure = yield* failureOf(Effect.provide(awaitRuns(jobIds), nunu.layer))
      assert.strictEqual(failure._tag, "WaitFailed")
      assert.strictEqual(nunu.countOf("job"), 0)
      assert.strictEqual(nunu.countOf("jobs"), 11)
    }))

  it.effect.each([Failures.badRequest, Failures.unreadable(200)])(
    "are done without when it is the list that is at fault: %#",
    (error) =>
      Effect.gen(function*() {
        const { jobIds, nunu } = project(4, passing(5, 50), { jobs: failing(error) })
        assert.strictEqual((yield* toEnd(Effect.provide(awaitRuns(jobIds), nunu.layer))).length, 4)
      })
  )
})

describe("a wait that is interrupted", () => {
  it.effect("while it looks for others too, hands the look over to the next of them", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(20, passing(0, 60), {
        jobs: (options) => Effect.delay(board(jobIds20, passing(0, 60)).jobs(options), "3 seconds")
      })
      const fibers = yield* Effect.forEach(
        jobIds,
        (jobId) => Effect.forkChild(Effect.provide(awaitRuns([jobId]), nunu.layer))
      )
      // One after the other goes, whoever of them looks; the last one stays.
      const [last, ...rest] = fibers.toReversed()
      for (const fiber of rest) {
        yield* TestClock.adjust("2 seconds")
        fiber.interruptUnsafe()
      }
      yield* TestClock.adjust("1 hour")
      assert(last !== undefined)
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(last)))
      for (const fiber of rest) assert.isTrue(isInterrupted(fiber.pollUnsafe()))
    }))

  it.effect("leaves nothing behind: nobody looks when nobody waits", () =>
    Effect.gen(function*() {
      const { jobIds, nunu } = project(20, forever)
      const fiber = yield* Effect.forkChild(Effect.provide(awaitRuns(jobIds), nunu.layer))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      const calls = nunu.calls.length
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(nunu.calls.length, calls)
    }))
})

const jobIds20 = numbers(20).map(jobId)
