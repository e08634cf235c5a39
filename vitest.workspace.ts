import { defineConfig } from "vitest/config"

const project = (
  name: string,
  root: string,
  { globalSetup, include = ["test/**/*.test.ts"], isolate = true }: {
    readonly globalSetup?: string
    readonly include?: Array<string>
    readonly isolate?: boolean
  } = {}
) => ({
  // On two cores, with four files at once; what needs longer than this says so.
  test: { name, root, include, isolate, testTimeout: 30_000, ...(globalSetup === undefined ? {} : { globalSetup }) }
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
      project("cli", "packages/cli", { globalSetup: "test/support/BundledOnce.ts", isolate: false }),
      project("examples", "examples"),
      // Root ".": a project whose folder is missing, as .doctest is in a fresh clone, stops every run.
      project("doctest", ".", { include: [".doctest/*.test.ts"] })
    ]
  }
})
