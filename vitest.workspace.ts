import { defineConfig } from "vitest/config"

const project = (
  name: string,
  root: string,
  { globalSetup, include = ["test/**/*.test.ts"], isolate = true, maxConcurrency = 5, testTimeout = 60_000 }: {
    readonly globalSetup?: string
    readonly include?: Array<string>
    readonly isolate?: boolean
    readonly maxConcurrency?: number
    readonly testTimeout?: number
  } = {}
) => ({
  test: {
    name,
    root,
    include,
    isolate,
    maxConcurrency,
    testTimeout, // for what hangs: two cores that do something else besides take ten times as long
    ...(globalSetup === undefined ? {} : { globalSetup })
  }
})

/** Its files share one worker, which reads Effect once: nothing in them changes what others see. */
const shared = { isolate: false }

export default defineConfig({
  test: {
    maxWorkers: 4, // also of two cores: tests of the command line wait for processes more than they work
    projects: [
      project("core", "packages/core", shared),
      project("upload", "packages/upload", shared),
      project("pipelines", "packages/pipelines", shared),
      project("emulator", "packages/emulator", shared),
      // Most of its tests wait for a process that waits.
      project("cli", "packages/cli", {
        globalSetup: "test/support/BundledOnce.ts",
        isolate: false,
        maxConcurrency: 10,
        testTimeout: 180_000
      }),
      project("examples", "examples"),
      // Root ".": a project whose folder is missing, as .doctest is in a fresh clone, stops every run.
      project("doctest", ".", { include: [".doctest/*.test.ts"] })
    ]
  }
})
