import { defineConfig } from "vitest/config"

const project = (name: string, root: string, include = ["test/**/*.test.ts"]) => ({
  // A machine of two cores runs two files at once; what needs longer than this says so.
  test: { name, root, include, testTimeout: 30_000 }
})

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("upload", "packages/upload"),
      project("pipelines", "packages/pipelines"),
      project("emulator", "packages/emulator"),
      project("cli", "packages/cli"),
      project("examples", "examples"),
      // Root ".": a project whose folder is missing, as .doctest is in a fresh clone, stops every run.
      project("doctest", ".", [".doctest/*.test.ts"])
    ]
  }
})
