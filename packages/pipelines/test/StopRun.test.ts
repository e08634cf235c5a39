import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { StopResult } from "@nunu-effect/core/StopRuns"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { stopRuns, stopRunsNow } from "../src/StopRun.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { jobId, startRequest } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { during, seconds, toEnd } from "./support/TestTime.ts"

const ok = (number: number): StopResult => ({
  jobId: jobId(number),
  ok: true,
  status: 200,
  message: "stopped",
  error: null
})

const failed = (number: number, error: string | null, message: string | null = null): StopResult => ({
  jobId: jobId(number),
  ok: false,
  status: 500,
  message,
  error
})

/** An API that answers a stop so. */
const answering = (...results: ReadonlyArray<StopResult>) =>
  stub({
    stop: (jobIds) =>
      Effect.succeed({ ok: false, message: null, receivedCount: jobIds.length, stoppedCount: null, results })
  })

const three = [jobId(1), jobId(2), jobId(3)] as const

describe("stopRuns", () => {
  const stop = (...results: ReadonlyArray<StopResult>) =>
    Effect.provide(stopRuns([...three]), answering(...results).layer)

  it.effect("tells that all are over when all were stopped", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stop(ok(1), ok(2), ok(3)), { over: [...three], running: [] })
    }))

  it.effect("takes a job that had ended before for one that is over", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* stop(failed(1, "Job already completed"), failed(2, null, "job already stopped"), ok(3)),
        { over: [...three], running: [] }
      )
    }))

  it.effect("takes a job that the API does not know for one that is over", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stop(), { over: [...three], running: [] })
      assert.deepStrictEqual(yield* stop(ok(2)), { over: [...three], running: [] })
    }))

  it.effect("tells which jobs may be running still", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stop(ok(1), failed(2, "device is busy"), failed(3, null)), {
        over: [jobId(1)],
        running: [jobId(2), jobId(3)]
      })
    }))

  it.effect.each(Failures.notDone)("fails when the API fails: %s", ([, error]) =>
    Effect.gen(function*() {
      const nunu = stub({ stop: () => Effect.fail(error as typeof Failures.tooMany) }) // all of these can end a stop
      assert.strictEqual(yield* Effect.flip(Effect.provide(stopRuns([jobId()]), nunu.layer)), error)
    }))
})

describe("stopRuns, on the emulator", () => {
  const start = Effect.flatMap(
    Nunu,
    (nunu) => Effect.map(nunu.runs.start(startRequest), ({ jobIds: [jobId] }) => jobId)
  )

  it.effect("stops what runs (200), and is as good when some had ended (207) or none is known (404)", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const ended = yield* start
      yield* TestClock.adjust("1 hour")
      const running = yield* start
      assert.deepStrictEqual(yield* stopRuns([ended, running]), { over: [ended, running], running: [] })
      assert.deepStrictEqual(yield* stopRuns([running]), { over: [running], running: [] }, "once more")
      assert.deepStrictEqual(yield* stopRuns([jobId(9)]), { over: [jobId(9)], running: [] })
      const last = yield* start
      assert.deepStrictEqual(yield* stopRuns([last]), { over: [last], running: [] })
      assert.deepStrictEqual((yield* emulator.requests).filter(Emulated.isStop).map((request) => request.status), [
        207,
        207,
        404,
        200
      ])
      assert.deepStrictEqual(yield* Emulated.running, [])
    }).pipe(Effect.provide(Emulated.layer())))
})

describe("stopRunsNow", () => {
  const now = (nunu: ReturnType<typeof stub>) => Effect.provide(stopRunsNow([jobId(1), jobId(2)]), nunu.layer)
  const none = { over: [], running: [jobId(1), jobId(2)] }

  it.effect("tells what was stopped", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* now(answering(ok(1), failed(2, "busy"))), { over: [jobId(1)], running: [jobId(2)] })
    }))

  it.effect.each([...Failures.notDone, ...Failures.lost, ["401", Failures.unauthorized] as const])(
    "does not fail when the API fails, and takes all for running: %s",
    ([, error]) =>
      Effect.gen(function*() {
        const nunu = stub({ stop: () => Effect.fail(error as typeof Failures.tooMany) }) // all of these can end a stop
        assert.deepStrictEqual(yield* now(nunu), none)
      })
  )

  it.effect("asks again for a job that the API does not know yet, and does not take it for one that is over", () =>
    Effect.gen(function*() {
      const nunu = stub({
        stop: (jobIds) =>
          Effect.map(seconds, (now) => ({
            ok: now >= 2,
            message: null,
            receivedCount: jobIds.length,
            stoppedCount: null,
            results: now >= 2 ? [ok(2)] : now === 0 ? [ok(1)] : []
          }))
      })
      assert.deepStrictEqual(yield* toEnd(now(nunu)), { over: [jobId(1), jobId(2)], running: [] })
      assert.deepStrictEqual(nunu.calls.at(-1)?.input, [jobId(2)])
      assert.deepStrictEqual(yield* toEnd(now(answering(ok(1)))), { over: [jobId(1)], running: [jobId(2)] })
    }))

  it.effect("gives up within 5 seconds", () =>
    Effect.gen(function*() {
      const nunu = stub({ stop: () => Effect.never })
      assert.isUndefined(yield* during("3.2 seconds", now(nunu)))
      const exit = yield* during("5 seconds", now(nunu))
      assert.deepStrictEqual(exit && (yield* exit), none)
    }))

  it.effect("gives up within 5 seconds in a finalizer too, where nothing can be interrupted", () =>
    Effect.gen(function*() {
      const nunu = stub({ stop: () => Effect.never })
      const told: Array<unknown> = []
      const fiber = yield* Effect.forkChild(
        Effect.onInterrupt(Effect.never, () => Effect.map(now(nunu), (stopped) => told.push(stopped)))
      )
      yield* TestClock.adjust("1 second")
      fiber.interruptUnsafe()
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.await(fiber)
      assert.deepStrictEqual(told, [none])
      assert.isAtMost(yield* seconds, 6)
      assert.strictEqual(nunu.countOf("stop"), 1)
    }))

  it.effect("stops a hundred jobs a call, all at once, and tells the hundred that could not be stopped", () =>
    Effect.gen(function*() {
      const many = Array.from({ length: 250 }, (_, number) => jobId(number))
      const nunu = stub({
        stop: (jobIds) =>
          jobIds.includes(jobId(120))
            ? Effect.never
            : Effect.delay(
              Effect.succeed({ ok: true, message: null, receivedCount: 1, stoppedCount: 1, results: [] }),
              99
            )
      })
      const stopping = Effect.provide(stopRunsNow([jobId(0), ...many.slice(1)]), nunu.layer)
      const exit = yield* during("3.25 seconds", stopping)
      assert.deepStrictEqual(exit && (yield* exit), {
        over: [...many.slice(0, 100), ...many.slice(200)],
        running: many.slice(100, 200)
      })
      assert.deepStrictEqual(nunu.secondsOf("stop"), [0, 0, 0])
    }))
})
