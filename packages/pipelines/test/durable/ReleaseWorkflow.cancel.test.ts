import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import type { Storm } from "@nunu-effect/emulator/Storm"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { ReleaseStatus } from "../../src/durable/Release.ts"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import { RunWaits } from "../../src/durable/RunWaits.ts"
import { isStop, script } from "../support/Emulated.ts"
import { passToEnd } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"

const long = { script: () => script({ players: [[{ goal: "Play", seconds: 7200 }]] }) }

/** Nothing goes on, nothing is reserved, nothing waits. */
const assertNothingLeft = Effect.gen(function*() {
  const { open, running, violations } = yield* Durable.remote
  assert.deepStrictEqual({ open, running, violations }, { open: [], running: [], violations: [] })
  assert.deepStrictEqual(yield* Effect.flatMap(RunWaits, (waits) => waits.list), [])
})

const cancel = ReleaseWorkflow.cancel("release-1", { by: "alice" })

interface Case {
  readonly status: ReleaseStatus
  /** Weather in which it comes to that status and stays there. */
  readonly weather?: Storm
  readonly approval?: boolean
}

const stalled = { kind: "stall", times: "always" } as const

const cases: ReadonlyArray<Case> = [
  { status: "uploading", weather: { ...stalled, when: { method: "PUT" } } },
  { status: "awaiting-approval", approval: true },
  { status: "starting", weather: { ...stalled, when: { path: "/jobs" } } },
  { status: "waiting" },
  {
    status: "held",
    weather: { kind: "answer", status: 402, when: { method: "POST", path: "/runs" }, times: "always" }
  },
  { status: "collecting", weather: { ...stalled, when: { path: "/runs/*/bugs" } } }
]

describe("cancelling a release", () => {
  for (const { approval = false, status, weather } of cases) {
    it.effect(`that is ${status} undoes what it has begun`, () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator
        if (weather !== undefined) yield* emulator.weather.add(weather)
        yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file, { approval }))
        yield* Durable.until(status)
        // Long enough to be in the midst of it, and to have told all that there is to tell.
        yield* TestClock.adjust("3 seconds")
        yield* emulator.weather.clear // what is under way stays so
        yield* cancel
        const { outcome } = yield* Durable.until("cancelled")
        assert.deepInclude(outcome, { status: "cancelled", summary: "Cancelled by alice", leftBehind: [] })
        yield* assertNothingLeft
      }).pipe(Effect.provide(Durable.layer(status === "collecting" ? { script: () => script() } : long))))
  }

  it.effect("stops its runs once", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("waiting")
      yield* cancel
      yield* cancel
      const { outcome } = yield* Durable.until("cancelled")
      assert.strictEqual((yield* emulator.requests).filter(isStop).length, 1)
      assert.strictEqual(outcome?.jobIds.length, 1)
      yield* TestClock.adjust("1 hour")
      const events = yield* Effect.flatMap(ReleaseLog, (log) => log.events())
      assert.strictEqual(events.at(-1)?.event._tag, "Ended")
      assert.strictEqual(events.filter(({ event }) => event._tag === "CancelAsked").length, 1)
    }).pipe(Effect.provide(Durable.layer(long))))

  it.effect("in the queue leaves nothing to undo, also when its turn comes all the same", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      const request = Durable.requestOf(yield* Durable.file)
      yield* log.submit(request)
      yield* cancel
      const { outcome } = yield* Durable.until("cancelled")
      assert.deepInclude(outcome, { summary: "Cancelled by alice" })
      yield* ReleaseWorkflow.begin(request)
      const direct = yield* passToEnd(ReleaseWorkflow.workflow.execute(request))
      assert.deepStrictEqual(direct, outcome)
      assert.strictEqual((yield* Durable.remote).builds.length, 0)
    }).pipe(Effect.provide(Durable.layer())))

  it.effect("for another one that takes its place is told so", () =>
    Effect.gen(function*() {
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("waiting")
      yield* ReleaseWorkflow.cancel("release-1", { by: "release release-2", superseded: true })
      const { outcome } = yield* Durable.until("superseded")
      assert.deepInclude(outcome, { summary: "Superseded: release release-2 has taken its place", leftBehind: [] })
      yield* assertNothingLeft
    }).pipe(Effect.provide(Durable.layer(long))))

  it.effect("leaves alone what is over, and says what is not known", () =>
    Effect.gen(function*() {
      yield* passToEnd(ReleaseWorkflow.execute(Durable.requestOf(yield* Durable.file)))
      yield* cancel
      yield* Durable.until("passed")
      const error = yield* Effect.flip(ReleaseWorkflow.cancel("release-2", { by: "alice" }))
      assert.strictEqual(error._tag, "UnknownRelease")
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))

  it.effect("tells what could not be stopped", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      const { outcome: none } = yield* Durable.until("waiting")
      assert.strictEqual(none, null)
      yield* emulator.weather.add({ kind: "answer", status: 500, when: { path: "/runs/stop" }, times: "always" })
      yield* cancel
      const { outcome } = yield* Durable.until("cancelled")
      assert.deepStrictEqual(outcome?.leftBehind, [`job ${outcome?.jobIds[0]} could not be stopped`])
    }).pipe(Effect.provide(Durable.layer(long))))

  it.effect("by the engine's own interruption undoes as well", () =>
    Effect.gen(function*() {
      const request = Durable.requestOf(yield* Durable.file)
      yield* ReleaseWorkflow.begin(request)
      yield* Durable.until("waiting")
      const { workflow } = ReleaseWorkflow
      yield* workflow.interrupt(yield* workflow.executionId(request))
      const { outcome } = yield* Durable.until("cancelled")
      assert.deepInclude(outcome, { summary: "Cancelled", leftBehind: [] })
      yield* assertNothingLeft
    }).pipe(Effect.provide(Durable.layer(long))))
})

describe("a release whose time is up", () => {
  it.effect("stops its runs, and is inconclusive", () =>
    Effect.gen(function*() {
      const outcome = yield* passToEnd(
        ReleaseWorkflow.execute(Durable.requestOf(yield* Durable.file, { timeoutSeconds: 600 })),
        "10 seconds"
      )
      assert.deepInclude(outcome, { status: "inconclusive", leftBehind: [] })
      assert.include(outcome.summary, "not over after 10m")
      yield* assertNothingLeft
    }).pipe(Effect.provide(Durable.layer(long))))
})

describe("a release that breaks", () => {
  it.effect("undoes what it has begun, and says so", () =>
    Effect.gen(function*() {
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      const { outcome } = yield* Durable.until("errored")
      assert.include(outcome?.summary, "Cannot go on with the release")
      assert.include(outcome?.summary, "a bug of ours")
      assert.strictEqual((yield* Durable.remote).jobs.length, 1)
      yield* assertNothingLeft
    }).pipe(Effect.provide(Durable.layer(long, (request, answer) =>
      request.method === "POST" && request.url.endsWith("/runs")
        ? Effect.andThen(answer, Effect.die(new Error("a bug of ours")))
        : answer))))
})
