import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import * as Html from "../../src/report/Html.ts"
import { style, styleHash } from "../../src/report/HtmlStyle.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial, withBugs } from "../support/Results.ts"

const elementsOf = (html: string) => html.match(/<[/!]?[\w-]+/g)?.join(" ")

const attributesOf = (html: string) => html.match(/ [\w-]+="/g)?.join("")

describe("the HTML report", () => {
  it("has the verdict before all else, then why, the bugs by severity, and the runs", () => {
    const headings = Array.from(
      Html.render(rich()).matchAll(/<(h[1-3])[^>]*>(.*?)<\/\1>/gs),
      ([, level, content]) => `${level} ${content?.replace(/<[^>]*>/g, "").trim()}`
    )
    assert.deepStrictEqual(headings, [
      "h1 Failed",
      "h2 Why",
      "h2 Bugs",
      "h3 Critical 1",
      "h3 High 2",
      "h3 Medium 1",
      "h3 Low 1",
      "h2 Not seen",
      "h2 Runs",
      "h3 Rope bridge",
      "h3 Tutorial on tablets",
      "h3 Save and load"
    ])
  })

  it("is one file that loads nothing and runs nothing", () => {
    const html = Html.render(rich())
    assert.notMatch(html, /<(?:script|link|iframe|object|embed|base|form)\b| on\w+=| style=|url\(|@import/i)
    assert.match(
      html,
      /content="default-src 'none'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'"/
    )
  })

  it("allows its own style sheet, and no other", () => {
    assert.strictEqual(styleHash, `sha256-${createHash("sha256").update(style).digest("base64")}`)
    assert.include(Html.render(rich()), `<style>${style}</style>`)
  })

  it("has the same elements and attributes, whatever the game says", () => {
    // A link is there or not by what the file is called; each of them is looked at in the next test.
    const withoutLinks = (text: string) =>
      Html.render(saying(text)).replace(
        /<a href="https:[^"]*" rel="noreferrer">|(?<=<li><span class="kind">[^]*?)<\/a>/g,
        ""
      )
    for (const text of hostileTexts) {
      assert.strictEqual(attributesOf(withoutLinks(text)), attributesOf(withoutLinks("fine")), text.slice(0, 80))
      assert.strictEqual(elementsOf(withoutLinks(text)), elementsOf(withoutLinks("fine")), text.slice(0, 80))
    }
  })

  it("links to itself and to the artifact host only", () => {
    for (const text of hostileTexts) {
      for (const [, target = ""] of Html.render(saying(text)).matchAll(/(?:href|src)="([^"]*)"/g)) {
        assert.match(
          target,
          /^(?:#[\w-]+|https:\/\/artifacts\.example\/[^"<>\s]*|https:\/\/(?:www\.)?evil\.example[^"<>\s]*)$/
        )
      }
    }
  })

  it("shows pictures that are given to it, and links the others", () => {
    const picture = { mediaType: "image/png", base64: "iVBORw0KGgo=" } as const
    const html = Html.render(rich(), { pictures: new Map([["run-1-1/screenshots/last.png", picture]]) })
    assert.strictEqual(html.match(/<img /g)?.length, 1)
    assert.include(
      html,
      "<img src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"Screenshot of player 0: screenshots/last.png\">"
    )
    assert.strictEqual(html.match(/<a [^>]*>screenshots\/last.png<\/a>/g)?.length, 2)
  })

  it("says so when there is nothing to say", () => {
    assert.include(Html.render(resultOf([trial([judged()])])), "No bug was found.")
    assert.include(Html.render(resultOf([])), "<span>Inconclusive</span>")
  })

  it("has an article for each of many bugs", () => {
    assert.strictEqual(Html.render(withBugs(500)).match(/<article /g)?.length, 500)
  })
})
