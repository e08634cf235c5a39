import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { UploadSource } from "@nunu-effect/upload"
import { Effect, FileSystem } from "effect"
import * as BuildRoots from "../../../src/durable/bot/BuildRoots.ts"

/** A root with builds, and a secret beside it. */
const place = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "nunu-roots-" }), fs.realPath)
  yield* fs.makeDirectory(`${folder}/builds/old`, { recursive: true })
  yield* fs.makeDirectory(`${folder}/builds-secret`)
  for (const file of ["builds/a.apk", "builds/old/b.apk", "builds-secret/c.apk", "secret"]) {
    yield* fs.writeFileString(`${folder}/${file}`, "x")
  }
  yield* fs.symlink(`${folder}/secret`, `${folder}/builds/link.apk`)
  yield* fs.symlink(`${folder}/builds`, `${folder}/way`)
  return folder
})

describe("the folders of a bot", () => {
  it.effect("give files within them, links within them followed", () =>
    Effect.gen(function*() {
      const folder = yield* place
      for (const root of ["builds", "builds/", "way"]) {
        for (const file of ["builds/a.apk", "builds/old/b.apk", "way/a.apk", "builds/old/../a.apk"]) {
          const found = yield* BuildRoots.locate(`${folder}/${file}`, [`${folder}/${root}`])
          assert.strictEqual(found, `${folder}/builds/${file.includes("b.apk") ? "old/b.apk" : "a.apk"}`)
        }
      }
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("give nothing else, and do not tell whether it is there", () =>
    Effect.gen(function*() {
      const folder = yield* place
      const faultOf = (file: string) => Effect.flip(BuildRoots.locate(file, [`${folder}/builds`]))
      const outside = yield* faultOf(`${folder}/secret`)
      assert.include(outside, "Expected a file in one of the bot's folders")
      const others = [
        "builds/link.apk",
        "builds/../secret",
        "builds-secret/c.apk",
        "nothing",
        "builds/../nothing",
        "builds"
      ]
      for (const file of others) assert.strictEqual(yield* faultOf(`${folder}/${file}`), outside)
      assert.include(yield* faultOf("builds/a.apk"), "absolute")
      assert.include(yield* faultOf(`${folder}/builds/new.apk`), "none of this name")
      assert.include(yield* faultOf(`${folder}/builds/old`), "not a folder")
      assert.include(yield* Effect.flip(BuildRoots.locate(`${folder}/builds/a.apk`, [])), "no folders")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("are asked again when a file is opened, as it may be a link by then", () =>
    Effect.gen(function*() {
      const folder = yield* place
      const open = BuildRoots.opening([`${folder}/builds`], UploadSource.fromFile)
      assert.strictEqual((yield* open(`${folder}/builds/a.apk`)).name, "a.apk")
      const error = yield* Effect.flip(open(`${folder}/builds/link.apk`))
      assert.strictEqual(error.kind, "unusable")
      assert.include(error.message, "Expected a file in one of the bot's folders")
    }).pipe(Effect.provide(NodeServices.layer)))
})
