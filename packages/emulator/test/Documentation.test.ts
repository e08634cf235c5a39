/** Every scenario that the documentation shows is one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Emulator } from "../src/Emulator.ts"
import * as Scenario from "../src/Scenario.ts"
import * as Storm from "../src/Storm.ts"
import { hashing } from "./support/Emulators.ts"

const text = fs.readFileSync(path.join(import.meta.dirname, "../../../docs/emulator.md"), "utf8")

const scenarios = Array.from(text.matchAll(/```json\n([^]*?)```/g), ([, json = ""]) => json)

describe("docs/emulator.md", () => {
  it.effect.each(scenarios)("has a scenario that an emulator starts with: %#", (json) =>
    Effect.gen(function*() {
      const scenario = yield* Scenario.parse(json)
      const storms = yield* Effect.flatMap(Emulator, ({ weather }) => weather.storms).pipe(
        Effect.provide(hashing(scenario))
      )
      assert.strictEqual(storms.length, scenario.weather?.length ?? 0)
    }))

  it("names every field of a scenario, and every kind of storm", () => {
    const fields = Object.keys(Scenario.Scenario.fields).filter((field) => field !== "$schema")
    for (const field of fields) assert.include(text, `\`${field}\``)
    for (const { fields } of Storm.Storm.members) assert.include(text, `\`${fields.kind.literal}\``)
  })

  it("has several examples", () => assert.isAbove(scenarios.length, 3))
})
