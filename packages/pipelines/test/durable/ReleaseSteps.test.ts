import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import { ReleaseSteps } from "../../src/durable/ReleaseSteps.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import { type Network, script } from "../support/Emulated.ts"
import { pass } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"

/** A network that keeps a request of a kind for 20 seconds. */
const slow = (isIt: (method: string, url: string) => boolean): Network => (request, answer) =>
  isIt(request.method, request.url) ? Effect.delay(answer, "20 seconds") : answer

const count = Effect.fnUntraced(function*(method: string, end: string) {
  const emulator = yield* Emulator
  return (yield* emulator.requests).filter((request) => request.method === method && request.path.endsWith(end)).length
})

/** Lets time pass until something holds. */
const until = <R>(condition: Effect.Effect<boolean, unknown, R>) =>
  Effect.flatMap(
    Effect.forkChild(Effect.repeat(Effect.delay(condition, "1 second"), { until: (holds) => holds })),
    (fiber) => Effect.flatten(pass(fiber))
  )

/** The sizes of what the storage has. */
const stored = Effect.gen(function*() {
  const emulator = yield* Emulator
  return (yield* emulator.uploads).flatMap(({ sizes }) => Array.from(sizes.values()))
})

describe("a step that another process has taken over", () => {
  it.effect("starts nothing when it comes to itself", () =>
    Effect.gen(function*() {
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("starting")
      yield* TestClock.adjust("5 seconds")
      const steps = yield* ReleaseSteps
      const other = yield* steps.begin("release-1", "Start")
      assert.strictEqual(other.number, 2)
      yield* TestClock.adjust("15 seconds") // the look before the start is over
      yield* until(Effect.map(count("GET", "/jobs"), (looks) => looks > 0))
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* count("POST", "/runs"), 0)
      assert.strictEqual((yield* Durable.remote).jobs.length, 0)
    }).pipe((program) =>
      Durable.closing(program, Durable.layer({}, slow((method, url) => method === "GET" && url.endsWith("/jobs"))))
    ))

  it.effect("completes no build when it comes to itself", () =>
    Effect.gen(function*() {
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("uploading")
      const steps = yield* ReleaseSteps
      yield* until(Effect.map(steps.look("release-1", "Upload"), (attempt) => attempt?.note != null))
      assert.strictEqual((yield* steps.begin("release-1", "Upload")).number, 2)
      yield* until(Effect.map(stored, (sizes) => sizes.length === 1))
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* count("POST", "/complete"), 0)
    }).pipe((program) => Durable.closing(program, Durable.layer({}, slow((method) => method === "PUT")))))
})

describe("a step that was begun by what is gone, as by a request that a line has kept back", () => {
  for (const [step, status] of [["Upload", "uploading"], ["Start", "starting"]] as const) {
    it.effect(`is gone on with: ${step}`, () =>
      Effect.gen(function*() {
        yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
        yield* Durable.until(status)
        const steps = yield* ReleaseSteps
        yield* until(Effect.map(steps.look("release-1", step), (attempt) => attempt !== null))
        yield* steps.begin("release-1", step)
        const { outcome } = yield* Durable.until("passed")
        assert.deepStrictEqual(outcome?.leftBehind, [])
        const { builds, jobs, open, violations } = yield* Durable.remote
        assert.deepStrictEqual([builds.length, jobs.length, open.length, violations.length], [1, 1, 0, 0])
      }).pipe((program) =>
        Durable.closing(
          program,
          Durable.layer({ script: () => script() }, slow((method, url) => method === "PUT" || url.endsWith("/jobs")))
        )
      ))
  }
})

describe("a release that another process has begun at the same time", () => {
  it.effect("has one tag, so that each sees what the other starts", () =>
    Effect.gen(function*() {
      const steps = yield* ReleaseSteps
      const other = yield* steps.begin("release-1", "Tag")
      yield* steps.write("release-1", "Tag", { ...other, note: "nunu-effect:other" })
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("passed")
      const events = yield* Effect.flatMap(ReleaseLog, (log) => log.events())
      const started = events.map(({ event }) => event).find((event) => event._tag === "Started")
      assert.strictEqual(started?.tag, "nunu-effect:other")
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))
})
