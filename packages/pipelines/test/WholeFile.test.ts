import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Path, PlatformError } from "effect"
import * as WholeFile from "../src/WholeFile.ts"

const temporary = Effect.gen(function*() {
  return yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
})

describe("a file that is written as a whole", () => {
  it.effect("is made with its folders, and takes the place of what was there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = (yield* Path.Path).join(yield* temporary, "a/b/report.md")
      yield* WholeFile.write(file, "one")
      yield* WholeFile.write(file, "two")
      assert.strictEqual(yield* fs.readFileString(file), "two")
      assert.deepStrictEqual(yield* fs.readDirectory(file.replace(/report\.md$/, "")), ["report.md"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.effect("is as it was when the disk is full, and nothing unfinished is left", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporary
      const file = (yield* Path.Path).join(folder, "report.md")
      yield* WholeFile.write(file, "old")
      const full = Layer.succeed(
        FileSystem.FileSystem,
        FileSystem.FileSystem.of({
          ...fs,
          writeFileString: (path, text) =>
            Effect.andThen(
              fs.writeFileString(path, text.slice(0, 1)),
              Effect.fail(
                PlatformError.systemError({
                  _tag: "Unknown",
                  module: "FileSystem",
                  method: "writeFile",
                  description: "no space left"
                })
              )
            )
        })
      )
      const error = yield* Effect.flip(Effect.provide(WholeFile.write(file, "new"), full))
      assert.match(error.message, /^Cannot write ".*report\.md": .*no space left/)
      assert.strictEqual(yield* fs.readFileString(file), "old")
      assert.deepStrictEqual(yield* fs.readDirectory(folder), ["report.md"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
