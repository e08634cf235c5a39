import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import type { BrowserContextOptions, Page } from "playwright-core"
import type { PipelineResult } from "../../src/PipelineResult.ts"
import * as Html from "../../src/report/Html.ts"
import { browserPage } from "../support/Browser.ts"
import { hostileTexts, judged, resultOf, rich, saying, trial, withBugs } from "../support/Results.ts"

/** A red pixel. */
const picture = {
  mediaType: "image/png",
  base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
} as const
const pictures = new Map([["run-1-1/screenshots/last.png", picture]])

/** What the browser complains about, and whom the page calls. */
interface Opened {
  readonly page: Page
  readonly complaints: ReadonlyArray<string>
  readonly requests: ReadonlyArray<string>
}

/** Opens a report as a file would be opened. */
const open = Effect.fnUntraced(function*(result: PipelineResult, options: BrowserContextOptions = {}) {
  const page = yield* browserPage(options)
  const complaints: Array<string> = []
  const requests: Array<string> = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("dialog", (dialog) => complaints.push(dialog.message()))
  page.on("request", (request) => requests.push(request.url()))
  yield* Effect.promise(async () => {
    await page.route(
      "http://report.test/",
      (route) => route.fulfill({ contentType: "text/html", body: Html.render(result, { pictures }) })
    )
    await page.goto("http://report.test/")
  })
  return { page, complaints, requests } satisfies Opened
})

const ask = <A>(question: () => Promise<A>) => Effect.promise(question)

const widths = [["a phone", 390], ["a desk", 1280]] as const
const schemes = ["light", "dark"] as const
const views = widths.flatMap(([name, width]) => schemes.map((colorScheme) => ({ name, width, colorScheme })))

describe("the HTML report in a browser", () => {
  it.live.each(views)(
    "can be read by everybody on $name in $colorScheme",
    ({ colorScheme, width }) =>
      Effect.gen(function*() {
        const opened = yield* open(rich(), { viewport: { width, height: 800 }, colorScheme, bypassCSP: true })
        yield* ask(() => opened.page.locator("summary").first().click())
        yield* ask(() => opened.page.evaluate(axe))
        const faults = yield* ask(() =>
          opened.page.evaluate("axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)")
        )
        assert.deepStrictEqual(
          (faults as ReadonlyArray<AxeFault>).map(({ help, nodes }) => [help, ...nodes.map(({ html }) => html)]),
          []
        )
      }).pipe(Effect.scoped)
  )

  it.live.each(views)(
    "is as wide as the window on $name in $colorScheme",
    ({ colorScheme, width }) =>
      Effect.gen(function*() {
        for (const result of [rich(), saying("W".repeat(1000)), resultOf([])]) {
          const { page } = yield* open(result, { viewport: { width, height: 800 }, colorScheme })
          assert.isAtMost(Number(yield* ask(() => page.evaluate("document.documentElement.scrollWidth"))), width)
        }
      }).pipe(Effect.scoped)
  )

  it.live("breaks its own policy nowhere, runs nothing and calls nobody, whatever the game says", () =>
    Effect.gen(function*() {
      const { complaints, page, requests } = yield* open(rich())
      for (const text of hostileTexts) {
        yield* ask(async () => {
          await page.route(
            "http://report.test/",
            (route) => route.fulfill({ contentType: "text/html", body: Html.render(saying(text), { pictures }) })
          )
          await page.reload()
        })
        assert.match(yield* ask(() => page.title()), /^Failed: nunu/)
      }
      assert.deepStrictEqual(complaints, [])
      assert.deepStrictEqual(
        new Set(requests.filter((url) => !url.startsWith("data:"))),
        new Set(["http://report.test/"])
      )
    }).pipe(Effect.scoped))

  it.live("is dressed and shows its pictures under its policy", () =>
    Effect.gen(function*() {
      const { page } = yield* open(rich())
      const shown = yield* ask(() =>
        page.evaluate(
          "[getComputedStyle(document.querySelector('.banner')).borderTopWidth, document.querySelector('img').naturalWidth]"
        )
      )
      assert.deepStrictEqual(shown, ["6px", 1])
    }).pipe(Effect.scoped))

  it.live("says everything without scripts", () =>
    Effect.gen(function*() {
      const { page } = yield* open(rich(), { javaScriptEnabled: false })
      assert.isTrue(yield* ask(() => page.getByRole("heading", { level: 1, name: "Failed" }).isVisible()))
      const bug = page.getByRole("article", { name: "Player falls through the bridge" })
      assert.isTrue(yield* ask(() => bug.isVisible()))
      const where = bug.getByText("Walk to the third plank")
      assert.isFalse(yield* ask(() => where.isVisible()))
      yield* ask(() => bug.getByText("How to reproduce it").click())
      assert.isTrue(yield* ask(() => where.isVisible()))
    }).pipe(Effect.scoped))

  it.live("is walked through by keyboard: past the head, to a reason, to its bug, into its details", () =>
    Effect.gen(function*() {
      const { page } = yield* open(rich())
      const press = (...keys: ReadonlyArray<string>) =>
        ask(async () => {
          for (const key of keys) await page.keyboard.press(key)
        })
      const focused = ask(() => page.evaluate("document.activeElement.id || document.activeElement.textContent"))
      yield* press("Tab")
      assert.strictEqual(yield* focused, "Skip to the reasons and bugs")
      assert.isTrue(yield* ask(() => page.getByRole("link", { name: "Skip to" }).isVisible()))
      yield* press("Enter")
      assert.strictEqual(yield* focused, "content")
      yield* press("Tab", "Enter")
      assert.strictEqual(yield* focused, "bug-1")
      yield* press("Tab", "Enter")
      assert.isTrue(yield* ask(() => page.getByText("Walk to the third plank").isVisible()))
      const outline = yield* ask(() => page.evaluate("getComputedStyle(document.activeElement).outlineWidth"))
      assert.strictEqual(outline, "3px", "the focus is seen")
    }).pipe(Effect.scoped))

  it.live("has landmarks, and headings without gaps, for who listens to it", () =>
    Effect.gen(function*() {
      const { page } = yield* open(rich())
      for (const role of ["banner", "navigation", "main", "contentinfo"] as const) {
        assert.strictEqual(yield* ask(() => page.getByRole(role).count()), 1, role)
      }
      const levels = yield* ask(() =>
        page.locator("h1,h2,h3,h4,h5").evaluateAll((headings) =>
          headings.map(({ tagName }) => Number(tagName.slice(1)))
        )
      )
      levels.forEach((level, index) => assert.isAtMost(level, (levels[index - 1] ?? 0) + 1))
      assert.isTrue(yield* ask(() => page.getByRole("list", { name: "Steps of player 0 in Rope bridge" }).isVisible()))
      assert.isTrue(yield* ask(() => page.getByRole("img", { name: /^Screenshot of player 0/ }).isVisible()))
    }).pipe(Effect.scoped))

  it.live("opens with ten thousand bugs, and jumps to the last", () =>
    Effect.gen(function*() {
      const { page } = yield* open(withBugs(10_000))
      yield* ask(() => page.goto("http://report.test/#bug-10000"))
      assert.isTrue(yield* ask(() => page.locator("#bug-10000").isVisible()))
    }).pipe(Effect.scoped))

  it.live("is green only for a pass", () =>
    Effect.gen(function*() {
      const tone = Effect.fnUntraced(function*(result: PipelineResult) {
        const { page } = yield* open(result)
        return yield* ask(() => page.evaluate("getComputedStyle(document.querySelector('h1')).color"))
      })
      const tones = [yield* tone(resultOf([trial([judged()])])), yield* tone(rich()), yield* tone(resultOf([]))]
      assert.strictEqual(new Set(tones).size, 3)
    }).pipe(Effect.scoped))
})

interface AxeFault {
  readonly help: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
