import { defineConfig } from "rolldown"

export default defineConfig({
  input: "src/bin.ts",
  platform: "node",
  // Bundled, undici crashes at every start ("Agent is not a constructor"): it is the one real dependency.
  external: ["undici"],
  output: { file: "dist/nunu.js", format: "esm", minify: true, codeSplitting: false, cleanDir: true }
})
