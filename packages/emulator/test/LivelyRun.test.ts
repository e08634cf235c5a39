import { assert, describe, it } from "@effect/vitest"
import { lively } from "../src/LivelyRun.ts"
import * as RunTimeline from "../src/RunTimeline.ts"

describe("lively", () => {
  it("is the same script for the same seed, and another one for the next", () => {
    assert.deepStrictEqual(lively(7), lively(7))
    for (let seed = 0; seed < 12; seed++) assert.notDeepEqual(lively(seed), lively(seed + 1))
  })

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])("is 10 to 20 seconds long, bugs included (seed %d)", (seed) => {
    const script = lively(seed)
    const seconds = RunTimeline.durationSeconds(script)
    assert.isTrue(seconds >= 10 && seconds <= 20, `${seconds} seconds`)
    assert.strictEqual(RunTimeline.at(script, seconds * 1000).bugs.length, script.bugs.length)
  })

  it("succeeds, fails and finds nothing, each now and then", () => {
    const scripts = [0, 1, 2, 3].map(lively)
    assert.deepStrictEqual(scripts.map(({ result }) => result), ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS"])
    assert.deepStrictEqual(scripts.map(({ bugs }) => bugs.length), [3, 1, 2, 0])
  })
})
