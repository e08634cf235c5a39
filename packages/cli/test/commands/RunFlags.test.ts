import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { type RunFlagValues, toStartRequest } from "../../src/commands/RunFlags.ts"

const none: RunFlagValues = {
  test: Option.none(),
  plan: Option.none(),
  instructions: Option.none(),
  deployment: Option.none(),
  retries: Option.none(),
  templateData: Option.none(),
  maxTime: Option.none()
}
const some = Option.some
const onPhones = { ...none, deployment: some("phones") }

const faultOf = (flags: Partial<RunFlagValues>, emulator = false) =>
  Effect.map(Effect.flip(toStartRequest({ ...none, ...flags }, emulator)), ({ message }) => message)

describe("the request", () => {
  it.effect("holds what was given, and no more", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* toStartRequest({ ...onPhones, test: some("t") }, false), {
        deploymentConfigId: "phones",
        multiplayerTestId: "t"
      })
      assert.deepStrictEqual(yield* toStartRequest({ ...onPhones, plan: some("p") }, false), {
        deploymentConfigId: "phones",
        testPlanId: "p"
      })
      assert.deepStrictEqual(
        yield* toStartRequest(
          {
            ...onPhones,
            instructions: some("Beat the crab king"),
            templateData: some("{\"crab\":{\"lives\":3}}"),
            maxTime: some(600)
          },
          false
        ),
        {
          deploymentConfigId: "phones",
          instructions: "Beat the crab king",
          renderTemplates: true,
          templateData: { crab: { lives: 3 } },
          options: { maxTimeSeconds: 600 }
        }
      )
    }))

  it.effect("takes 0 to 10 retries", () =>
    Effect.gen(function*() {
      for (const retries of [0, 10]) {
        const request = yield* toStartRequest({ ...onPhones, test: some("t"), retries: some(retries) }, false)
        assert.strictEqual(request.retries, retries)
      }
      for (const retries of [-1, 11]) {
        assert.include(yield* faultOf({ retries: some(retries) }, true), "--retries must be 0 to 10")
      }
    }))

  it.effect("needs neither test nor deployment with the emulator, but takes them", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* toStartRequest(none, true), {
        deploymentConfigId: "emulated-deployment",
        multiplayerTestId: "emulated-test"
      })
      assert.deepStrictEqual(yield* toStartRequest({ ...onPhones, plan: some("p") }, true), {
        deploymentConfigId: "phones",
        testPlanId: "p"
      })
    }))

  it.effect("is refused with all faults at once", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* faultOf({
          test: some("t"),
          instructions: some("i"),
          templateData: some("[1]"),
          retries: some(11),
          maxTime: some(-5)
        }),
        "Cannot start a run: give exactly one of --test, --plan and --instructions; give --deployment; " +
          "--template-data must be a JSON object; --retries must be 0 to 10; --retries goes with --test only; " +
          "--max-time must be 1 second or more"
      )
      assert.include(yield* faultOf({}), "give exactly one of --test, --plan and --instructions")
      assert.include(yield* faultOf({ test: some("t"), plan: some("p") }, true), "give exactly one")
      for (const text of ["{", "", "null", "\"text\"", "5"]) {
        assert.include(
          yield* faultOf({ templateData: some(text) }, true),
          "--template-data must be a JSON object",
          text
        )
      }
    }))
})
