import { defineConfig } from "vitest/config"

const project = (
  name: string,
  root: string,
  { globalSetup, include = ["test/**/*.test.ts"], isolate = true, maxConcurrency = 5 }: {
    readonly globalSetup?: string
    readonly include?: Array<string>
    readonly isolate?: boolean
    readonly maxConcurrency?: number
  } = {}
) => ({
  // On two cores, with four files at once; what needs longer than this says so.
  test: {
    name,
    root,
    include,
    isolate,
    maxConcurrency,
    testTimeout: 30_000,
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
        maxConcurrency: 10
      }),
      project("examples", "examples"),
      // Root ".": a project whose folder is missing, as .doctest is in a fresh clone, stops every run.
      project("doctest", ".", { include: [".doctest/*.test.ts"] })
    ]
  }
})
