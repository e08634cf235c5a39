import { defineConfig } from "rolldown"

export default defineConfig({
  input: "src/bin.ts",
  platform: "node",
  // Bundled, undici crashes at every start ("Agent is not a constructor"): it is the one real dependency.
  external: ["undici"],
  // In pieces: a command reads only those that it needs.
  output: {
    dir: "dist",
    entryFileNames: "nunu.js",
    chunkFileNames: "[name]-[hash].js",
    format: "esm",
    minify: true,
    cleanDir: true
  }
})
