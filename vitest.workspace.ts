import { defineConfig } from "vitest/config"

const project = (name: string, root: string, include = ["test/**/*.test.ts"]) => ({ test: { name, root, include } })

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
