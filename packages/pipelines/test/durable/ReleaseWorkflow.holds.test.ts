import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import { script } from "../support/Emulated.ts"
import { passToEnd, seconds } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"

const execute = Effect.flatMap(Durable.file, (file) => ReleaseWorkflow.execute(Durable.requestOf(file)))

const full = { kind: "answer", status: 402, when: { method: "POST", path: "/builds/upload" } } as const
const expired = {
  kind: "answer",
  status: 403,
  body: JSON.stringify({ error: "API key expired" }),
  contentType: "application/json"
} as const

/** The holds and what they were for. */
const holds = Effect.gen(function*() {
  const log = yield* ReleaseLog
  return (yield* log.events()).flatMap(({ at, event }) =>
    event._tag === "Held" || event._tag === "Resumed"
      ? [[event._tag === "Held" ? event.why : "resumed", Math.round(at / 60_000)] as const]
      : []
  )
})

describe("a release that is held", () => {
  it.effect("waits while the storage is full: 1 minute, and longer each time", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({ ...full, times: 5 })
      const outcome = yield* passToEnd(execute, "10 seconds")
      assert.strictEqual(outcome.status, "passed")
      const told = yield* holds
      assert.deepStrictEqual(
        told.map(([what]) => what),
        Array.from({ length: 10 }, (_, index) => index % 2 === 0 ? "quota" : "resumed")
      )
      const waits = told.map(([, minute], index) => minute - (told[index - 1]?.[1] ?? 0))
      assert.deepStrictEqual(waits.filter((_, index) => index % 2 === 1), [1, 2, 4, 8, 15])
      const { builds, jobs, violations } = yield* Durable.remote
      assert.deepStrictEqual([builds.length, jobs.length, violations.length], [1, 1, 0])
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))

  it.effect("waits for a new key before the start, and goes on at once when it is told to", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({ ...expired, when: { method: "POST", path: "/runs" } })
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      const { status } = yield* Durable.until("held")
      assert.strictEqual(status, "held")
      const heldAt = yield* seconds
      yield* ReleaseWorkflow.retryNow("release-1")
      yield* Durable.until("waiting")
      assert.isBelow((yield* seconds) - heldAt, 60)
      yield* Durable.until("passed")
      assert.strictEqual((yield* Durable.remote).jobs.length, 1)
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))

  it.effect("waits for a key that expires while the runs go on, and loses nothing", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("waiting")
      yield* emulator.weather.add({ ...expired, when: { method: "GET" }, times: "always" })
      yield* Durable.until("held")
      yield* TestClock.adjust("2 hours")
      yield* emulator.weather.clear
      const { outcome } = yield* Durable.until("passed")
      assert.strictEqual(outcome?.status, "passed")
      assert.deepStrictEqual((yield* holds).map(([what]) => what), ["key", "resumed"])
    }).pipe(Effect.provide(Durable.layer({ script: () => script({ players: [[{ goal: "Play", seconds: 600 }]] }) }))))

  it.effect("is given up after a day", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({ ...full, times: "always" })
      const outcome = yield* passToEnd(execute, "15 minutes")
      assert.strictEqual(outcome.status, "errored")
      assert.include(outcome.summary, "Cannot")
      assert.strictEqual((yield* holds).filter(([what]) => what === "quota").length, 4 + 95 + 1)
    }).pipe(Effect.provide(Durable.layer())))

  it.effect("is not held by a key that lacks a permission: that will not pass", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({
        ...expired,
        body: JSON.stringify({ error: "API key missing required permission: project:operate-runs" }),
        when: { method: "POST", path: "/runs" },
        times: "always"
      })
      const outcome = yield* passToEnd(execute)
      assert.strictEqual(outcome.status, "errored")
      assert.include(outcome.summary, "project:operate-runs")
      assert.deepStrictEqual(yield* holds, [])
    }).pipe(Effect.provide(Durable.layer())))
})

describe("a release in an outage", () => {
  const outage = (path: string, times: number) => ({ kind: "answer", status: 503, when: { path }, times }) as const

  for (const [step, path] of [["upload", "/builds/upload*"], ["start", "/runs"], ["bugs", "/runs/*/bugs"]] as const) {
    it.effect(`goes on after the ${step} has failed for a while`, () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator
        yield* emulator.weather.add(outage(path, 12))
        const outcome = yield* passToEnd(execute)
        assert.strictEqual(outcome.status, "passed", outcome.summary)
        const { builds, jobs, violations } = yield* Durable.remote
        assert.deepStrictEqual([builds.length, jobs.length, ...violations], [1, 1])
      }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))
  }

  it.effect("keeps its verdict when the API is away for hours while the runs go on", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
      yield* Durable.until("waiting")
      yield* emulator.weather.add({ ...outage("*", 1), times: "always" })
      yield* TestClock.adjust("6 hours")
      yield* emulator.weather.clear
      assert.strictEqual((yield* Durable.until("passed")).status, "passed")
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))

  it.effect("finds the run of a start whose answer was lost, and starts no other", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({ kind: "lose", when: { method: "POST", path: "/runs" } })
      const outcome = yield* passToEnd(execute)
      assert.strictEqual(outcome.status, "passed")
      assert.strictEqual((yield* Durable.remote).jobs.length, 1)
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))

  it.effect("ends with what to do when the file is not there", () =>
    Effect.gen(function*() {
      const outcome = yield* passToEnd(ReleaseWorkflow.execute(Durable.requestOf("/nowhere/bridge.apk")))
      assert.deepInclude(outcome, {
        status: "errored",
        summary: "Cannot upload \"/nowhere/bridge.apk\": there is no such file",
        leftBehind: []
      })
    }).pipe(Effect.provide(Durable.layer())))
})
