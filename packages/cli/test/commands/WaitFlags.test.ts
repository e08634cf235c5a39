import { assert, it } from "@effect/vitest"
import { Duration } from "effect"
import { parseTime } from "../../src/commands/WaitFlags.ts"

it.each([["90s", 90], ["30m", 1800], ["2h", 7200], ["1.5h", 5400], ["30", 1800], [".5", 30], [" 1m ", 60]] as const)(
  "%s is a time",
  (text, seconds) => {
    const time = parseTime(text)
    assert.strictEqual(time === null ? null : Duration.toSeconds(time), seconds)
  }
)

it.each(["", "0", "0s", "-1", "-5m", "m", "soon", "5 m", "1d", "1e3", "Infinity"])("%s is none", (text) => {
  assert.isNull(parseTime(text))
})
