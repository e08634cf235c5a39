import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Example20 from "../20-bad-weather.ts"

it.live("20 gets through a bad day with nothing wrong", () =>
  Effect.gen(function*() {
    const { met, violations } = yield* Example20.example
    assert.deepStrictEqual(violations, [])
    assert.sameMembers(met, [
      "GET api: answer 429",
      "PUT builds: answer 503",
      "PUT builds: answer 503",
      "PUT builds: lose"
    ])
  }))
