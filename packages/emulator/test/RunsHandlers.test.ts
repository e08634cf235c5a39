import { assert } from "@effect/vitest"
import { BugId } from "@nunu-effect/core/Bug"
import { RunId } from "@nunu-effect/core/Run"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import { connect, onBoth, refusals } from "./support/Emulators.ts"
import { runOf, start, startRequest, unknownJob, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"
import { bytesOf, partSize, unknownBuild, upload } from "./support/Uploads.ts"

onBoth("runs", { script: () => crossing, partSize }, (test) => {
  test("a start gives one job, and nothing that only older generations gave", function*() {
    const nunu = yield* connect()
    const started = yield* nunu.runs.start(startRequest)
    assert.deepInclude(started, { runId: null, buildId: null, testPlanExecutionId: null, message: "queued" })
    assert.strictEqual(started.jobIds.length, 1)
    assert.strictEqual((yield* nunu.jobs.get(started.jobIds[0])).jobId, started.jobIds[0])
  })

  test("a job in the queue has no run", function*() {
    yield* TestClock.setTime(1_700_000_000_000)
    const nunu = yield* connect()
    const job = yield* nunu.jobs.get(yield* start(nunu, { additionalTags: ["nightly"], retries: 2 }))
    assert.deepInclude(job, {
      status: "QUEUED",
      createdAt: DateTime.makeUnsafe(1_700_000_000_000),
      completedAt: null,
      multiplayerTestId: "test-1",
      testName: "Crossing, two players",
      tags: ["nightly"],
      retries: { total: 2, remaining: 2 },
      runs: []
    })
    assert.deepStrictEqual((yield* nunu.runs.list()).data, [])
  })

  test("a run ends as its script says, with dates that can be counted by hand", function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    yield* wait(30)
    const runId = yield* runOf(nunu, jobId)
    const before = yield* nunu.runs.get(runId)
    assert.deepInclude(before, {
      runId,
      jobId,
      state: "RUNNING",
      result: null,
      completedAt: null,
      durationMs: null,
      bugInfo: null
    })
    yield* wait(15)
    const run = yield* nunu.runs.get(runId)
    assert.deepInclude(run, {
      state: "COMPLETED",
      result: "FAILED",
      createdAt: DateTime.makeUnsafe(0),
      startedAt: DateTime.makeUnsafe(15_000),
      completedAt: DateTime.makeUnsafe(45_000),
      durationMs: 30_000,
      bugInfo: { bugLabel: "bugs", bugCount: 1 },
      test: { id: "test-1", name: "Crossing, two players", type: "verification" },
      build: null
    })
    assert.deepStrictEqual(run.players.map((player) => [player.result, player.stepCount, player.completedStepCount]), [
      ["SUCCESS", 2, 2],
      ["FAILED", 1, 1]
    ])
    assert.deepStrictEqual(
      run.players[0]?.steps.map((step) => [step.stepNumber, step.state, step.result, step.durationMs]),
      [
        [1, "COMPLETED", "SUCCESS", 10_000],
        [2, "COMPLETED", "SUCCESS", 20_000]
      ]
    )
    const job = yield* nunu.jobs.get(jobId)
    assert.deepInclude(job, { status: "COMPLETED", completedAt: DateTime.makeUnsafe(45_000), stoppedBy: null })
    assert.deepInclude(job.runs[0], { runId, state: "COMPLETED", result: "FAILED", players: 2 })
  })

  test("bugs come when they are found", function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    yield* wait(15)
    const runId = yield* runOf(nunu, jobId)
    assert.deepStrictEqual((yield* nunu.runs.bugs(runId)).data, [])
    yield* wait(5)
    const bugs = yield* nunu.runs.bugs(runId)
    assert.deepInclude(bugs.pagination, { page: 0, totalCount: 1, totalPages: 1 })
    assert.deepInclude(bugs.data[0], {
      bugId: BugId.make("bug_early"),
      title: "The bug bug_early",
      category: "gameplay",
      severity: "high",
      confidence: "medium",
      playerNumber: 1,
      detectedAt: DateTime.makeUnsafe(20_000)
    })
    yield* wait(55)
    assert.deepStrictEqual((yield* nunu.runs.bugs(runId)).data.map(({ bugId }) => `${bugId}`), [
      "bug_early",
      "bug_late"
    ])
    assert.deepStrictEqual((yield* nunu.runs.get(runId)).bugInfo, { bugLabel: "bugs", bugCount: 2 })
  })

  test("runs name the build that they play", function*() {
    const nunu = yield* connect()
    const buildId = yield* upload(nunu, bytesOf(1500))
    const jobId = yield* start(nunu, { buildId })
    yield* wait(10)
    const run = yield* nunu.runs.get(yield* runOf(nunu, jobId))
    assert.deepInclude(run.build, { id: buildId, name: "Crab Island" })
    assert.strictEqual((yield* nunu.jobs.get(jobId)).buildId, buildId)
    const error = yield* Effect.flip(start(nunu, { buildId: unknownBuild }))
    assert.deepInclude(error, { _tag: "NotFound", status: 404, error: "build not found" })
  })

  test("a one-off test has the tag api before its own", function*() {
    const nunu = yield* connect()
    const { jobIds } = yield* nunu.runs.start({
      instructions: "Find the crab",
      deploymentConfigId: "d",
      additionalTags: ["a"]
    })
    assert.deepStrictEqual((yield* nunu.jobs.get(jobIds[0])).tags, ["api", "a"])
  })

  test("a start that does not say exactly what to test is refused in words, and starts nothing", function*() {
    const nunu = yield* connect()
    const both = { multiplayerTestId: "t", instructions: "i" }
    for (
      const [words, request] of [["exactly one", {}], ["exactly one", both], ["retries", {
        multiplayerTestId: "t",
        retries: 11
      }]] as const
    ) {
      const error = yield* Effect.flip(nunu.runs.start({ deploymentConfigId: "d", ...request }))
      assert.deepInclude(error, { _tag: "BadRequest", status: 400 })
      assert.isTrue("error" in error && error.error.startsWith(words), error.message)
    }
    assert.strictEqual((yield* nunu.jobs.list()).pagination.totalCount, 0)
  })

  test("unknown ids are not found", function*() {
    const nunu = yield* connect()
    yield* start(nunu)
    const queued = RunId.make("run000000001")
    const unknown = RunId.make("nothing")
    for (const error of yield* refusals(nunu.runs.get(unknown), nunu.runs.bugs(unknown), nunu.runs.get(queued))) {
      assert.deepInclude(error, { _tag: "NotFound", status: 404, error: "multiplayer run not found" })
    }
    assert.deepInclude(yield* Effect.flip(nunu.jobs.get(unknownJob)), { _tag: "NotFound", error: "job not found" })
    yield* wait(10)
    assert.strictEqual((yield* nunu.runs.get(queued)).state, "INITIALIZING")
  })
})

onBoth("speed", { script: () => crossing, speed: 10 }, (test) => {
  test("lets a run pass ten times as fast, with dates and durations that agree", function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    yield* wait(4)
    assert.strictEqual((yield* nunu.jobs.get(jobId)).status, "RUNNING")
    yield* wait(0.5)
    const run = yield* nunu.runs.get(yield* runOf(nunu, jobId))
    assert.deepInclude(run, {
      state: "COMPLETED",
      startedAt: DateTime.makeUnsafe(1500),
      completedAt: DateTime.makeUnsafe(4500),
      durationMs: 3000
    })
    assert.deepStrictEqual(run.players[0]?.steps.map(({ durationMs }) => durationMs), [1000, 2000])
  })

  test("stops a run where it is", function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    yield* wait(3)
    yield* nunu.runs.stop([jobId])
    yield* wait(10)
    const run = yield* nunu.runs.get(yield* runOf(nunu, jobId))
    assert.deepInclude(run, { result: "STOPPED", completedAt: DateTime.makeUnsafe(3000), durationMs: 1500 })
  })
})
