import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Runs from "./fixtures/Runs.ts"
import { answering, runId } from "./support/Client.ts"

describe("LiveRun", () => {
  it.effect("has what each player sees and does", () =>
    Effect.gen(function*() {
      const live = yield* answering({ status: 200, body: Runs.live }, (nunu) => nunu.runs.live(runId))
      assert.strictEqual(live.state, "RUNNING")
      assert.strictEqual(live.test?.name, "Finish the tutorial")
      const [first, second] = live.players
      assert.strictEqual(first?.compositeRunId, "7hd02mqx4vb-1")
      assert.strictEqual(first?.currentStep, 2)
      assert.deepStrictEqual(first?.gameState, { scene: "shop" })
      assert.strictEqual(first?.screenshot?.mimeType, "image/png")
      assert.strictEqual(first?.lastAgentStep?.step, 31)
      assert.strictEqual(first?.lastAgentStep?.startTime?.epochMilliseconds, Date.UTC(2026, 3, 12, 9, 31))
      assert.isNull(second?.screenshot)
      assert.isNull(second?.currentRunId)
    }))
})
