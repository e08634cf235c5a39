import { assert, describe, it } from "@effect/vitest"
import { Build, BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { DateTime, Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { confirm } from "../src/Confirm.ts"
import { matrix } from "../src/Matrix.ts"
import { runAwaitBugs } from "../src/Pipeline.ts"
import type { PipelineResult } from "../src/PipelineResult.ts"
import { startRun } from "../src/StartRun.ts"
import { supersede, type Superseded } from "../src/Supersede.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { job, jobId, pageOf, startedJobs, startRequest } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { passToEnd, seconds, toEnd } from "./support/TestTime.ts"

const emulated = Emulated.layer({
  script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 600 }]] })
})

/** Starts on a branch, a second after what was before. */
const startOn = (branch: string, told: Array<Superseded> = []) =>
  TestClock.adjust("1 second").pipe(
    Effect.andThen(startRun(startRequest)),
    supersede({ branch, onSuperseded: (superseded) => Effect.sync(() => told.push(superseded)) })
  )

const stoppedJobs = Effect.gen(function*() {
  const emulator = yield* Emulator
  return (yield* emulator.jobs).map((job) => job.stoppedAt !== null)
})

describe("a start that supersedes", () => {
  it.effect("stops the older runs of its branch, and tells them", () =>
    Effect.gen(function*() {
      const told: Array<Superseded> = []
      const first = yield* startOn("main", told)
      assert.deepStrictEqual(told, [], "there was nothing to stop")
      const second = yield* startOn("main", told)
      assert.deepStrictEqual(told, [{ stopped: { over: first.jobIds, running: [] }, error: null }])
      assert.deepStrictEqual(yield* stoppedJobs, [true, false])
      assert.notDeepEqual(second.jobIds, first.jobIds)
    }).pipe(Effect.provide(emulated)))

  it.effect("leaves other branches alone, and runs that nobody gave a branch", () =>
    Effect.gen(function*() {
      yield* startRun(startRequest)
      for (const branch of ["main", "feature/a,b", "feature/a", "MAIN"]) yield* startOn(branch)
      assert.deepStrictEqual(yield* stoppedJobs, [false, false, false, false, false])
      yield* startOn("feature/a,b")
      assert.deepStrictEqual(yield* stoppedJobs, [false, false, true, false, false, false])
    }).pipe(Effect.provide(emulated)))

  it.effect("finds what runs among hundreds of runs that are over", () =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      const { jobIds: [old] } = yield* startOn("main")
      for (let number = 0; number < 90; number++) yield* startOn("main")
      assert.deepStrictEqual((yield* stoppedJobs).filter((isStopped) => !isStopped).length, 1)
      assert.strictEqual((yield* nunu.jobs.get(old)).status, "COMPLETED")
    }).pipe(Effect.provide(emulated)))
})

describe("a program that supersedes", () => {
  it.effect("does not stop its own runs, however many it starts", () =>
    Effect.gen(function*() {
      yield* startOn("main")
      const result = yield* passToEnd(
        matrix({
          tests: [{ multiplayerTestId: "a" }, { multiplayerTestId: "b" }],
          deployments: ["phones", "tablets"]
        }).pipe(supersede({ branch: "main" })),
        "10 seconds"
      )
      assert.strictEqual(result.verdict._tag, "Passed")
      assert.deepStrictEqual(yield* stoppedJobs, [true, false, false, false, false])
    }).pipe(Effect.provide(emulated)))

  it.effect("is told as one that was stopped, when a newer one takes its place", () =>
    Effect.gen(function*() {
      const older = yield* Effect.forkChild(Effect.map(
        runAwaitBugs(startRequest).pipe(supersede({ branch: "main" })),
        ({ verdict }) => verdict
      ))
      yield* TestClock.withLive(Effect.sleep("20 millis"))
      yield* TestClock.adjust("3 seconds")
      const newer = yield* passToEnd(runAwaitBugs(startRequest).pipe(supersede({ branch: "main" })), "5 seconds")
      const verdict = yield* Fiber.join(older)
      assert.strictEqual(newer.verdict._tag, "Passed")
      assert.strictEqual(verdict._tag, "Inconclusive")
    }).pipe(Effect.provide(emulated)))
})

describe("a program of many trials, when a newer one takes its place,", () => {
  const older = { ...startRequest, buildId: BuildId.make("build-1") }
  const newer = { ...startRequest, buildId: BuildId.make("build-2") }
  const builds = ["build-1", "build-2"].map((id) => Schema.decodeSync(Build)({ id, name: id, status: "OK" }))
  const withBuilds = Layer.fresh(Emulated.layer({
    data: { builds },
    script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 600 }]] })
  }))

  /** Runs a program, and a newer one on the same branch 30 seconds later; gives what the first came to. */
  const replaced = <E>(program: Effect.Effect<PipelineResult, E, Nunu>, branch = "main") =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const first = yield* Effect.forkChild(program.pipe(supersede({ branch: "main" })))
      while ((yield* emulator.jobs).length === 0) yield* TestClock.withLive(Effect.sleep("1 millis"))
      yield* TestClock.adjust("30 seconds")
      yield* startRun(newer).pipe(supersede({ branch }))
      return yield* passToEnd(Fiber.join(first), "5 seconds")
    })

  const started = Effect.gen(function*() {
    const emulator = yield* Emulator
    return (yield* emulator.jobs).map(({ request, stoppedAt }) => [String(request.buildId), stoppedAt !== null])
  })

  it.effect("a matrix starts nothing any more, and says why", () =>
    Effect.gen(function*() {
      const deployments = ["phones", "tablets", "desks", "walls"]
      const result = yield* replaced(
        matrix({ tests: [{ multiplayerTestId: "a" }], deployments, common: { buildId: older.buildId } }, {
          concurrency: 2
        })
      )
      assert.deepStrictEqual(yield* started, [["build-1", true], ["build-1", true], ["build-2", false]])
      assert.strictEqual(result.verdict._tag, "Inconclusive")
      assert.deepStrictEqual(result.trials.map(({ error }) => error?.reason._tag), [
        undefined,
        undefined,
        "GaveWay",
        "GaveWay"
      ])
      assert.include(result.trials[3]?.error?.message, "a newer build of branch \"main\" has taken the place")
    }).pipe(Effect.provide(withBuilds)))

  it.effect("a confirmation starts nothing any more, and says why", () =>
    Effect.gen(function*() {
      const result = yield* replaced(confirm(older, { needed: 2, of: 3 }))
      assert.deepStrictEqual(yield* started, [["build-1", true], ["build-2", false]])
      assert.strictEqual(result.verdict._tag, "Inconclusive")
      assert.deepStrictEqual(result.trials.map(({ error }) => error?.reason._tag), [undefined, "GaveWay"])
    }).pipe(Effect.provide(withBuilds)))

  it.effect("goes on when that was of another branch", () =>
    Effect.gen(function*() {
      const result = yield* replaced(confirm(older, { needed: 1, of: 2 }), "feature")
      assert.strictEqual(result.verdict._tag, "Passed")
      assert.deepStrictEqual((yield* started).map(([build]) => build), ["build-1", "build-2", "build-1"])
    }).pipe(Effect.provide(withBuilds)))

  it.effect("goes on when the branch cannot be looked at", () =>
    Effect.gen(function*() {
      let down = false
      const nunu = yield* Nunu
      const result = yield* passToEnd(
        confirm(older, { needed: 1, of: 2, onEvent: () => Effect.sync(() => (down = true)) }).pipe(
          supersede({ branch: "main" }),
          Effect.provideService(Nunu, {
            ...nunu,
            jobs: {
              ...nunu.jobs,
              list: (options) => down ? Effect.fail(Failures.unauthorized) : nunu.jobs.list(options)
            }
          })
        ),
        "5 seconds"
      )
      assert.strictEqual(result.trials.length, 2)
    }).pipe(Effect.provide(withBuilds)))
})

describe("on a stub", () => {
  const branchTag = "nunu-effect-branch:main"
  const buildId = BuildId.make("build-1")
  const older = job({ jobId: jobId(7), status: "RUNNING", tags: [branchTag] })

  const startWith = (listed: ReadonlyArray<ReturnType<typeof job>>) => {
    const told: Array<Superseded> = []
    const nunu = stub({
      start: () => Effect.succeed(startedJobs(1)),
      jobs: () => Effect.succeed(pageOf(listed)),
      job: (id) =>
        Effect.flatMap(seconds, (now) =>
          now < 5
            ? Effect.fail(Failures.notFound)
            : Effect.succeed(job({ jobId: id, createdAt: DateTime.makeUnsafe("2030-01-01") }))),
      stop: () => Effect.fail(Failures.server(500))
    })
    const program = startRun({ ...startRequest, buildId }).pipe(
      supersede({ branch: "main", onSuperseded: (superseded) => Effect.sync(() => told.push(superseded)) }),
      Effect.provide(nunu.layer)
    )
    return { nunu, program, told }
  }

  it.effect("leaves runs of the same build alone, and those without the tag that the API lists all the same", () =>
    Effect.gen(function*() {
      const { nunu, program } = startWith([{ ...older, buildId }, { ...older, jobId: jobId(8), tags: [] }])
      yield* program
      assert.strictEqual(nunu.countOf("stop"), 0)
    }))

  it.effect("leaves runs alone that were started later, also while its own are not listed or known yet", () =>
    Effect.gen(function*() {
      const { nunu, program } = startWith([{ ...older, createdAt: DateTime.makeUnsafe("2030-01-02") }])
      yield* toEnd(program)
      assert.strictEqual(nunu.countOf("stop"), 0)
      assert.deepStrictEqual(nunu.secondsOf("job"), [0, 3, 6])
    }))

  it.effect("leaves its own runs alone, and those that were started later or that win a tie", () =>
    Effect.gen(function*() {
      let tags: ReadonlyArray<string> = []
      const at = (second: number) => DateTime.makeUnsafe(second * 1000)
      const listed = () => [
        job({ jobId: jobId(1), tags, createdAt: at(10) }), // ours
        job({ jobId: jobId(2), tags, createdAt: at(9) }), // of the same program
        job({ jobId: jobId(3), tags: [branchTag], createdAt: at(11) }), // later
        job({ jobId: jobId(4), tags: [branchTag], createdAt: at(10) }), // wins the tie
        job({ jobId: JobId.make("job-0"), tags: [branchTag], createdAt: at(10) }), // loses it
        job({ jobId: jobId(5), tags: [branchTag], createdAt: at(9) })
      ]
      const nunu = stub({
        start: ({ additionalTags = [] }) => Effect.sync(() => (tags = additionalTags, startedJobs(1))),
        jobs: () => Effect.sync(() => pageOf(listed())),
        stop: () => Effect.succeed({ ok: true, message: null, receivedCount: 2, stoppedCount: 2, results: [] })
      })
      yield* startRun(startRequest).pipe(supersede({ branch: "main" }), Effect.provide(nunu.layer))
      assert.deepStrictEqual(nunu.calls.at(-1)?.input, [JobId.make("job-0"), jobId(5)])
    }))

  it.effect("tells what it could not stop, and has started all the same", () =>
    Effect.gen(function*() {
      const { program, told } = startWith([older])
      assert.deepStrictEqual((yield* toEnd(program)).jobIds, [jobId(1)])
      assert.deepStrictEqual(told, [{ stopped: { over: [], running: [jobId(7)] }, error: Failures.server(500) }])
    }))

  it.effect("gives its own run up when it is interrupted while it looks, if nobody has taken the handles down", () =>
    Effect.gen(function*() {
      for (const isRecorded of [false, true]) {
        const told: Array<unknown> = []
        const nunu = stub({
          start: () => Effect.succeed(startedJobs(1)),
          jobs: () => Effect.never,
          stop: () => Effect.succeed({ ok: true, message: null, receivedCount: 1, stoppedCount: 1, results: [] })
        })
        const fiber = yield* startRun(startRequest, {
          ...(isRecorded ? { record: () => Effect.void } : {}),
          onGivenUp: ({ _tag }) => Effect.sync(() => told.push(_tag))
        }).pipe(supersede({ branch: "main" }), Effect.provide(nunu.layer), Effect.forkChild)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(nunu.countOf("stop"), isRecorded ? 0 : 1)
        assert.deepStrictEqual(told, isRecorded ? [] : ["Stopped"])
      }
    }))

  it.effect("tells that it could not look, and has started all the same", () =>
    Effect.gen(function*() {
      const told: Array<Superseded> = []
      const nunu = stub({ start: () => Effect.succeed(startedJobs(1)), jobs: () => Effect.fail(Failures.unauthorized) })
      const { jobIds } = yield* startRun(startRequest).pipe(
        supersede({ branch: "main", onSuperseded: (superseded) => Effect.sync(() => told.push(superseded)) }),
        Effect.provide(nunu.layer)
      )
      assert.deepStrictEqual(jobIds, [jobId(1)])
      assert.deepStrictEqual(told.map(({ error }) => error), [Failures.unauthorized])
    }))
})
