import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { type JudgeFlagValues, toGate, toJudging, toRequestAndJudging } from "../../src/commands/JudgeFlags.ts"

const none: JudgeFlagValues = {
  failOn: [],
  gate: Option.none(),
  baseline: Option.none(),
  report: [],
  github: false
}

const judging = (flags: Partial<JudgeFlagValues>) =>
  Effect.provide(toJudging({ ...none, ...flags }), NodeServices.layer)

describe("the gate", () => {
  it("fails from high on, unless told otherwise", () => {
    assert.deepStrictEqual(toGate([]), Result.succeed({ failOn: [{ severity: "high" as const }] }))
    assert.deepStrictEqual<unknown>(
      toGate(["critical", "medium:high", "low:low"]),
      Result.succeed({
        failOn: [
          { severity: "critical" },
          { severity: "medium", confidence: "high" },
          { severity: "low", confidence: "low" }
        ]
      })
    )
  })

  it("is refused for words that are not known, all of them at once", () => {
    const words = ["", "awful", "HIGH", "high:", "high:certain", "high:low:low", ":high", " high"]
    for (const text of words) assert.isTrue(Result.isFailure(toGate(["low", text])), text)
    const message = Result.match(toGate(["awful", "low", "high:sure"]), {
      onSuccess: () => "",
      onFailure: (error) => error.message
    })
    assert.strictEqual(
      message,
      "Cannot use --fail-on awful, high:sure: give low, medium, high or critical, " +
        "and after a colon the least confidence: low, medium or high"
    )
  })
})

describe("what a release is judged by", () => {
  it.effect("has a format for each report, by the name", () =>
    Effect.gen(function*() {
      const { reports } = yield* judging({ report: ["a.html", "b/c.JSON", "d.e.xml"] })
      assert.deepStrictEqual(reports, [
        { file: "a.html", format: "html" },
        { file: "b/c.JSON", format: "json" },
        { file: "d.e.xml", format: "xml" }
      ])
    }))

  it.effect("is refused with all faults at once, together with the request", () =>
    Effect.gen(function*() {
      const flags = {
        failOn: ["awful"],
        gate: Option.none(),
        baseline: Option.some("/nowhere/b.json"),
        report: ["a.pdf", "b.md", "b.md", "c"],
        github: false,
        test: Option.none(),
        plan: Option.none(),
        instructions: Option.none(),
        deployment: Option.none(),
        retries: Option.none(),
        templateData: Option.none(),
        maxTime: Option.none(),
        timeout: "soon"
      }
      const { message } = yield* Effect.flip(Effect.provide(toRequestAndJudging(flags, false), NodeServices.layer))
      assert.strictEqual(
        message,
        "Cannot start a run: give exactly one of --test, --plan and --instructions; give --deployment. " +
          "Cannot wait: --timeout must be a time such as 90s, 30m or 2h, more than 0, not \"soon\". " +
          "Cannot use --fail-on awful: give low, medium, high or critical, " +
          "and after a colon the least confidence: low, medium or high. " +
          "Cannot use \"/nowhere/b.json\" as a baseline: there is no such file. " +
          "Cannot use --report: \"a.pdf\", \"c\" must end in .json .md .xml .sarif .html; \"b.md\" is given twice"
      )
    }))

  it.effect("is not overwritten by a report, which is taken away before the release", () =>
    Effect.gen(function*() {
      const flags = { baseline: Option.some("nowhere/b.json"), report: ["./nowhere/b.json"] }
      const { message } = yield* Effect.flip(judging(flags))
      assert.include(message, "Cannot use --report: \"./nowhere/b.json\" is the file of --gate or --baseline")
    }))

  it.effect("is not a file and words at once", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(judging({ gate: Option.some("g.json"), failOn: ["low"] }))
      assert.strictEqual(message, "Cannot use --gate with --fail-on: the file says what fails")
    }))
})
