import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { browserPage } from "../support/Browser.ts"

it.live("the browser shows a page", () =>
  Effect.gen(function*() {
    const page = yield* browserPage()
    yield* Effect.promise(() => page.setContent("<h1>Release</h1>"))
    assert.strictEqual(yield* Effect.promise(() => page.locator("h1").textContent()), "Release")
  }).pipe(Effect.scoped))
