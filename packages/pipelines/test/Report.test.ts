import { assert, describe, it } from "@effect/vitest"
import { formatOf, formats, render } from "../src/Report.ts"
import * as Html from "../src/report/Html.ts"
import * as Json from "../src/report/Json.ts"
import * as JUnit from "../src/report/JUnit.ts"
import * as Markdown from "../src/report/Markdown.ts"
import * as Sarif from "../src/report/Sarif.ts"
import { rich } from "./support/Results.ts"

describe("a report", () => {
  it("has its format by the end of its name, in any case of letters", () => {
    assert.deepStrictEqual(formats.map((format) => formatOf(`out/a.b.${format.toUpperCase()}`)), [...formats])
    assert.deepStrictEqual(["a.pdf", "html", "a.html.gz", ""].map(formatOf), [null, null, null, null])
  })

  it("is written in its format", () => {
    const result = rich()
    assert.deepStrictEqual(formats.map((format) => render(result, format)), [
      Json.render(result),
      Markdown.render(result),
      JUnit.render(result),
      Sarif.render(result),
      Html.render(result)
    ])
  })

  it("is the same each time", () => {
    for (const format of formats) assert.strictEqual(render(rich(), format), render(rich(), format))
  })
})
