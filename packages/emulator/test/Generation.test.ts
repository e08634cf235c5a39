/** Each generation on the wire, and what the client makes of it. */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { askWithKey } from "./support/Plain.ts"
import { startRequest } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"

const body = JSON.stringify({ multiplayer_test_id: "test-1", deployment_config_id: "deployment-1" })

/** Starts a run without the client, waits for its end, and asks about it. */
const history = Effect.gen(function*() {
  const started = yield* askWithKey({ method: "POST", path: "/api/v1/runs", body })
  const queued = yield* askWithKey({ path: "/api/v1/runs/run000000001" })
  yield* TestClock.adjust("100 seconds")
  const [one, list, bugs] = yield* Effect.forEach(
    ["/runs/run000000001", "/runs?page_size=5", "/runs/run000000001/bugs"],
    (path) => Effect.map(askWithKey({ path: `/api/v1${path}` }), ({ text }) => JSON.parse(text))
  )
  return { started: { status: started.status, body: JSON.parse(started.text) }, queued, one, list, bugs }
})

const jobId = "00000001-0000-4000-8000-000000000001"

describe("generations", () => {
  onBoth("2026-01", { generation: "2026-01", script: () => crossing }, (test) => {
    test("has an envelope with one job and its run, lower-case words and its own list of bugs", function*() {
      const { bugs, list, one, queued, started } = yield* history
      assert.deepStrictEqual(started, {
        status: 201,
        body: {
          ok: true,
          status: 201,
          message: "queued",
          data: { job_id: jobId, multiplayer_run_id: "run000000001" }
        }
      })
      assert.deepInclude(JSON.parse(queued.text), { state: "initializing", result: null })
      assert.deepInclude(one, { state: "completed", result: "failure", duration_ms: 30_000 })
      assert.notProperty(one, "job_id")
      assert.deepInclude(one.players[1], {
        state: "completed",
        result: "failure",
        platform: { type: "android", device: "Pixel 9" }
      })
      assert.deepInclude(one.players[1].steps[0], { run_state: "completed", run_result: "failure" })
      assert.strictEqual(list.data[0].result, "failure")
      assert.deepStrictEqual(Object.keys(bugs), ["multiplayer_run_id", "bug_occurrences"])
      assert.strictEqual(bugs.bug_occurrences.length, 2)
    })

    test("has an envelope around what is wrong with a start", function*() {
      const { status, text } = yield* askWithKey({
        method: "POST",
        path: "/api/v1/runs",
        body: JSON.stringify({ ...JSON.parse(body), build_id: "none" })
      })
      const error = "build not found"
      assert.deepStrictEqual([status, JSON.parse(text)], [404, { ok: false, status: 404, message: error, error }])
    })
  })

  onBoth("middle", { generation: "middle", script: () => crossing }, (test) => {
    test("has an envelope with the jobs, and the newest runs", function*() {
      const { bugs, one, started } = yield* history
      assert.deepStrictEqual(started, {
        status: 200,
        body: {
          ok: true,
          status: 200,
          message: "queued",
          data: { message: "queued", build_id: null, job_ids: [jobId] }
        }
      })
      assert.deepInclude(one, { state: "COMPLETED", result: "FAILED", job_id: jobId })
      assert.deepStrictEqual(Object.keys(bugs), ["data", "pagination"])
    })
  })

  for (const generation of ["2026-01", "middle", "latest"] as const) {
    onBoth(`the client with ${generation}`, { generation, script: () => crossing }, (test) => {
      test("reads it as it reads the others", function*() {
        const nunu = yield* connect()
        const started = yield* nunu.runs.start(startRequest)
        assert.deepStrictEqual([...started.jobIds], [jobId])
        yield* TestClock.adjust("100 seconds")
        const [listed] = (yield* nunu.runs.list()).data
        const job = yield* nunu.jobs.get(started.jobIds[0])
        const runId = job.runs[0]?.runId ?? (yield* Effect.die("no run"))
        const run = yield* nunu.runs.get(runId)
        for (const seen of [listed, run, job.runs[0]]) {
          assert.deepInclude(seen, { state: "COMPLETED", result: "FAILED" })
        }
        assert.deepStrictEqual(run.players.map(({ result }) => result), ["SUCCESS", "FAILED"])
        const { data } = yield* nunu.runs.bugs(runId)
        assert.deepStrictEqual(data.map(({ bugId }) => String(bugId)), ["bug_early", "bug_late"])
        assert.deepStrictEqual(yield* (yield* Emulator).violations, [])
      })
    })
  }
})
