import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { GivenUp } from "../src/GivenUp.ts"
import { PipelineError } from "../src/PipelineError.ts"
import { runTrial } from "../src/Trial.ts"
import * as Failures from "./support/Failures.ts"
import { attempt, bug, job, jobId, pageOf, run, runId, startedJobs, startRequest } from "./support/Fixtures.ts"
import { board } from "./support/JobBoard.ts"
import { type Methods, stub } from "./support/NunuStub.ts"
import { isInterrupted, seconds, toEnd } from "./support/TestTime.ts"

/** A trial of two jobs, of which the second ends only after an hour, unless told otherwise. */
const trialOn = (methods: Methods = {}, options: Parameters<typeof runTrial>[1] = {}) => {
  const nunu = stub({
    start: () => Effect.succeed(startedJobs(1, 2)),
    ...board([jobId(1), jobId(2)], (id, now) =>
      job({
        jobId: id,
        status: id === jobId(1) || now > 3600 ? "COMPLETED" : "RUNNING",
        runs: [attempt({ runId: runId(Number(id.slice(4))) })]
      })),
    run: (id) => Effect.succeed(run({ runId: id })),
    bugs: () => Effect.succeed(pageOf([])),
    stop: () => Effect.succeed({ ok: true, message: null, receivedCount: 2, stoppedCount: 2, results: [] }),
    ...methods
  })
  return toEnd(runTrial(startRequest, options).pipe(Effect.provide(nunu.layer)))
}

const summary = ({ error, jobs, started }: Effect.Success<ReturnType<typeof trialOn>>) => ({
  error: error?.reason._tag ?? null,
  jobs: jobs.map(({ bugs, job }) => [job.jobId, bugs?.length ?? null]),
  isStarted: started !== null
})

describe("a trial", () => {
  it.effect("has its jobs with their bugs, and the name of the test", () =>
    Effect.gen(function*() {
      const trial = yield* trialOn()
      assert.deepStrictEqual(summary(trial), { error: null, jobs: [[jobId(1), 0], [jobId(2), 0]], isStarted: true })
      assert.strictEqual(trial.name, "Rope bridge")
    }))

  it.effect("that was out of time has the jobs that were over", () =>
    Effect.gen(function*() {
      const trial = yield* trialOn({}, { timeout: "10 minutes", name: "bridge" })
      assert.deepStrictEqual(summary(trial), { error: "WaitTimedOut", jobs: [[jobId(1), null]], isStarted: true })
      assert.strictEqual(trial.name, "bridge")
    }))

  it.effect("that could not be waited for any longer has the jobs that were over", () =>
    Effect.gen(function*() {
      const trial = yield* trialOn({
        job: (id) =>
          Effect.flatMap(seconds, (now) =>
            now < 60 ? Effect.succeed(job({ jobId: id, status: "RUNNING" })) : Effect.fail(Failures.unauthorized))
      })
      assert.deepStrictEqual(summary(trial), { error: "WaitFailed", jobs: [[jobId(1), null]], isStarted: true })
    }))

  it.effect("whose bugs can be read of one job and not of another has those that were read", () =>
    Effect.gen(function*() {
      const trial = yield* trialOn({
        bugs: (id) => id === runId(1) ? Effect.fail(Failures.unauthorized) : Effect.succeed(pageOf([bug()]))
      })
      assert.deepStrictEqual(summary(trial), {
        error: "BugsUnread",
        jobs: [[jobId(1), null], [jobId(2), 1]],
        isStarted: true
      })
    }))

  it.effect("whose bugs cannot be read has all its jobs, without bugs", () =>
    Effect.gen(function*() {
      const trial = yield* trialOn({ bugs: () => Effect.fail(Failures.unauthorized) })
      assert.deepStrictEqual(summary(trial), {
        error: "BugsUnread",
        jobs: [[jobId(1), null], [jobId(2), null]],
        isStarted: true
      })
    }))

  it.effect("that was not started has nothing but the reason", () =>
    Effect.gen(function*() {
      const trial = yield* trialOn({ start: () => Effect.fail(Failures.badRequest) })
      assert.deepStrictEqual(summary(trial), { error: "StartFailed", jobs: [], isStarted: false })
      assert.instanceOf(trial.error, PipelineError)
      assert.strictEqual(trial.name, "test-1")
    }))

  it.effect("is given up within 5 seconds when its start is answered late and nobody answers the stop", () =>
    Effect.gen(function*() {
      const told: Array<GivenUp> = []
      const nunu = stub({
        start: () => Effect.as(Effect.sleep("2400 millis"), startedJobs(1)),
        stop: () => Effect.never
      })
      const trial = runTrial(startRequest, { onGivenUp: (givenUp) => Effect.sync(() => told.push(givenUp)) })
      const fiber = yield* Effect.forkChild(Effect.provide(trial, nunu.layer))
      yield* TestClock.adjust("1 second")
      fiber.interruptUnsafe()
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(isInterrupted(fiber.pollUnsafe()))
      assert.deepStrictEqual(told, [{ _tag: "Stopped", stopped: { over: [], running: [jobId(1)] } }])
    }))
})
