/** The emulator's page in a real browser: nothing runs in it, nothing is called, it fits, and it follows what happens. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type BrowserContextOptions, chromium } from "playwright-core"
import { inject } from "vitest"
import { Emulator } from "../src/Emulator.ts"
import * as Scenario from "../src/Scenario.ts"
import { type Body, connect, onPorts } from "./support/Emulators.ts"
import { start } from "./support/Runs.ts"
import { bytesOf, initiateMultipart, putPart } from "./support/Uploads.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** Where the browser listens. */
    readonly browser: string
  }
}

const hostile = `</td><script>document.title = "owned"</script><img src="http://elsewhere.test/x" onerror="alert(1)">`

const open = Effect.fnUntraced(function*(path: string, options: BrowserContextOptions = {}) {
  const { baseUrl } = yield* Emulator
  const { origin } = new URL(baseUrl)
  const page = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const browser = await chromium.connect(inject("browser"))
      return await (await browser.newContext(options)).newPage()
    }),
    (page) => Effect.promise(async () => await page.context().browser()?.close())
  )
  const complaints: Array<string> = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("dialog", (dialog) => complaints.push(dialog.message()))
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) complaints.push(request.url())
  })
  yield* Effect.promise(() => page.goto(origin + path))
  return { page, complaints }
})

const scenario = {
  partSize: 1000,
  runs: [{ testName: hostile.repeat(3), players: [[{ goal: hostile, seconds: 3000 }]] }],
  weather: [{ kind: "answer", status: 503, times: 1, when: { path: "/bugs" } }]
}

/** Something on the page of everything. */
const life = Effect.gen(function*() {
  const nunu = yield* connect()
  const ticket = yield* initiateMultipart(nunu, 2500, { name: hostile, fileName: `${"long-".repeat(40)}.apk` })
  yield* putPart(nunu, ticket, bytesOf(2500), 1)
  yield* start(nunu, { additionalTags: [hostile, "nightly".repeat(12)] })
  yield* Effect.ignore(nunu.bugs.list())
  return nunu
})

const served = (body: Body) =>
  Effect.gen(function*() {
    const options = yield* Scenario.decode(scenario)
    yield* Effect.gen(body).pipe(Effect.provide(onPorts(options)))
  })

describe("the page in a browser", () => {
  const views = [390, 1280].flatMap((width) =>
    (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme }))
  )

  for (const { colorScheme, width } of views) {
    it.live(`fits ${width} pixels in ${colorScheme}, and lets nothing run`, () =>
      served(function*() {
        yield* life
        for (const path of ["/?still", "/docs"]) {
          const { complaints, page } = yield* open(path, { viewport: { width, height: 800 }, colorScheme })
          const [wide, title, font] = yield* Effect.promise(() =>
            page.evaluate(
              `[document.documentElement.scrollWidth, document.title, getComputedStyle(document.body).fontFamily]`
            )
          ) as Effect.Effect<[number, string, string]>
          assert.isAtMost(wide, width, path)
          assert.match(title, / · nunu$/)
          assert.match(font, /system-ui/) // its own style has been let in
          assert.deepStrictEqual(complaints, [])
        }
      }))
  }

  it.live("follows what happens by itself", () =>
    served(function*() {
      const { page } = yield* open("/")
      assert.include(yield* Effect.promise(() => page.innerText("body")), "No runs yet")
      const nunu = yield* connect()
      yield* start(nunu)
      yield* Effect.promise(() => page.waitForSelector("text=run000000001"))
    }))
})
