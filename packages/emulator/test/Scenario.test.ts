import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import * as Scenario from "../src/Scenario.ts"
import { connect, hashing, inProcess } from "./support/Emulators.ts"
import { start } from "./support/Runs.ts"

const faultsOf = (json: unknown) => Effect.map(Effect.flip(Scenario.decode(json)), ({ message }) => message.split("\n"))

describe("a scenario file", () => {
  it.effect("tells all that is wrong with it at once, each with its path", () =>
    Effect.gen(function*() {
      const faults = yield* faultsOf({
        speed: 0,
        sped: 60,
        keys: [{ key: "k", permissions: ["project:read-runs", "project:fly"] }],
        runs: [{ players: [[{ goal: "Open the shop" }]], bugs: [{ afterSeconds: -1, bugId: "b", title: "t" }] }],
        weather: [{ kind: "slow" }, { kind: "rain" }],
        data: { builds: [{ name: "no id" }] }
      })
      assert.strictEqual(faults[0], "Cannot use the scenario:")
      const where = faults.slice(1).map((line) => line.trim().split(": ")[0])
      assert.sameMembers(where, [
        "speed",
        "sped",
        "keys[0].permissions[1]",
        "runs[0].players[0][0].seconds",
        "runs[0].bugs[0].afterSeconds",
        "weather[0].bytesPerSecond",
        "weather[1]",
        "data.builds[0].id"
      ])
      assert.include(faults, "  speed: Expected a value greater than 0")
    }))

  it.effect("that is no JSON is refused as such", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(Scenario.parse("{ speed: 60 }"))
      assert.match(message, /^Cannot read the scenario as JSON: /)
    }))

  it.effect("may be empty", () => Effect.map(Scenario.parse("{}"), (scenario) => assert.deepStrictEqual(scenario, {})))

  it("has a JSON Schema that names every field", () => {
    const { properties } = Scenario.jsonSchema() as { readonly properties: object }
    assert.sameMembers(Object.keys(properties), Object.keys(Scenario.Scenario.fields))
  })
})

describe("scripts", () => {
  const runs = [
    { test: "shop", testName: "Shop 1", result: "SUCCESS" },
    { testName: "Any", result: "INCONCLUSIVE" },
    { test: "shop", testName: "Shop 2", rejection: "no device" }
  ]

  it.effect("are taken in turn, those for a test by its runs only", () =>
    Effect.gen(function*() {
      const scenario = yield* Scenario.decode({ runs })
      yield* Effect.gen(function*() {
        const nunu = yield* connect()
        for (const id of ["shop", "shop", "other", "shop"]) yield* start(nunu, { multiplayerTestId: id })
        yield* TestClock.adjust("1 minute")
        const { data } = yield* nunu.jobs.list()
        assert.deepStrictEqual(
          data.map(({ queueRejectionReason, runs: [run], testName }) => [testName, run?.result, queueRejectionReason]),
          [
            ["Shop 2", undefined, "no device"],
            ["Any", "INCONCLUSIVE", null],
            ["Shop 2", undefined, "no device"],
            ["Shop 1", "SUCCESS", null]
          ]
        )
      }).pipe(Effect.provide(hashing(scenario)))
    }))

  it.effect("bring artifacts in their time, words that are new, and bugs that come and go", () =>
    Effect.gen(function*() {
      const scenario = yield* Scenario.decode({
        runs: [{
          queuedSeconds: 0,
          startingSeconds: 0,
          players: [[{ goal: "Play", seconds: 100 }]],
          words: [{ fromSecond: 50, untilSecond: 60, jobStatus: "MIGRATING", runState: "MIGRATING" }],
          bugs: [
            { afterSeconds: 10, untilSeconds: 20, bugId: "bug_doubtful", title: "Doubtful" },
            { afterSeconds: 200, bugId: "bug_late", title: "Late" }
          ],
          artifacts: [
            { filename: "logs/early.log", afterSeconds: 30, text: "hello" },
            { filename: "end.bin", size: 1000, contentType: "application/octet-stream" },
            { player: 1, filename: "nobody.txt" }
          ]
        }]
      })
      yield* Effect.gen(function*() {
        const nunu = yield* connect()
        const jobId = yield* start(nunu)
        const runId = (yield* nunu.jobs.get(jobId)).runs[0]?.runId ?? (yield* Effect.die("no run"))
        const seen: Array<unknown> = []
        for (const second of [0, 10, 20, 30, 50, 60, 100, 200]) {
          const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
          yield* TestClock.adjust(second * 1000 - now)
          const { players: [player], state } = yield* nunu.runs.get(runId)
          const { status } = yield* nunu.jobs.get(jobId)
          const { data } = yield* nunu.runs.bugs(runId)
          seen.push([
            second,
            status,
            state,
            data.map(({ bugId }) => bugId).join(),
            player?.artifacts.map(({ filename, size }) => `${filename} ${size}`).join()
          ])
        }
        const early = "logs/early.log 5"
        assert.deepStrictEqual(seen, [
          [0, "RUNNING", "RUNNING", "", ""],
          [10, "RUNNING", "RUNNING", "bug_doubtful", ""],
          [20, "RUNNING", "RUNNING", "", ""],
          [30, "RUNNING", "RUNNING", "", early],
          [50, "MIGRATING", "MIGRATING", "", early],
          [60, "RUNNING", "RUNNING", "", early],
          [100, "COMPLETED", "COMPLETED", "", `${early},end.bin 1000`],
          [200, "COMPLETED", "COMPLETED", "bug_late", `${early},end.bin 1000`]
        ])
      }).pipe(Effect.provide(inProcess(scenario)))
    }))

  it.live("go on in real time, as fast as the speed says", () =>
    Effect.gen(function*() {
      const scenario = yield* Scenario.decode({
        speed: 3600,
        runs: [{ players: [[{ goal: "Play for half an hour", seconds: 1800 }]] }]
      })
      yield* Effect.gen(function*() {
        const nunu = yield* connect()
        const jobId = yield* start(nunu)
        const ended = yield* Effect.repeat(
          Effect.delay(nunu.jobs.get(jobId), "20 millis"),
          { until: ({ status }) => status === "COMPLETED" }
        )
        assert.strictEqual(ended.runs[0]?.result, "SUCCESS")
      }).pipe(Effect.provide(inProcess(scenario)))
    }))
})

describe("a scenario's data", () => {
  it.effect("is there from the start, in place of what is there otherwise", () =>
    Effect.gen(function*() {
      const scenario = yield* Scenario.decode({
        data: {
          builds: [{ id: "b-1", name: "Old build", platform: "android", status: "OK" }],
          tests: [{ id: "t-1", version: 2, name: "Shop", test_type: "task", tags: ["shop"] }],
          testPlans: [{ id: "p-1", name: "Nightly", test_items: [{ multiplayer_test_id: "t-1" }] }],
          runs: [{ startedSecondsAgo: 7200, result: "FAILED", test: "t-1", build: "b-1", tags: ["nightly"] }]
        }
      })
      yield* Effect.gen(function*() {
        const nunu = yield* connect()
        const [run] = (yield* nunu.runs.list({ tags: ["nightly"] })).data
        assert.deepInclude(run, { state: "COMPLETED", result: "FAILED" })
        assert.deepStrictEqual([run?.test?.id, run?.build?.name], ["t-1", "Old build"])
        const started = yield* nunu.runs.start({ testPlanId: "p-1", deploymentConfigId: "d" })
        assert.isNotNull(started.testPlanExecutionId)
        assert.deepStrictEqual(yield* (yield* Emulator).violations, [])
      }).pipe(Effect.provide(hashing(scenario)))
    }))
})
