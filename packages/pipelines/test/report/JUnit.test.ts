import { assert, describe, it } from "@effect/vitest"
import * as JUnit from "../../src/report/JUnit.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial, withBugs } from "../support/Results.ts"
import { faultsInJUnit } from "../support/Schemas.ts"

describe("the JUnit report", () => {
  it("follows the schema that Jenkins reads by, whatever the game says", async () => {
    const results = [rich(), resultOf([]), withBugs(50), ...hostileTexts.map(saying)]
    assert.deepStrictEqual(await faultsInJUnit(results.map(JUnit.render)), [])
    assert.isNotEmpty(await faultsInJUnit([JUnit.render(rich()).replace("<failure", "<fail")]), "the schema does check")
  })

  it("counts what it has", () => {
    const xml = JUnit.render(rich())
    const number = (pattern: RegExp) => xml.match(pattern)?.length ?? 0
    const counts = /<testsuites [^>]* tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(xml)?.slice(1).map(Number)
    assert.deepStrictEqual(counts, [number(/<testcase /g), number(/<failure /g), number(/<error /g)])
    assert.deepStrictEqual(counts, [9, 4, 1])
  })

  it("never has all tests pass when the verdict is not that", () => {
    assert.match(JUnit.render(resultOf([])), /<testcase name="Verdict"[^>]*><error /)
    const missing = judged({ bugs: null })
    assert.match(JUnit.render(resultOf([trial([missing])])), /<testcase name="Rope bridge"[^>]*><error /)
    assert.notMatch(JUnit.render(resultOf([trial([judged()])])), /<(?:error|failure) /)
  })

  it("skips what is accepted, with who answers for it", () => {
    assert.include(
      JUnit.render(rich()),
      "<skipped>Accepted until 2026-12-31 by mara: Waits for the new driver</skipped>"
    )
  })

  it("has the same elements, whatever the game says", () => {
    const elements = (text: string) => JUnit.render(saying(text)).match(/<\/?[\w-]+/g)?.join(" ")
    for (const text of hostileTexts) assert.strictEqual(elements(text), elements("fine"))
  })
})
