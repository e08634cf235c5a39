import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as Repeat from "@nunu-effect/core/Repeat"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import type { Storm } from "@nunu-effect/emulator/Storm"
import { Duration, Effect, Exit, Layer } from "effect"
import { startRun } from "../src/StartRun.ts"
import * as Emulated from "./support/Emulated.ts"
import { startRequest } from "./support/Fixtures.ts"
import { passToEnd } from "./support/TestTime.ts"

const when = { method: "POST", path: "/runs" } as const

/** Starts in this weather, and tells how many jobs there are then and what came of it. */
const startIn = (storm: Storm, request = startRequest) =>
  Effect.gen(function*() {
    const emulator = yield* Emulator
    yield* emulator.weather.add(storm)
    const exit = yield* Effect.exit(passToEnd(startRun(request)))
    const jobs = yield* emulator.jobs
    const starts = (yield* emulator.requests).filter(({ method, path }) => method === "POST" && path === "/api/v1/runs")
    assert.deepStrictEqual(yield* emulator.violations, [])
    return { exit, jobs, starts: starts.length }
  })

const emulated = Layer.fresh(Emulated.layer({ script: () => Emulated.script() }))

describe("a start that was done, and whose answer", () => {
  it.effect.each<readonly [string, Storm]>([
    ["was lost", { kind: "lose", when }],
    ["is a 500", { kind: "answer", status: 500, executed: true, when }],
    ["is a 502", { kind: "answer", status: 502, executed: true, when }],
    ["is a 504", { kind: "answer", status: 504, executed: true, when }],
    ["is a 503 all the same", { kind: "answer", status: 503, executed: true, when }],
    ["is cut", { kind: "truncate", when }]
  ])("%s, is found and not begun again", ([, storm]) =>
    Effect.gen(function*() {
      const { exit, jobs, starts } = yield* startIn(storm)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(exit.value.jobIds.map(String), jobs.map(({ jobId }) => jobId))
      assert.deepStrictEqual([jobs.length, starts], [1, 1])
    }).pipe(Effect.provide(emulated)))

  it.effect("was lost, is found with all the jobs of its plan", () =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      const testItems = ["a", "b", "c"].map((multiplayerTestId) => ({ multiplayerTestId }))
      const { id: testPlanId } = yield* nunu.testPlans.create({ testPlan: { name: "Nightly", testItems } })
      const { exit, starts } = yield* startIn({ kind: "lose", when }, { testPlanId, deploymentConfigId: "phones" })
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual([exit.value.jobIds.length, starts], [3, 1])
    }).pipe(Effect.provide(emulated)))
})

describe("a start that was not done, and", () => {
  it.effect.each<readonly [string, Storm]>([
    ["was refused with 503", { kind: "answer", status: 503, times: 3, when }],
    ["was refused with 429", { kind: "answer", status: 429, retryAfter: 20, times: 3, when }]
  ])("%s, is begun again until it is", ([, storm]) =>
    Effect.gen(function*() {
      const { exit, jobs, starts } = yield* startIn(storm)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual([jobs.length, starts], [1, 4])
    }).pipe(Effect.provide(emulated)))

  it.effect("is begun again, tells before each wait why and for how long", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const tell = ({ attempt, attempts, error, wait }: Repeat.Repeat) =>
        Effect.sync(() => told.push(`${error._tag} ${Duration.toSeconds(wait)} ${attempt}/${attempts}`))
      yield* Effect.provideService(
        startIn({ kind: "answer", status: 429, retryAfter: 20, times: 2, when }),
        Repeat.OnRepeat,
        tell
      )
      assert.deepStrictEqual(told, ["TooManyRequests 20 2/4", "TooManyRequests 20 3/4"])
    }).pipe(Effect.provide(emulated)))

  it.effect.each<readonly [string, Storm]>([
    ["ended with 500", { kind: "answer", status: 500, when }],
    ["ended with a proxy's page", { kind: "html", status: 502, when }],
    ["was cut", { kind: "drop", when }]
  ])("%s, is uncertain, and is not begun again", ([, storm]) =>
    Effect.gen(function*() {
      const { exit, jobs, starts } = yield* startIn(storm)
      assert(Exit.isFailure(exit))
      const [reason] = exit.cause.reasons
      assert.strictEqual(reason?._tag === "Fail" ? reason.error._tag : "", "StartUncertain")
      assert.deepStrictEqual([jobs.length, starts], [0, 1])
    }).pipe(Effect.provide(emulated)))
})
