/** The pages of a bot in a real browser: for everybody, on a phone and at a desk, live, and without scripts. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import type { BrowserContextOptions, Page } from "playwright-core"
import * as BotNode from "../../../../src/durable/bot/BotNode.ts"
import { ReleaseBot } from "../../../../src/durable/bot/ReleaseBot.ts"
import { ReleaseId } from "../../../../src/durable/Release.ts"
import { ReleaseLog } from "../../../../src/durable/ReleaseLog.ts"
import { browserPage } from "../../../support/Browser.ts"
import { outcome, submitted } from "../../support/Book.ts"
import { lively } from "../../support/Lively.ts"
import * as Pages from "../../support/Pages.ts"

const ask = <A>(question: () => Promise<A>) => Effect.promise(question)

/** Logs in as people do, and opens a page; what the browser complains of is kept. */
const open = Effect.fnUntraced(function*(path: string, options: BrowserContextOptions = {}) {
  const url = yield* BotNode.url
  const page = yield* browserPage(options)
  const complaints: Array<string> = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("dialog", (dialog) => complaints.push(dialog.message()))
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(request.url())
  })
  yield* ask(async () => {
    await page.goto(url + path)
    await page.getByLabel("Token").fill(Pages.token)
    await page.keyboard.press("Enter")
    await page.getByRole("button", { name: "Log out" }).waitFor()
  })
  return { page, complaints, url }
})

const views = ([["a phone", 390], ["a desk", 1280]] as const).flatMap(([name, width]) =>
  (["light", "dark"] as const).map((colorScheme) => ({ name, width, colorScheme }))
)

const ids = ["game-2.3.9", "game-2.4.0-alpha", "game-2.4.0-beta", "nightly-20261124T020000Z", "game-2.4.0-rc1"]
const paths = ["/", "/?show=failed", ...ids.map((id) => `/view/${id}`), "/view/nothing"]

const faultsIn = (page: Page) =>
  ask(async () => {
    await page.evaluate(axe)
    const faults = await page.evaluate("axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)")
    return (faults as ReadonlyArray<AxeFault>).map(({ help, nodes }) => [help, ...nodes.map(({ html }) => html)])
  })

describe("the pages of a bot in a browser", () => {
  it.live.each(views)(
    "can be read and used by everybody on $name in $colorScheme, and fit",
    ({ colorScheme, width }) =>
      Effect.gen(function*() {
        yield* lively
        const options = { viewport: { width, height: 800 }, colorScheme, bypassCSP: true }
        const { page, url } = yield* open("/", options)
        const stranger = yield* browserPage(options)
        yield* ask(() => stranger.goto(`${url}/login`))
        assert.deepStrictEqual(yield* faultsIn(stranger), [])
        for (const path of paths) {
          yield* ask(() => page.goto(url + path))
          for (const summary of yield* ask(() => page.locator("summary").all())) yield* ask(() => summary.click())
          assert.deepStrictEqual(yield* faultsIn(page), [], path)
          assert.isAtMost(Number(yield* ask(() => page.evaluate("document.documentElement.scrollWidth"))), width, path)
        }
      }).pipe(Effect.provide(Pages.layer()))
  )

  it.live("break their own policy nowhere, and call nobody else", () =>
    Effect.gen(function*() {
      yield* lively
      const { complaints, page, url } = yield* open("/")
      for (const path of paths.slice(0, -1)) {
        yield* ask(() => page.goto(url + path))
        const font = yield* ask(() => page.evaluate("getComputedStyle(document.body).fontFamily"))
        assert.match(String(font), /system-ui/)
        assert.notStrictEqual(yield* ask(() => page.title()), "owned")
      }
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.provide(Pages.layer())))

  it.live("follow what happens by themselves, and keep what somebody is writing", () =>
    Effect.gen(function*() {
      yield* lively
      const log = yield* ReleaseLog
      const { complaints, page, url } = yield* open("/")
      yield* ask(() => page.getByText("live", { exact: true }).waitFor())
      yield* submitted("game-3.0.0")
      yield* ask(() => page.getByRole("link", { name: "game-3.0.0" }).waitFor())
      assert.isTrue(yield* ask(() => page.getByRole("status").getByText("2 queued").isVisible()))

      yield* ask(() => page.goto(`${url}/view/nightly-20261124T020000Z`))
      yield* ask(() => page.getByText("live", { exact: true }).waitFor())
      yield* ask(() => page.getByLabel("Comment, for the record").fill("Looks fine so f"))
      yield* log.append("nightly-20261124T020000Z", "held", {
        _tag: "CancelAsked",
        by: "somebody else",
        superseded: false
      })
      yield* ask(() => page.getByText("Stopped by somebody else").first().waitFor())
      assert.strictEqual(yield* ask(() => page.getByLabel("Comment, for the record").inputValue()), "Looks fine so f")
      const id = yield* ask(() => page.evaluate("document.activeElement.id"))
      assert.strictEqual(id, "comment")
      yield* log.append("nightly-20261124T020000Z", "ended", {
        _tag: "Ended",
        outcome: outcome({ status: "cancelled", summary: "Stopped by somebody else, at last" })
      })
      yield* ask(() => page.getByRole("status").getByText("at last").waitFor())
      yield* ask(() => page.getByText("May the runs start?").waitFor({ state: "detached" }))
      assert.match(yield* ask(() => page.title()), /^nightly-20261124T020000Z: cancelled/)
      assert.deepStrictEqual(complaints, [])
    }).pipe(Effect.provide(Pages.layer())))

  it.live("go on following after the bot was away, by its own word or a proxy's", () =>
    Effect.gen(function*() {
      const log = yield* submitted("game-1")
      const { page } = yield* open("/view/game-1")
      yield* ask(() => page.getByText("live", { exact: true }).waitFor())
      yield* ask(() => page.route("**/events?*", (route) => route.fulfill({ status: 503, body: "away" })))
      yield* ask(() => page.reload())
      yield* ask(() => page.getByText("connecting…").waitFor())
      yield* ask(() => page.unroute("**/events?*"))
      yield* ask(() => page.getByText("live", { exact: true }).waitFor())
      yield* log.append("game-1", "begins", { _tag: "Admitted" })
      yield* ask(() => page.getByText("Its turn has come").waitFor())
    }).pipe(Effect.provide(Pages.layer())))

  it.live("show a release at work, from its submission over somebody's word to its verdict", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const { file } = yield* Pages.Builds
      const { complaints, page, url } = yield* open("/")
      yield* bot.submit({
        releaseId: ReleaseId.make("game-1"),
        source: { _tag: "File", path: file },
        run: { multiplayerTestId: "test-1", deploymentConfigId: "deployment-1" },
        approval: true
      })
      yield* ask(async () => {
        await page.getByRole("listitem").filter({ hasText: "game-1" }).getByText("needs approval").waitFor()
        await page.getByRole("link", { name: "game-1" }).click()
        await page.getByLabel("Comment, for the record").fill("Go ahead")
        await page.getByRole("button", { name: "Approve" }).click()
        await page.getByText("Approved by mara: Go ahead").first().waitFor()
        await page.locator("#badge").getByText("failed").waitFor()
        await page.getByText("Player falls through the bridge", { exact: true }).waitFor()
        assert.strictEqual(page.url(), `${url}/view/game-1`)
        assert.isFalse(await page.locator("#live").isVisible(), "there is nothing more to follow")
        const marks = await page.locator("#steps > li").evaluateAll((steps) => steps.map(({ className }) => className))
        assert.deepStrictEqual(marks, Array(6).fill("done"))
        assert.deepStrictEqual(complaints, [])
        await page.getByRole("link", { name: "Report as JSON" }).click()
        assert.match(await page.locator("body").innerText(), /"verdict": ?"failed"/)
      })
    }).pipe(Effect.provide(Pages.layerAtWork)))

  it.live("are read and used without scripts", () =>
    Effect.gen(function*() {
      yield* lively
      const { page, url } = yield* open("/view/game-2.4.0-rc3", { javaScriptEnabled: false })
      yield* ask(async () => {
        assert.isTrue(await page.getByRole("heading", { level: 1, name: "game-2.4.0-rc3" }).isVisible())
        assert.strictEqual(await page.locator("#live").isVisible(), false)
        await page.getByText("Stop this release").click()
        await page.getByRole("button", { name: "Stop it" }).click()
        await page.getByRole("status").getByText("Stopped by mara").or(page.getByText("cancelled").first()).waitFor()
        assert.strictEqual(page.url(), `${url}/view/game-2.4.0-rc3`)
        assert.isTrue(await page.getByText("Stopped by mara").first().isVisible())
        await page.getByRole("button", { name: "Log out" }).click()
        await page.getByLabel("Token").waitFor()
        await page.goto(`${url}/view/game-2.4.0-rc3`)
        assert.match(page.url(), /\/login\?to=/)
      })
    }).pipe(Effect.provide(Pages.layer())))

  it.live("are walked through by keyboard, and have landmarks and headings without gaps", () =>
    Effect.gen(function*() {
      yield* lively
      const { page } = yield* open("/view/game-2.3.9")
      yield* ask(async () => {
        await page.keyboard.press("Tab")
        assert.isTrue(await page.getByRole("link", { name: "Skip to the content" }).isVisible())
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert.strictEqual(await page.evaluate("document.activeElement.textContent"), "← All releases")
        assert.strictEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineWidth"), "3px")
        assert.strictEqual(await page.getByRole("main").count(), 1)
        assert.strictEqual(await page.getByRole("banner").count(), 1)
        const levels = await page.locator("h1,h2,h3,h4").evaluateAll((all) =>
          all.map(({ tagName }) => Number(tagName.slice(1)))
        )
        levels.forEach((level, index) => assert.isAtMost(level, (levels[index - 1] ?? 0) + 1))
      })
    }).pipe(Effect.provide(Pages.layer())))

  it.live("refuse what another site asks in the name of who is logged in", () =>
    Effect.gen(function*() {
      yield* lively
      const { page, url } = yield* open("/")
      yield* ask(async () => {
        await page.route("http://elsewhere.test/", (route) =>
          route.fulfill({
            contentType: "text/html",
            body: `<form method="post" action="${url}/view/game-2.4.0-rc3/cancel"><button>Win a prize</button></form>`
          }))
        await page.goto("http://elsewhere.test/")
        await page.getByRole("button").click()
        await page.waitForURL(`${url}/**`)
      })
      const log = yield* ReleaseLog
      const events = yield* log.events({ releaseId: "game-2.4.0-rc3" })
      assert.deepStrictEqual(events.map(({ event }) => event._tag), ["Queued"])
    }).pipe(Effect.provide(Pages.layer())))
})

interface AxeFault {
  readonly help: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
