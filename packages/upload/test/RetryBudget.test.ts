import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as RetryBudget from "../src/RetryBudget.ts"

const failed = { partNumber: 7, status: 503, detail: "SlowDown: Reduce your request rate" }

/** How many repeats a budget grants. */
const grants = Effect.fnUntraced(function*(budget: RetryBudget.RetryBudget) {
  let granted = 0
  while ((yield* Effect.result(budget.take(failed)))._tag === "Success") granted++
  return granted
})

describe("the repeats that parts share", () => {
  it.effect.each([[1, 20], [10, 20], [11, 22], [52, 104], [10_000, 20_000]] as const)(
    "are at least twice as many as parts, and never under 20: of %d parts %d",
    ([parts, repeats]) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* grants(RetryBudget.make({ parts, totalParts: parts })), repeats)
      })
  )

  it.effect("end with what failed last and what is kept, the parts of an earlier run included", () =>
    Effect.gen(function*() {
      const budget = RetryBudget.make({ parts: 10, totalParts: 52 })
      for (let part = 0; part < 3; part++) yield* budget.stored
      yield* grants(budget)
      const error = yield* Effect.flip(budget.take(failed))
      assert.deepInclude(error, { ...failed, repeats: 20, stored: 45, totalParts: 52 })
      assert.strictEqual(
        error.message,
        "Cannot send part 7 as all 20 repeats of this upload are spent: " +
          "SlowDown: Reduce your request rate (503). 45 of 52 parts are stored"
      )
    }))
})
