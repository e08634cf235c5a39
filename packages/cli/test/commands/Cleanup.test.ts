import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { folder, nunu, objectOf, start } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

describe("nunu cleanup, of runs", concurrently, () => {
  it.live("leaves a living process's run alone, and stops what a killed one has left", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ speed: 0.1 })
      const settings = { env: { ...env, NUNU_STATE_DIR: yield* folder } }
      const running = yield* start(["run", "--test", "test-1", "--deployment", "phones"], settings)
      const [, jobId = ""] = yield* running.shows("stderr", /^Started job (\S+);/m)
      const alive = yield* nunu(["cleanup"], settings)
      assert.strictEqual(alive.code, 0, alive.stderr)
      assert.include(alive.stdout, `run of test-1, job ${jobId}: left alone, as process ${running.pid} on `)
      yield* running.kill("SIGKILL")
      yield* running.ended

      const listed = yield* nunu(["cleanup", "--dry-run"], { env: { NUNU_STATE_DIR: settings.env.NUNU_STATE_DIR } })
      assert.match(listed.stdout, new RegExp(`^run of test-1, job ${jobId}: may run since \\S+Z$`, "m"))
      assert.isNull((yield* emulator.jobs)[0]?.stoppedAt)
      const cleaned = objectOf(yield* nunu(["cleanup", "-o", "json"], settings))
      assert.deepInclude(cleaned, { command: "cleanup", ok: true, uploads: [] })
      assert.deepInclude((cleaned["runs"] as ReadonlyArray<object>)[0], { jobIds: [jobId], outcome: "over" })
      assert.isNotNull((yield* emulator.jobs)[0]?.stoppedAt)
      assert.deepInclude(yield* nunu(["cleanup"], settings), { code: 0, stdout: "Nothing was left behind\n" })
    }))

  it.live("finds what a detached start has started whose process was killed before it knew", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({
        speed: 0.1,
        weather: [
          { kind: "lose", times: 1, when: { origin: "api", method: "POST" } },
          { kind: "latency", seconds: 60, times: "always", when: { origin: "api", method: "GET" } }
        ]
      })
      const settings = { env: { ...env, NUNU_STATE_DIR: yield* folder } }
      const running = yield* start(["run", "--test", "test-1", "--deployment", "phones", "--detach"], settings)
      while ((yield* emulator.jobs).length === 0) yield* Effect.sleep("10 millis")
      yield* running.kill("SIGKILL")
      yield* running.ended
      yield* emulator.weather.clear
      const cleaned = yield* nunu(["cleanup"], settings)
      assert.match(cleaned.stdout, /^run of test-1, tag \S+: nothing of it runs any more$/m)
      assert.isNotNull((yield* emulator.jobs)[0]?.stoppedAt)
    }))

  it.live("says so with 10 when the API cannot be told, and keeps it", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ speed: 0.1 })
      const settings = { env: { ...env, NUNU_STATE_DIR: yield* folder } }
      const running = yield* start(["run", "--test", "test-1", "--deployment", "phones"], settings)
      yield* running.shows("stderr", /^Started job /m)
      yield* running.kill("SIGKILL")
      yield* running.ended
      yield* emulator.weather.add({ kind: "answer", status: 403, times: "always", when: { path: "/runs/stop" } })
      const failed = yield* nunu(["cleanup"], settings)
      assert.strictEqual(failed.code, 10, failed.stderr)
      assert.match(failed.stdout, /: could not be stopped; try again$/m)
      yield* emulator.weather.clear
      assert.match((yield* nunu(["cleanup"], settings)).stdout, /: nothing of it runs any more$/m)
    }))
})
