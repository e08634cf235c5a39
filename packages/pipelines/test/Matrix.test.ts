import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import type { RunScript } from "@nunu-effect/emulator/RunTimeline"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Matrix from "../src/Matrix.ts"
import type { PipelineEvent } from "../src/Pipeline.ts"
import { jobsOf } from "../src/PipelineResult.ts"
import * as Emulated from "./support/Emulated.ts"
import { isInterrupted, pass, passToEnd, seconds } from "./support/TestTime.ts"

const test = (name: string) => ({ multiplayerTestId: name })

const threeByTwo: Matrix.Matrix = {
  tests: [test("bridge"), test("lobby"), { instructions: "Open the map", name: "map" }],
  deployments: ["phones", "tablets"]
}

const names = [
  "bridge on phones",
  "bridge on tablets",
  "lobby on phones",
  "lobby on tablets",
  "map on phones",
  "map on tablets"
]

/** An emulator on which each test goes its own way. */
const emulated = (
  byTest: Readonly<Record<string, Partial<RunScript>>> = {},
  network?: Parameters<typeof Emulated.layer>[1]
) =>
  Emulated.layer({
    script: (_, request) => Emulated.script(byTest[request.multiplayerTestId ?? request.name ?? ""] ?? {})
  }, network)

/** A network on which starts with this in them are answered with a cut, and not done. */
const refusing = (text: string) =>
  Emulated.outage((request) =>
    Effect.succeed(
      request.method === "POST" && request.body._tag === "Uint8Array" &&
        new TextDecoder().decode(request.body.body).includes(text)
    )
  )

const play = (seconds: number) => ({ players: [[{ goal: "Play", seconds }]] })

describe("matrix", () => {
  it.effect("runs every test on every deployment, and passes when all pass", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const result = yield* passToEnd(Matrix.matrix(threeByTwo))
      assert.deepInclude(result, { program: "matrix", verdict: { _tag: "Passed" }, confirmation: null })
      assert.deepStrictEqual(result.trials.map(({ name }) => name), names)
      assert.deepStrictEqual(
        (yield* emulator.jobs).map(({ request }) => [
          request.multiplayerTestId ?? request.name,
          request.deploymentConfigId
        ]).toSorted(),
        names.map((name) => name.split(" on ")).toSorted()
      )
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(emulated())))

  it.effect("gives one verdict over all, and the bugs of each", () =>
    Effect.gen(function*() {
      const result = yield* passToEnd(Matrix.matrix(threeByTwo))
      assert(result.verdict._tag === "Failed")
      assert.deepStrictEqual(result.verdict.findings.map(({ _tag }) => _tag), [
        "RunNotSuccessful",
        "RunNotSuccessful",
        "BugOverThreshold"
      ])
      assert.deepStrictEqual(result.trials.map(({ jobs }) => jobs[0]?.bugs?.length), [1, 1, 0, 0, 0, 0])
    }).pipe(Effect.provide(emulated({
      bridge: { bugs: [Emulated.scriptedBug(3, "high")] },
      lobby: { result: "FAILED" }
    }))))

  it.effect("has so many trials under way at once and no more", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const fiber = yield* Effect.forkChild(Matrix.matrix(threeByTwo, { concurrency: 2 }))
      let most = 0
      for (let second = 0; second < 400 && fiber.pollUnsafe() === undefined; second++) {
        yield* TestClock.withLive(Effect.sleep("1 millis"))
        most = Math.max(most, (yield* Emulated.running).length)
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual((yield* Fiber.join(fiber)).trials.length, 6)
      assert.strictEqual(most, 2)
      assert.strictEqual((yield* emulator.jobs).length, 6)
    }).pipe(Effect.provide(emulated())))

  it.effect("goes on when a trial fails, tells why, and does not pass", () =>
    Effect.gen(function*() {
      const result = yield* passToEnd(Matrix.matrix(threeByTwo))
      assert.deepStrictEqual(result.trials.map(({ error }) => error?.reason._tag ?? null), [
        null,
        null,
        "StartFailed",
        "StartFailed",
        null,
        null
      ])
      assert(result.verdict._tag === "Inconclusive")
      assert.deepStrictEqual(
        result.verdict.findings.map((finding) =>
          finding._tag === "NoResult" ? finding.why.split(":")[0] : finding._tag
        ),
        ["lobby on phones", "lobby on tablets"]
      )
    }).pipe(Effect.provide(emulated({}, refusing("lobby")))))

  it.effect("is still failed by the others when a trial fails", () =>
    Effect.gen(function*() {
      const { verdict } = yield* passToEnd(Matrix.matrix(threeByTwo))
      assert(verdict._tag === "Failed")
      assert.deepStrictEqual(verdict.findings.map(({ _tag }) => _tag), [
        "RunNotSuccessful",
        "RunNotSuccessful",
        "NoResult",
        "NoResult"
      ])
    }).pipe(Effect.provide(emulated({ map: { result: "FAILED" } }, refusing("lobby")))))

  it.effect("that may not take longer gives up what is not over, starts no more, and tells what there is", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const events: Array<PipelineEvent> = []
      const result = yield* passToEnd(Matrix.matrix(threeByTwo, {
        concurrency: 2,
        within: "3 minutes",
        onEvent: (event) => Effect.sync(() => events.push(event))
      }))
      assert.deepStrictEqual(
        result.trials.map(({ error, jobs, started }) => [
          error?.reason._tag ?? null,
          jobs.length,
          started !== null
        ]),
        [
          [null, 1, true],
          [null, 1, true],
          ["WaitTimedOut", 0, true],
          ["WaitTimedOut", 0, true],
          ["WaitTimedOut", 0, false],
          ["WaitTimedOut", 0, false]
        ]
      )
      assert.strictEqual(result.verdict._tag, "Inconclusive")
      assert.strictEqual((yield* emulator.jobs).length, 4)
      assert.deepStrictEqual(yield* Emulated.running, [])
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Stopped").length, 2)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "TrialEnded").length, 6)
      assert.isBelow(yield* seconds, 200)
    }).pipe(Effect.provide(emulated({ lobby: play(7200) }))))

  it.effect("shares the looks of its trials, and asks for no run that is not over", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const tests = Array.from({ length: 60 }, (_, index) => test(`test-${index}`))
      const result = yield* passToEnd(Matrix.matrix({ tests, deployments: ["phones"] }, {
        concurrency: 60,
        onEvent: () => Effect.void
      }))
      assert.strictEqual(jobsOf(result).length, 60)
      const requests = yield* emulator.requests
      const count = (path: RegExp) => requests.filter((it) => it.method === "GET" && path.test(it.path)).length
      assert.isBelow(count(/\/jobs/), 60, "of ten looks or more")
      assert.strictEqual(count(/\/runs\/[^/]+$/), 60)
    }).pipe(Effect.provide(emulated())), 20_000)

  it.effect("tells all that is wrong with it, and asks for nothing", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const error = yield* Effect.flip(
        Matrix.matrix({ tests: [{ name: "nothing" }], deployments: [] }, { concurrency: 0 })
      )
      assert.strictEqual(
        error.message,
        "Cannot run a matrix: it has no deployment; concurrency must be a whole number from 1 on: current value is 0; " +
          "test 1 must have exactly one of multiplayerTestId, testPlanId and instructions"
      )
      assert.deepStrictEqual(yield* emulator.requests, [])
    }).pipe(Effect.provide(emulated())))
})

describe("trials", () => {
  it.effect("come as they end, and the rest is given up with the stream", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const [first] = yield* passToEnd(
        Matrix.trials(threeByTwo).pipe(Stream.take(1), Stream.runCollect)
      )
      assert.match(first?.name ?? "", /^map on/)
      assert.strictEqual((yield* emulator.jobs).length, 6)
      assert.deepStrictEqual(yield* Emulated.running, [])
    }).pipe(Effect.provide(emulated({ bridge: play(7200), lobby: play(7200) }))))
})

describe("a matrix that is interrupted", () => {
  it.effect.each([1, 3, 12, 40, 70])("after %d seconds leaves nothing that runs", (after) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const fiber = yield* Effect.forkChild(Matrix.matrix(threeByTwo, { concurrency: 3 }))
      yield* Effect.forkChild(Effect.delay(Effect.sync(() => fiber.interruptUnsafe()), `${after} seconds`))
      assert.isTrue(isInterrupted(yield* pass(fiber)))
      assert.isAbove((yield* emulator.jobs).length, 0)
      assert.deepStrictEqual(yield* Emulated.running, [])
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(emulated())))

  it.effect.each(["matrix", "trials"] as const)(
    "gives all its runs up at once, within 5 seconds in all: %s",
    (name) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator
        yield* emulator.weather.add({ kind: "stall", when: { path: "/runs/stop" }, seconds: 60, times: "always" })
        const program = name === "matrix" ? Matrix.matrix(threeByTwo) : Stream.runDrain(Matrix.trials(threeByTwo))
        const fiber = yield* Effect.forkChild(program)
        yield* Effect.forkChild(Effect.delay(Effect.sync(() => fiber.interruptUnsafe()), "20 seconds"))
        yield* pass(fiber)
        assert.strictEqual((yield* emulator.jobs).length, 6)
        assert.isAtMost(yield* seconds, 26)
      }).pipe(Effect.provide(emulated()))
  )

  it.effect("and is to be detached leaves what runs, and tells it", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const fiber = yield* Effect.forkChild(Matrix.matrix(threeByTwo, {
        onInterrupt: "detach",
        onEvent: (event) => Effect.sync(() => event._tag === "Detached" ? told.push(...event.jobIds) : 0)
      }))
      yield* Effect.forkChild(Effect.delay(Effect.sync(() => fiber.interruptUnsafe()), "20 seconds"))
      yield* pass(fiber)
      assert.strictEqual(told.length, 6)
      assert.deepStrictEqual(told.toSorted(), (yield* Emulated.running).toSorted())
    }).pipe(Effect.provide(emulated())))
})
