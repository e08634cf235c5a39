import { defineConfig } from "vitest/config"

/** The tests of what people look at, in a real browser: apart, as not every machine has one. */
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.browser.ts"],
    globalSetup: "scripts/browser.ts",
    testTimeout: 30_000
  }
})
