import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import * as EngineLog from "../../../src/durable/bot/EngineLog.ts"

describe("what the engine logs", () => {
  it.effect("comes once in ten minutes, without a stack trace, and takes nothing from the others", () => {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ cause, message }) => {
      lines.push([message].flat().join(" ") + (cause.reasons.length > 0 ? " and a cause" : ""))
    })
    const away = Cause.fail(new Error("Persistence", { cause: new Error("connect ECONNREFUSED") }))
    const ofEngine = Effect.annotateLogs({ module: "effect/cluster/Sharding" })
    return Effect.gen(function*() {
      for (let seconds = 0; seconds < 700; seconds += 2) {
        yield* ofEngine(Effect.logWarning("Release is still pending"))
        yield* Effect.logWarning("Storage is unhealthy", away) // not all that is the engine's says so
        yield* TestClock.adjust("2 seconds")
      }
      yield* ofEngine(Effect.logInfo("Storage has recovered"))
      for (let times = 0; times < 2; times++) yield* Effect.logWarning("Cannot let releases begin")
      assert.deepStrictEqual(lines, [
        "Release is still pending",
        "Storage is unhealthy: connect ECONNREFUSED",
        "Release is still pending",
        "Storage is unhealthy: connect ECONNREFUSED",
        "Storage has recovered",
        "Cannot let releases begin",
        "Cannot let releases begin"
      ])
    }).pipe(Effect.provide(EngineLog.layer.pipe(Layer.provide(Logger.layer([logger])))))
  })
})
