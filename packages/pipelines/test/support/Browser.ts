/** A page of the Chromium that the browser tests share; it goes with the scope. */
import { Effect, type Scope } from "effect"
import { type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { inject } from "vitest"

declare module "vitest" {
  interface ProvidedContext {
    /** Where the browser listens. */
    readonly browser: string
  }
}

export const browserPage = (options: BrowserContextOptions = {}): Effect.Effect<Page, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => chromium.connect(inject("browser"))),
    (browser) => Effect.promise(() => browser.close())
  ).pipe(
    Effect.flatMap((browser) => Effect.promise(() => browser.newContext(options))),
    Effect.flatMap((context) => Effect.promise(() => context.newPage()))
  )
