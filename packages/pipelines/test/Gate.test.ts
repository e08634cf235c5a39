import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import * as Gate from "../src/Gate.ts"

/** Reads a text as the gate file `gate.json`. */
const read = (text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = (yield* Path.Path).join(yield* Effect.orDie(fs.makeTempDirectoryScoped()), "gate.json")
    yield* Effect.orDie(fs.writeFileString(file, text))
    return yield* Gate.read(file)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("a gate", () => {
  const over = (category: string | null, categories: readonly [string, ...Array<string>]) =>
    Gate.isOver({ severity: "high", confidence: "low", category }, { failOn: [{ severity: "high", categories }] })

  it("counts only bugs of its categories, in any case of letters", () => {
    assert.isTrue(over("crash", ["ui", "crash"]))
    assert.isTrue(over("CRASH", ["crash"]))
    assert.isFalse(over("audio", ["ui", "crash"]))
  })

  it("counts a category that nobody knows as each of them", () => {
    assert.isTrue(over("physics", ["crash"]))
    assert.isTrue(over(null, ["crash"]))
    assert.isTrue(over("physics", ["physics"]))
    assert.isFalse(over("ui", ["physics"]))
  })

  it("asks for the severity too, in a category", () => {
    const gate: Gate.Gate = { failOn: [{ severity: "low", categories: ["crash"] }, { severity: "critical" }] }
    const isOver = (category: string, severity: string) => Gate.isOver({ category, severity, confidence: null }, gate)
    assert.isTrue(isOver("crash", "low"))
    assert.isFalse(isOver("ui", "high"))
    assert.isTrue(isOver("ui", "critical"))
  })

  it("is said in words", () => {
    assert.strictEqual(Gate.describe(Gate.defaultGate), "high")
    assert.strictEqual(
      Gate.describe({
        failOn: [{ severity: "critical" }, { severity: "low", confidence: "high", categories: ["ui"] }]
      }),
      "critical or low:high (ui)"
    )
    assert.strictEqual(Gate.describe({ failOn: [] }), "none")
  })
})

describe("a gate file", () => {
  it.effect("is read", () =>
    Effect.gen(function*() {
      const failOn = [{ severity: "high" }, {
        severity: "medium",
        confidence: "high",
        categories: ["crash", "physics"]
      }]
      const gate = yield* read(JSON.stringify({ $schema: "gate.schema.json", version: 1, failOn }))
      assert.deepStrictEqual<unknown>(gate.failOn, failOn)
    }))

  it.effect("tells all its faults at once, each with its place", () =>
    Effect.gen(function*() {
      const failOn = [{ severity: "awful", category: "ui" }, { confidence: "sure", categories: [] }, "high"]
      const error = yield* Effect.flip(read(JSON.stringify({ version: 2, failOn, failon: [] })))
      assert.deepStrictEqual(error.faults.map(({ path }) => path).toSorted(), [
        "failOn[0].category",
        "failOn[0].severity",
        "failOn[1].categories",
        "failOn[1].confidence",
        "failOn[1].severity",
        "failOn[2]",
        "failon",
        "version"
      ])
      assert.match(error.message, /^Cannot use ".*gate.json" as a gate: .*failOn\[0\]\.severity: expected "low"/)
    }))

  it.effect.each([["", "it is not JSON"], ["{", "it is not JSON"], ["[]", "expected object"]])(
    "is refused when it is %j",
    ([text, why]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(read(text ?? ""))
        assert.include(error.message, why ?? "")
      })
  )

  it.effect("is refused when it is not there", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(Gate.read("/nowhere/gate.json"), NodeServices.layer))
      assert.strictEqual(error.message, "Cannot use \"/nowhere/gate.json\" as a gate: there is no such file")
    }))
})
