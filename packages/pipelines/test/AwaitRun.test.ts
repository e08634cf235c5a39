import { assert, describe, it } from "@effect/vitest"
import type { NotFound } from "@nunu-effect/core/ApiError"
import type { Job } from "@nunu-effect/core/Job"
import type { Run } from "@nunu-effect/core/Run"
import { DateTime, Effect } from "effect"
import { awaitRuns, isOver, lastAttempt, type Look } from "../src/AwaitRun.ts"
import { WaitTimedOut } from "../src/PipelineError.ts"
import * as Failures from "./support/Failures.ts"
import { attempt, job, jobId, run, runId } from "./support/Fixtures.ts"
import { board } from "./support/JobBoard.ts"
import { inTurn, type Methods, stub } from "./support/NunuStub.ts"
import { during, failureOf, seconds, toEnd } from "./support/TestTime.ts"

const at = (second: number) => DateTime.makeUnsafe(second * 1000)

const completed = job({ status: "COMPLETED", completedAt: at(60), runs: [attempt({ state: "COMPLETED" })] })

const awaitOn = (methods: Methods, jobIds = [jobId()], options: Parameters<typeof awaitRuns>[1] = {}) => {
  const nunu = stub({ run: (runId) => Effect.succeed(run({ runId })), ...methods })
  return { nunu, program: awaitRuns(jobIds, options).pipe(Effect.provide(nunu.layer)) }
}

const run1 = Effect.succeed(run())

/** A job that stands so at its looks. */
const standing = (...jobs: readonly [Job, ...Array<Job>]) => {
  const [first, ...rest] = jobs
  return { job: inTurn(Effect.succeed(first), ...rest.map((job) => Effect.succeed(job))) }
}

describe("awaitRuns", () => {
  it.effect("gives the job and its run when the job is over", () =>
    Effect.gen(function*() {
      const { program } = awaitOn(standing(job(), completed))
      assert.deepStrictEqual(yield* toEnd(program), [{ job: completed, run: run() }])
    }))

  it.effect("looks first after 5 seconds, then in waits that grow to 30, each by a fifth more or less", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn(standing(job()))
      assert.isUndefined(yield* during("10 minutes", program))
      const looks = [0, ...nunu.secondsOf("job")]
      const waits = looks.slice(1).map((second, index) => second - (looks[index] ?? 0))
      const expected = [5, 5, 7.5, 11.25, 16.875, 25.3125, ...waits.slice(6).map(() => 30)]
      assert.isAbove(waits.length, 15)
      for (const [index, wait] of waits.entries()) {
        const about = expected[index] ?? 0
        assert.closeTo(wait, about, about * 0.2 + 0.001)
      }
      assert.isAbove(new Set(waits.map((wait, index) => wait / (expected[index] ?? 1))).size, 10, "waits differ")
    }))

  it.effect("asks for no run while the job is in the queue", () =>
    Effect.gen(function*() {
      const refused = job({ status: "COMPLETED", queueRejectionReason: "no device" })
      const { nunu, program } = awaitOn(standing(job(), refused))
      assert.deepStrictEqual(yield* toEnd(program), [{ job: refused, run: null }])
      assert.strictEqual(nunu.countOf("run"), 0)
    }))

  it.effect.each(["PAUSED", "REQUEUED", "", "ALMOST_COMPLETED"])(
    "waits on at the status %j, which nobody knows",
    (status) =>
      Effect.gen(function*() {
        const { nunu, program } = awaitOn(standing(job({ status })))
        assert.isUndefined(yield* during("2 hours", program))
        assert.isAbove(nunu.countOf("job"), 100)
      })
  )

  it.effect("waits on while the job is not over, whatever its run says", () =>
    Effect.gen(function*() {
      const early = job({
        status: "RUNNING",
        runs: [attempt({ state: "COMPLETED", result: "FAILED", completedAt: at(9) })]
      })
      const { program } = awaitOn(standing(early))
      assert.isUndefined(yield* during("1 hour", program))
    }))

  it.effect.each<readonly [string, Effect.Effect<Run, NotFound>]>([
    ["cannot be read yet", Effect.fail(Failures.notFound)],
    ["has no result yet", Effect.succeed(run({ state: "RUNNING", result: null, completedAt: null }))]
  ])("looks again, for a minute, when the job is over and its run %s", ([, lagging]) =>
    Effect.gen(function*() {
      const looks: Array<Look> = []
      const awaited = (lastsUntil: number) =>
        awaitOn(
          { ...standing(completed), run: () => Effect.flatMap(seconds, (now) => now < lastsUntil ? lagging : run1) },
          [jobId()],
          { onLook: (look) => Effect.sync(() => looks.push(look)) }
        ).program
      assert.deepStrictEqual(yield* toEnd(awaited(20)), [{ job: completed, run: run() }])
      assert.deepStrictEqual(looks, [{ job: completed, run: run() }], "an end is told once")
      const [last] = yield* toEnd(awaited(Infinity))
      assert.isNull(last?.run?.result ?? null)
    }))

  it.effect("tells how the job stands at each look", () =>
    Effect.gen(function*() {
      const told: Array<Look> = []
      const running = job({ status: "RUNNING", runs: [attempt()] })
      const { program } = awaitOn(standing(job(), running, completed), [jobId()], {
        onLook: (look) => Effect.sync(() => told.push(look))
      })
      yield* toEnd(program)
      assert.deepStrictEqual(told.map((look) => [look.job.status, look.run?.runId ?? null]), [
        ["QUEUED", null],
        ["RUNNING", runId()],
        ["COMPLETED", runId()]
      ])
    }))

  it.effect("asks for no run that still runs when only jobs are to be looked at, or nobody is told", () =>
    Effect.gen(function*() {
      const running = job({ status: "RUNNING", runs: [attempt()] })
      const told: Array<Look> = []
      for (const onLook of [undefined, (look: Look) => Effect.sync(() => told.push(look))]) {
        const options = onLook === undefined ? {} : { onLook, looksAt: "jobs" as const }
        const { nunu, program } = awaitOn(standing(running, running, completed), [jobId()], options)
        assert.deepStrictEqual(yield* toEnd(program), [{ job: completed, run: run() }])
        assert.strictEqual(nunu.countOf("run"), 1)
      }
      assert.deepStrictEqual(told.map((look) => look.run), [null, null, run()])
    }))

  it.effect("waits for all of several jobs, each at its own pace, and gives them in the order asked for", () =>
    Effect.gen(function*() {
      const lengths = new Map([[jobId(1), 300], [jobId(2), 10], [jobId(3), 100]])
      const { program } = awaitOn(
        board([...lengths.keys()], (id, now) =>
          job({
            jobId: id,
            status: now < (lengths.get(id) ?? 0) ? "RUNNING" : "COMPLETED",
            runs: [attempt({ runId: runId(Number(id.slice(4))) })]
          })),
        [...lengths.keys()]
      )
      const finished = yield* toEnd(program)
      assert.deepStrictEqual(finished.map(({ job, run }) => [job.jobId, run?.runId]), [
        [jobId(1), runId(1)],
        [jobId(2), runId(2)],
        [jobId(3), runId(3)]
      ])
    }))

  it.effect("gives nothing at once for no jobs", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* awaitOn({}, []).program, [])
    }))
})

describe("a timeout", () => {
  it.effect("fails with the jobs that were waited for", () =>
    Effect.gen(function*() {
      const jobIds = [jobId(1), jobId(2), jobId(3)]
      const over = job({ jobId: jobId(3), status: "COMPLETED" })
      const methods = board(jobIds, (id) => id === over.jobId ? over : job({ jobId: id }))
      const { program } = awaitOn(methods, jobIds, { timeout: "30 minutes" })
      assert.isUndefined(yield* during("29 minutes", program))
      const failure = yield* failureOf(program)
      assert(failure instanceof WaitTimedOut)
      assert.deepStrictEqual(failure.jobIds, [jobId(1), jobId(2)])
      assert.deepStrictEqual(failure.finished, [{ job: over, run: null }])
      assert.strictEqual(failure.message, "Cannot wait any longer: job-1, job-2 not over after 30m")
    }))

  it.effect("ends a look that is not answered", () =>
    Effect.gen(function*() {
      const { program } = awaitOn({ job: () => Effect.never }, [jobId()], { timeout: "1 minute" })
      assert.strictEqual((yield* failureOf(program))._tag, "WaitTimedOut")
    }))

  it.effect("does not matter to runs that are over in time", () =>
    Effect.gen(function*() {
      const { program } = awaitOn(standing(completed), [jobId()], { timeout: "1 minute" })
      assert.strictEqual((yield* toEnd(program)).length, 1)
    }))

  it.effect("is not in force by default, for two days", () =>
    Effect.gen(function*() {
      const { program } = awaitOn({
        job: () => Effect.map(seconds, (now) => now < 2 * 86_400 ? job({ status: "RUNNING" }) : completed)
      })
      assert.isDefined(yield* during("3 days", program))
    }))
})

describe("isOver", () => {
  it.each(["COMPLETED", "STOPPED", "FAILED", "ERROR", "CANCELLED", "CANCELED", "REJECTED", "TIMED_OUT"])(
    "is true of %s",
    (status) => assert.isTrue(isOver(job({ status })))
  )

  it.each(["QUEUED", "STARTING", "RUNNING", "PAUSED", ""])("is false of %j", (status) => {
    assert.isFalse(isOver(job({ status })))
  })

  it.each<readonly [string, Partial<Job>]>([
    ["an end", { completedAt: at(1) }],
    ["a rejection", { queueRejectionReason: "no device is free" }],
    ["somebody who stopped it", { stoppedBy: { type: "user", id: 7 } }]
  ])("is true of any job with %s", (_, more) => {
    for (const status of ["QUEUED", "RUNNING", "PAUSED"]) assert.isTrue(isOver(job({ status, ...more })))
  })
})

describe("lastAttempt", () => {
  const [first, second, third] = [
    attempt({ runId: runId(1), startedAt: at(10), completedAt: at(20), result: "FAILED" }),
    attempt({ runId: runId(2), startedAt: at(30), completedAt: at(40), result: "FAILED" }),
    attempt({ runId: runId(3), startedAt: at(50) })
  ]

  it("is none of a job in the queue", () => {
    assert.isUndefined(lastAttempt(job()))
  })

  it("is the one that started last, in whatever order they are listed", () => {
    for (const runs of [[first, second, third], [third, second, first], [second, third, first]]) {
      assert.strictEqual(lastAttempt(job({ runs })), third)
    }
  })

  it("is one that is still to start, in whatever order they are listed", () => {
    const next = attempt({ runId: runId(4), state: "INITIALIZING" })
    for (const runs of [[first, second, next], [next, second, first]]) {
      assert.strictEqual(lastAttempt(job({ runs })), next)
    }
  })

  it("is not one that ended before it had started, when another came after it", () => {
    const stillborn = attempt({ runId: runId(4), completedAt: at(5), result: "ERROR" })
    assert.strictEqual(lastAttempt(job({ runs: [stillborn, first] })), first)
    assert.strictEqual(lastAttempt(job({ runs: [first, stillborn] })), first)
  })

  it.effect("decides what the run of a finished job is", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn(standing(job({ status: "COMPLETED", runs: [third, first, second] })))
      const [finished] = yield* toEnd(program)
      assert.strictEqual(finished?.run?.runId, runId(3))
      assert.deepStrictEqual(nunu.calls.map((call) => call.input), [jobId(), runId(3)])
    }))
})
