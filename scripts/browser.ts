/**
 * One headless Chromium of the system for all browser tests: started before the first, ended after the last. A test
 * connects to it by `chromium.connect(inject("browser"))`.
 */
import * as fs from "node:fs"
import { chromium } from "playwright-core"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Where the browser listens. */
    readonly browser: string
  }
}

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const executablePath = places.find((place) => fs.existsSync(place))
  if (executablePath === undefined) {
    throw new Error(`Cannot test in a browser: there is none of ${places.join(", ")}; try apt-get install chromium`)
  }
  const server = await chromium.launchServer({
    executablePath,
    // root may not use the sandbox; the rest keeps the browser from talking to anybody but the test.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync"
    ]
  })
  provide("browser", server.wsEndpoint())
  return () => server.close()
}
