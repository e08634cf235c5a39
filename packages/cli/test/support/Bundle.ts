/** The command line as it is published, made as `pnpm bundle` makes it, in a place of its own. */
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { rolldown } from "rolldown"
import config from "../../rolldown.config.ts"

export interface Bundle {
  readonly file: string
  /** Modules that it does not hold. */
  readonly imports: ReadonlyArray<string>
}

/** Builds the bundle; its file goes with the scope. */
export const bundle: Effect.Effect<Bundle, never, Scope.Scope> = Effect.gen(function*() {
  const made = yield* Effect.acquireRelease(
    Effect.sync(() => {
      fs.mkdirSync(path.join(root, ".tsbuildinfo"), { recursive: true })
      return fs.mkdtempSync(path.join(root, ".tsbuildinfo/bundle-")) // `undici` is found from here
    }),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
  )
  const { output, ...input } = config
  return yield* Effect.promise(async () => {
    const build = await rolldown({ ...input, cwd: root })
    const { output: chunks } = await build.write({ ...[output].flat()[0], dir: made, cleanDir: false })
    await build.close()
    const names = new Set(chunks.map(({ fileName }) => fileName))
    const imports = chunks.flatMap((chunk) => chunk.type === "chunk" ? [...chunk.imports, ...chunk.dynamicImports] : [])
    return {
      file: path.join(made, "nunu.js"),
      imports: Array.from(new Set(imports.filter((name) => !names.has(name))))
    }
  })
})

const root = path.join(import.meta.dirname, "../..")
