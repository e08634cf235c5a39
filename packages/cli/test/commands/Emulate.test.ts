import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { emulate } from "../support/Emulate.ts"
import { game } from "../support/Files.ts"
import { folder, nunu, start } from "../support/Nunu.ts"

/** A file of JSON. */
const written = (name: string, json: unknown) =>
  Effect.map(folder, (folder) => {
    const file = path.join(folder, name)
    fs.writeFileSync(file, JSON.stringify(json))
    return file
  })

describe("nunu emulate", { concurrent: true }, () => {
  it.live("prints what a client needs, ready to be exported, until Ctrl-C", () =>
    Effect.gen(function*() {
      const running = yield* start(["emulate", "--port", "0"])
      const [, exported = ""] = yield* running.shows("stdout", /^ {2}export (.*)$/m)
      const [, baseUrl] = yield* running.shows("stdout", /^(http:\/\/127\.0\.0\.1:\d+\/api\/v1)$/m)
      const [, apiKey] = yield* running.shows("stdout", /^API key: (\S+)$/m)
      const artifacts = /NUNU_ARTIFACTS_URL=(http:\/\/127\.0\.0\.1:\d+)/.exec(exported ?? "")?.[1] ?? ""
      assert.strictEqual(
        exported,
        `NUNU_API_URL=${baseUrl} NUNU_ARTIFACTS_URL=${artifacts} NUNU_API_TOKEN=${apiKey}`
      )
      const listed = yield* Effect.promise(() => fetch(`${artifacts}/runs/none/artifacts`))
      assert.strictEqual(listed.status, 401)

      const env = Object.fromEntries(exported.split(" ").map((pair) => pair.split("=")))
      const { file } = yield* game()
      assert.strictEqual((yield* nunu(["upload", file], { env })).code, 0)

      yield* running.kill("SIGINT")
      assert.strictEqual((yield* running.endsSoon).code, 130)
    }))

  it.live("says so when the port is taken, and ends with 2", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* emulate()
      const port = new URL(baseUrl).port
      const ended = yield* nunu(["emulate", "--port", port])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, new RegExp(`^error Cannot listen on port ${port} and the next two: .*EADDRINUSE`))
    }))

  it.live("takes a scenario and a seed, flags going before it", () =>
    Effect.gen(function*() {
      const scenario = yield* written("scenario.json", {
        apiKey: "nunu_from_file",
        speed: 1,
        runs: [{ testName: "Two hours", players: [[{ goal: "Play", seconds: 7200 }]], result: "MAX_STEPS" }],
        weather: [{ kind: "answer", status: 418, body: "tea", when: { path: "/bugs" } }],
        randomWeather: { chance: 0 }
      })
      const { apiKey, get, process } = yield* emulate("--scenario", scenario, "--speed", "36000", "--seed", "7")
      assert.strictEqual(apiKey, "nunu_from_file")
      const [line] = yield* process.shows("stdout", /^\{.*\}$/m)
      assert.deepInclude(JSON.parse(line), { weatherSeed: 7 })
      const { baseUrl } = JSON.parse(line)
      const ask = (path: string, init?: RequestInit) =>
        Effect.promise(() =>
          fetch(baseUrl + path, { ...init, headers: { "x-api-key": apiKey, "content-type": "application/json" } })
        )
      assert.strictEqual((yield* ask("/bugs")).status, 418)
      yield* ask("/runs", {
        method: "POST",
        body: JSON.stringify({ instructions: "Play", deployment_config_id: "d" })
      })
      const ended = yield* Effect.repeat(Effect.delay(get("/runs?state=completed"), "50 millis"), {
        until: ({ data }) => Array.isArray(data) && data.length > 0
      })
      assert.include(JSON.stringify(ended), `"result":"MAX_STEPS"`)
    }))

  it.live("tells all that is wrong with a scenario, and ends with 2", () =>
    Effect.gen(function*() {
      const scenario = yield* written("bad.json", { speed: "fast", keys: [{}], storms: [] })
      const ended = yield* nunu(["emulate", "--scenario", scenario])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      const faults = ["storms: Expected no excess property", "keys[0].key: Missing key", "speed: Expected number"]
      assert.strictEqual(ended.stderr, `error Cannot use the scenario: ${faults.join("; ")} (${scenario})\n`)
    }))

  it.live("tells all that is wrong with a state, and ends with 2", () =>
    Effect.gen(function*() {
      const state = yield* written("bad.state", { version: 7, uploads: [{}] })
      const ended = yield* nunu(["emulate", "--port", "0", "--state", state])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.include(
        ended.stderr,
        `error Cannot emulate with this state: ${state}: Cannot use the saved state: version: `
      )
      assert.include(ended.stderr, "; uploads[0].buildId: Missing key; ")
    }))

  it.live("goes on after kill -9 with what it had answered", () =>
    Effect.gen(function*() {
      const state = `${yield* folder}/emulator.state`
      const { file } = yield* game()
      const first = yield* emulate("--state", state)
      const uploaded = yield* nunu(["upload", file, "--output", "json"], { env: first.env })
      assert.strictEqual(uploaded.code, 0)
      yield* first.process.kill("SIGKILL")
      yield* first.process.endsSoon
      const second = yield* emulate("--state", state)
      const { builds: [{ buildId }] } = JSON.parse(uploaded.stdout)
      assert.deepInclude(yield* second.get(`/builds/${buildId}`), { id: buildId, status: "OK" })
      assert.deepStrictEqual(yield* second.violations, [])
    }))

  it.live("refuses ports that there are not, and a speed at which no run would ever end", () =>
    Effect.gen(function*() {
      const [high, low] = yield* Effect.all([
        nunu(["emulate", "--port", "65534", "--speed", "0"]), // the artifacts would get the second next one
        nunu(["emulate", "--port", "-1", "--speed", "-2", "--weather", "2", "--seed", "-1"])
      ], { concurrency: 2 })
      assert.deepInclude(high, { code: 2, stdout: "" })
      assert.match(high.stderr, /--port must be 0 to 65533, not 65534; --speed must be more than 0, not 0$/m)
      assert.deepInclude(low, { code: 2, stdout: "" })
      assert.match(low.stderr, /not -1; .*not -2; --weather must be 0 to 1, not 2; --seed must not be negative: -1$/m)
    }))
})
