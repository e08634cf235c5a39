import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Logger, Schema } from "effect"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as FolderTrigger from "../../../src/durable/bot/FolderTrigger.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"
import { taker } from "../support/Bot.ts"

const triggerOf = (folder: string) =>
  Schema.decodeSync(FolderTrigger.FolderTrigger)({
    name: "builds",
    folder,
    files: "*.{apk,exe}",
    settleSeconds: 20,
    release: { run: { multiplayer_test_id: "test-1", deployment_config_id: "deployment-1" }, branch: "main" }
  })

const memory = (isAway?: () => boolean) =>
  Layer.mergeAll(taker(isAway), KeyValueStore.layerMemory, NodeCrypto.layerDigest, NodeServices.layer).pipe(Layer.fresh)

/** An empty folder, looked at once. */
const watched = Effect.gen(function*() {
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "nunu-folder-" })
  const start = Effect.map(FolderTrigger.make(triggerOf(folder)), ({ look }) => look)
  const look = yield* start
  return {
    start,
    look,
    write: (name: string, bytes: string) => fs.writeFileSync(`${folder}/${name}`, bytes),
    folder
  }
})

/** Looks, waits until what stands has settled, and looks again. */
const settled = Effect.fnUntraced(function*(look: FolderTrigger.Look) {
  yield* look
  yield* TestClock.adjust("20 seconds")
  return yield* look
})

const paths = Effect.gen(function*() {
  const releases = yield* (yield* ReleaseLog).list({ limit: 1000 })
  return releases.map(({ request: { source } }) => source._tag === "File" ? source.path.replace(/.*\//, "") : "")
    .toReversed()
})

describe("a watched folder", () => {
  it.effect("asks for a release of each new file, once it has stopped growing", () =>
    Effect.gen(function*() {
      const { folder, look, write } = yield* watched
      yield* look
      write("game.apk", "a")
      yield* look
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(yield* look, [])
      write("game.apk", "ab")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* look, [])
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(yield* look, [])
      yield* TestClock.adjust("1 second")
      const [id] = yield* look
      assert.match(id ?? "", /^builds-game\.apk-[0-9a-f]{16}$/)
      const [release] = yield* (yield* ReleaseLog).list()
      assert.deepStrictEqual(release?.request.source, { _tag: "File", path: `${folder}/game.apk` })
      assert.strictEqual(release?.request.branch, "main")
      assert.deepStrictEqual(yield* settled(look), [])
    }).pipe(Effect.provide(memory())))

  it.effect("asks once for a file over restarts, and for what came while no bot ran", () =>
    Effect.gen(function*() {
      const { look, start, write } = yield* watched
      yield* look
      write("one.apk", "1")
      assert.lengthOf(yield* settled(look), 1)
      write("two.exe", "2")
      assert.lengthOf(yield* settled(yield* start), 1)
      assert.lengthOf(yield* settled(yield* start), 0)
      assert.deepStrictEqual(yield* paths, ["one.apk", "two.exe"])
    }).pipe(Effect.provide(memory())))

  it.effect("leaves alone what was there before the very first look", () =>
    Effect.gen(function*() {
      const { look, start, write } = yield* watched
      write("old.apk", "1")
      write("half.apk", "1")
      yield* look
      write("half.apk", "12")
      yield* settled(look)
      yield* settled(yield* start)
      assert.deepStrictEqual(yield* paths, ["half.apk"])
    }).pipe(Effect.provide(memory())))

  it.effect("takes another content under the same name for another release", () =>
    Effect.gen(function*() {
      const { folder, look, write } = yield* watched
      yield* look
      write("game.apk", "1")
      yield* settled(look)
      write("game.apk", "22")
      yield* settled(look)
      fs.utimesSync(`${folder}/game.apk`, 1, 1)
      yield* settled(look)
      assert.lengthOf(yield* paths, 3)
    }).pipe(Effect.provide(memory())))

  it.effect("passes over other names, empty files, folders and links", () =>
    Effect.gen(function*() {
      const { folder, look, write } = yield* watched
      yield* look
      write("notes.txt", "1")
      write(".game.apk", "1")
      write("empty.apk", "")
      fs.mkdirSync(`${folder}/folder.apk`)
      fs.symlinkSync("/etc/hostname", `${folder}/link.apk`)
      fs.symlinkSync(`${folder}/nothing`, `${folder}/broken.apk`)
      yield* settled(look)
      assert.deepStrictEqual(yield* paths, [])
    }).pipe(Effect.provide(memory())))

  it.effect("names releases by names that ids allow, however long or strange", () =>
    Effect.gen(function*() {
      const { look, write } = yield* watched
      yield* look
      write("schön & gut (2).apk", "1")
      write(`${"x".repeat(200)}.apk`, "1")
      const ids = yield* settled(look)
      assert.lengthOf(ids, 2)
      for (const id of ids) assert.match(id, /^[A-Za-z0-9._-]{1,100}$/)
    }).pipe(Effect.provide(memory())))

  it.effect("goes on when the folder or the store was away", () => {
    let away = false
    return Effect.gen(function*() {
      const { folder, look, write } = yield* watched
      yield* look
      const lines: Array<string> = []
      yield* Effect.forkScoped(FolderTrigger.run(triggerOf(folder))).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push(String(message)))]))
      )
      const pass = Effect.repeat(
        Effect.andThen(TestClock.adjust("5 seconds"), TestClock.withLive(Effect.sleep("10 millis"))),
        { times: 8 }
      )
      fs.renameSync(folder, `${folder}-away`)
      yield* pass
      assert.deepStrictEqual(lines.map((line) => line.slice(0, 20)), ["Cannot watch \"/tmp/n"])
      fs.renameSync(`${folder}-away`, folder)
      away = true
      write("game.apk", "1")
      yield* pass
      away = false
      yield* pass
      assert.deepStrictEqual(yield* paths, ["game.apk"])
    }).pipe(Effect.provide(memory(() => away)))
  })
})
