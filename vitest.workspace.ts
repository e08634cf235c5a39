import { defineConfig } from "vitest/config"

const project = (name: string, root: string, { include = ["test/**/*.test.ts"], isolate = true } = {}) => ({
  // On two cores, with four files at once; what needs longer than this says so.
  test: { name, root, include, isolate, testTimeout: 30_000 }
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
      project("cli", "packages/cli"),
      project("examples", "examples"),
      // Root ".": a project whose folder is missing, as .doctest is in a fresh clone, stops every run.
      project("doctest", ".", { include: [".doctest/*.test.ts"] })
    ]
  }
})
