import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as UploadSource from "../src/UploadSource.ts"
import * as UploadSourceNode from "../src/UploadSourceNode.ts"
import { bytesOf } from "./support/Bytes.ts"
import { fileOf } from "./support/OnPorts.ts"

const bytes = bytesOf(5000)

describe.each([
  ["by the services of Effect", UploadSource.fromFile],
  ["by Node itself", UploadSourceNode.fromFile]
])("a file, read %s", (name, fromFile) => {
  /** Declares a test with a file. */
  const law = (
    title: string,
    body: (file: string) => Effect.Effect<void, unknown, NodeServices.NodeServices | Scope.Scope>
  ) => it.live(title, () => Effect.provide(Effect.flatMap(fileOf("game.apk", bytes), body), NodeServices.layer))

  /** What is said to have changed after something was done to the file. */
  const changes = (file: string, change: () => void) =>
    Effect.gen(function*() {
      const source = yield* fromFile(file)
      yield* source.verify
      // A time of its own, however coarse the clock of the file system is.
      fs.utimesSync(file, new Date(), new Date("2026-04-12T09:30:00.000Z"))
      const fresh = yield* fromFile(file)
      yield* fresh.verify
      change()
      const error = yield* Effect.flip(fresh.verify)
      assert(error instanceof UploadSource.SourceChanged)
      return error.changed
    })

  law("gives its name, size, bytes and identity", (file) =>
    Effect.gen(function*() {
      const source = yield* fromFile(file)
      assert.deepInclude(source, { name: "game.apk", size: 5000 })
      const buffer = new Uint8Array(new SharedArrayBuffer(1000))
      const read = yield* source.open
      assert.strictEqual(yield* read(buffer, 4500), 500)
      assert.deepStrictEqual(new Uint8Array(buffer.subarray(0, 500)), bytes.subarray(4500))
      assert.strictEqual(yield* read(buffer, 5000), 0)
      const { ino, mtimeNs } = fs.statSync(file, { bigint: true })
      const mtime = name === "by Node itself" ? mtimeNs : mtimeNs / 1_000_000n * 1_000_000n
      assert.deepStrictEqual(yield* source.identity, {
        path: file,
        size: 5000,
        mtime: String(mtime),
        inode: String(ino)
      })
    }).pipe(Effect.scoped))

  law("is told to have been written to", (file) =>
    Effect.map(
      changes(file, () => fs.writeFileSync(file, bytesOf(5000, 2))),
      (changed) => assert.deepStrictEqual(changed, ["mtime"])
    ))

  law("is told to have been truncated", (file) =>
    Effect.map(
      changes(file, () => fs.truncateSync(file, 100)),
      (changed) => assert.deepStrictEqual(changed, ["size", "mtime"])
    ))

  law("is told to have been replaced, also by one that looks the same", (file) =>
    Effect.map(
      changes(file, () => {
        const { atime, mtime } = fs.statSync(file)
        fs.writeFileSync(`${file}.new`, bytes)
        fs.utimesSync(`${file}.new`, atime, mtime)
        fs.renameSync(`${file}.new`, file)
      }),
      (changed) => assert.deepStrictEqual(changed, ["inode"])
    ))

  law("is told to have been removed", (file) =>
    Effect.map(
      changes(file, () => fs.rmSync(file)),
      (changed) => assert.deepStrictEqual(changed, ["removed"])
    ))

  law("that goes away before it is opened is told as such", (file) =>
    Effect.gen(function*() {
      const source = yield* fromFile(file)
      fs.rmSync(file)
      assert.include((yield* Effect.flip(source.open)).message, `Cannot read "${file}"`)
      assert.include((yield* Effect.flip(source.identity)).message, "it was removed")
    }).pipe(Effect.scoped))

  law("is closed with the scope", (file) =>
    Effect.gen(function*() {
      const source = yield* fromFile(file)
      const read = yield* Effect.scoped(source.open)
      const error = yield* Effect.flip(read(new Uint8Array(10), 0))
      assert.strictEqual(error.kind, "unreadable")
    }))
})

it.live("Node sees a change within a millisecond", () =>
  Effect.gen(function*() {
    const file = yield* fileOf("game.apk", bytes)
    const at = 1_775_986_200
    fs.utimesSync(file, at, at + 0.000_1)
    const source = yield* UploadSourceNode.fromFile(file)
    fs.utimesSync(file, at, at + 0.000_2)
    assert.strictEqual((yield* Effect.flip(source.verify))._tag, "SourceChanged")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
