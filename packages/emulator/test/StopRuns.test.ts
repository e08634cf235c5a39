import { assert } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { runOf, start, unknownJob, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"

const lastStatus = Effect.map(
  Effect.flatMap(Emulator, ({ requests }) => requests),
  (requests) => requests.at(-1)?.status
)

onBoth("stop", { script: () => crossing }, (test) => {
  test("ends what runs, and says 200 when that was all", function*() {
    const nunu = yield* connect()
    const jobIds = [yield* start(nunu), yield* start(nunu)] as const
    yield* wait(30)
    const stopped = yield* nunu.runs.stop([...jobIds])
    assert.strictEqual(yield* lastStatus, 200)
    assert.deepInclude(stopped, { ok: true, receivedCount: 2, stoppedCount: 2 })
    assert.deepStrictEqual(stopped.results.map((result) => [result.jobId, result.ok, result.status]), [
      [jobIds[0], true, 200],
      [jobIds[1], true, 200]
    ])
    yield* wait(600)
    const job = yield* nunu.jobs.get(jobIds[0])
    assert.deepInclude(job, {
      status: "COMPLETED",
      completedAt: DateTime.makeUnsafe(30_000),
      stoppedBy: { type: "api" }
    })
    const run = yield* nunu.runs.get(yield* runOf(nunu, jobIds[0]))
    assert.deepInclude(run, { state: "COMPLETED", result: "STOPPED", durationMs: 15_000 })
  })

  test("says 207 when some had ended before or are not known", function*() {
    const nunu = yield* connect()
    const ended = yield* start(nunu)
    yield* wait(45)
    const running = yield* start(nunu)
    const stopped = yield* nunu.runs.stop([ended, running, unknownJob])
    assert.strictEqual(yield* lastStatus, 207)
    assert.deepInclude(stopped, { ok: false, receivedCount: 3, stoppedCount: 1 })
    assert.deepStrictEqual(stopped.results, [
      { jobId: ended, ok: false, status: 500, message: null, error: "Job already completed" },
      { jobId: running, ok: true, status: 200, message: "stopped", error: null }
    ])
    assert.strictEqual((yield* nunu.jobs.get(ended)).stoppedBy, null)
  })

  test("says 207 when all were stopped that are known", function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    const stopped = yield* nunu.runs.stop([jobId, unknownJob])
    assert.deepInclude(stopped, { ok: false, receivedCount: 2, stoppedCount: 1 })
    assert.deepStrictEqual(stopped.results.map((result) => result.ok), [true])
    assert.strictEqual(yield* lastStatus, 207)
  })

  test("says of a job that was stopped already that it has ended", function*() {
    const nunu = yield* connect()
    const jobId = yield* start(nunu)
    yield* nunu.runs.stop([jobId])
    const again = yield* nunu.runs.stop([jobId])
    assert.deepInclude(again.results[0], { ok: false, error: "Job already completed" })
    assert.deepStrictEqual((yield* nunu.jobs.get(jobId)).runs, [])
  })

  test("says 404 with no results when none is known", function*() {
    const nunu = yield* connect()
    const stopped = yield* nunu.runs.stop([unknownJob])
    assert.strictEqual(yield* lastStatus, 404)
    assert.deepInclude(stopped, { ok: false, receivedCount: 1, stoppedCount: 0, results: [] })
  })
})
