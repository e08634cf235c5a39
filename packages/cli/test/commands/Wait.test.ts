import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { brief } from "../support/Emulate.ts"
import { folder, linesOf, nunu, objectOf, start } from "../support/Nunu.ts"
import { ran } from "../support/Ran.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

const detached = ["run", "--test", "test-1", "--deployment", "phones", "--detach", "-o", "json"]

/** A run that somebody else has started, and that takes long. */
const waiting = Effect.fnUntraced(function*(...flags: ReadonlyArray<string>) {
  const { emulator, env } = yield* served({ speed: 0.1 })
  const jobId = String((objectOf(yield* nunu(detached, { env }))["jobIds"] as Array<unknown>)[0])
  const running = yield* start(["wait", jobId, ...flags], { env })
  const stops = Effect.map(
    emulator.requests,
    (requests) => requests.map(brief).filter((request) => request.includes("/stop"))
  )
  return { emulator, running, jobId, stops }
})

describe("nunu wait", concurrently, () => {
  it.live("judges by job ids and by run ids, each job once", () =>
    Effect.gen(function*() {
      const { env, jobId, runId } = yield* ran()
      const report = path.join(yield* folder, "r.json")
      const ended = yield* nunu(["wait", jobId, runId, "--fail-on", "medium", "--report", report, "-o", "json"], {
        env
      })
      assert.strictEqual(ended.code, 1, ended.stderr)
      const { jobs, verdict, ...object } = objectOf(ended)
      assert.deepInclude(object, { command: "wait", ok: false, exitCode: 1, receipt: null, tag: null })
      assert.deepInclude(verdict, { _tag: "Failed" })
      assert.ok(Array.isArray(jobs))
      assert.deepStrictEqual(jobs.map(({ job, run }) => [job.jobId, run.runId]), [[jobId, runId]])
      assert.notInclude(ended.stdout, "c4n4ry")
      assert.strictEqual(ended.stderr.split("\n")[0], `Waiting for job ${jobId}; Ctrl-C leaves it running`)
      assert.deepInclude(JSON.parse(fs.readFileSync(report, "utf8")), { program: "wait", verdict: "failed" })
    }))

  it.live("ends with 4 and all ids that nobody knows", () =>
    Effect.gen(function*() {
      const { env, jobId } = yield* ran()
      const ended = yield* nunu(["wait", jobId, "none-1", "none-2"], { env })
      assert.deepInclude(ended, { code: 4, stdout: "" })
      assert.include(
        ended.stderr,
        "these are ids of no job and no run: none-1, none-2 (404). To see what there is: nunu runs"
      )
    }))

  it.live("looks again for a job that is not known yet, as it may have been started just now", () =>
    Effect.gen(function*() {
      const weather = [{ kind: "answer", status: 404, times: 1, when: { origin: "api", path: "/jobs/*" } }] as const
      const { emulator, env, jobId } = yield* ran()
      yield* emulator.weather.add(weather[0])
      const ended = yield* nunu(["wait", jobId, "--fail-on", "critical"], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stderr, /^waiting no job and no run is known by \S+ yet\nWaiting for job/)
    }))

  it.live("leaves the run alone when it is interrupted, as it is not its own, and says how to go on", () =>
    Effect.gen(function*() {
      const { jobId, running, stops } = yield* waiting("--output", "ndjson")
      yield* running.shows("stderr", /^Waiting for job \S+; Ctrl-C leaves it running$/m)
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.include(ended.stderr, `! left running: job ${jobId}. Go on with nunu wait ${jobId}, or end with nunu stop`)
      assert.deepInclude(linesOf(ended.stdout).at(-1), { command: "wait", ok: false, exitCode: 130, jobIds: [jobId] })
      assert.deepStrictEqual(yield* stops, [])
    }))

  it.live("stops it with --on-interrupt stop", () =>
    Effect.gen(function*() {
      const { running, stops } = yield* waiting("--on-interrupt", "stop")
      yield* running.shows("stderr", /^Waiting for job \S+; Ctrl-C stops it$/m)
      yield* running.kill("SIGINT")
      assert.strictEqual((yield* running.endsSoon).code, 130)
      assert.deepStrictEqual(yield* stops, ["POST /api/v1/runs/stop 200"])
    }))

  it.live("ends with 7 when its time is up, and leaves the run alone and reports why there is no verdict", () =>
    Effect.gen(function*() {
      const report = path.join(yield* folder, "r.md")
      fs.writeFileSync(report, "old")
      const { running, stops } = yield* waiting("--timeout", "2s", "--report", report)
      const ended = yield* running.ended
      assert.deepInclude(ended, { code: 7, stdout: "" })
      assert.match(ended.stderr, /^error Cannot wait any longer: \S+ not over after 2s$/m)
      assert.deepStrictEqual(yield* stops, [])
      assert.match(fs.readFileSync(report, "utf8"), /Inconclusive[^]*Cannot wait any longer/)
    }))

  it.live("refuses bad flags before anything is asked, all at once", () =>
    Effect.gen(function*() {
      const ended = yield* nunu(["wait", "any", "--timeout", "never", "--fail-on", "bad", "--baseline", "nope.json"])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      for (const fault of ["--timeout must be", "--fail-on bad", "\"nope.json\" as a baseline"]) {
        assert.include(ended.stderr, fault)
      }
    }))
})
