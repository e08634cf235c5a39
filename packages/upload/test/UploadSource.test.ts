import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path, type Scope } from "effect"
import * as UploadSource from "../src/UploadSource.ts"
import { bytesOf } from "./support/Bytes.ts"

/** Declares a test with a directory of its own. */
const inDirectory = (
  name: string,
  body: (directory: string) => Effect.Effect<void, unknown, NodeServices.NodeServices | Scope.Scope>
) =>
  it.effect(name, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* body(yield* fs.makeTempDirectoryScoped({ prefix: "nunu-upload-" }))
    }).pipe(Effect.provide(NodeServices.layer)))

/** What a reader gives for a buffer of this length at a position. */
const readAt = Effect.fnUntraced(function*(source: UploadSource.UploadSource, position: number, length: number) {
  const read = yield* source.open
  const buffer = new Uint8Array(length)
  return buffer.subarray(0, yield* read(buffer, position))
})

const gibi = 1024 ** 3

describe("a file", () => {
  inDirectory("gives its name without folders, its size and its bytes", (directory) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(directory, "game one.apk")
      const bytes = bytesOf(100_000)
      yield* fs.writeFile(file, bytes)
      const source = yield* UploadSource.fromFile(file)
      assert.deepInclude(source, { name: "game one.apk", size: bytes.length })
      assert.deepStrictEqual(yield* readAt(source, 0, 100_000), bytes)
      assert.deepStrictEqual(yield* readAt(source, 99_990, 50), bytes.subarray(99_990))
      assert.strictEqual((yield* readAt(source, 100_000, 50)).length, 0)
    }))

  inDirectory("is read by several readers that do not disturb each other", (directory) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const bytes = bytesOf(64 * 1024)
      yield* fs.writeFile(`${directory}/game.apk`, bytes)
      const source = yield* UploadSource.fromFile(`${directory}/game.apk`)
      const shared = yield* source.open
      const starts = Array.from({ length: 64 }, (_, index) => (63 - index) * 1024)
      const pieces = yield* Effect.forEach(starts, (start) =>
        Effect.gen(function*() {
          const buffer = new Uint8Array(1024)
          yield* shared(buffer, start)
          assert.deepStrictEqual(yield* readAt(source, start, 1024), buffer)
          return buffer
        }), { concurrency: "unbounded" })
      assert.deepStrictEqual(Buffer.concat(pieces.toReversed()), Buffer.from(bytes))
    }))

  inDirectory("is read at positions beyond 2 and 4 GiB", (directory) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${directory}/large.exe`
      const marks = [0, 2 * gibi - 3, 2 * gibi, 4 * gibi - 3, 4 * gibi, 5 * gibi]
      const opened = yield* fs.open(file, { flag: "w" })
      for (const [index, position] of marks.entries()) {
        yield* opened.seek(BigInt(position), "start")
        yield* opened.writeAll(Uint8Array.of(100 + index, 200 + index))
      }
      const source = yield* UploadSource.fromFile(file)
      assert.strictEqual(source.size, 5 * gibi + 2)
      for (const [index, position] of marks.entries()) {
        assert.deepStrictEqual(yield* readAt(source, position, 2), Uint8Array.of(100 + index, 200 + index))
      }
      assert.strictEqual((yield* readAt(source, 5 * gibi, 4096)).length, 2)
    }))

  inDirectory(
    "gives nothing past its end when somebody has truncated it meanwhile",
    (directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = `${directory}/game.apk`
        yield* fs.writeFile(file, bytesOf(5000))
        const source = yield* UploadSource.fromFile(file)
        const read = yield* source.open
        yield* fs.truncate(file, 3000)
        assert.strictEqual(yield* read(new Uint8Array(1000), 2500), 500)
        assert.strictEqual(yield* read(new Uint8Array(1000), 3000), 0)
      })
  )

  inDirectory("that is not there is told by its name", (directory) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(UploadSource.fromFile(`${directory}/missing.apk`))
      assert.strictEqual(error._tag, "SourceError")
      assert.strictEqual(error.message, `Cannot upload "${directory}/missing.apk": there is no such file`)
    }))

  inDirectory("that is a directory is to be zipped first", (directory) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(UploadSource.fromFile(directory))
      assert.strictEqual(error.message, `Cannot upload "${directory}": it is a directory, zip it first`)
    }))

  it.effect("that is a device is refused", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(UploadSource.fromFile("/dev/null"))
      assert.strictEqual(error.message, "Cannot upload \"/dev/null\": it is not a regular file")
    }).pipe(Effect.provide(NodeServices.layer)))

  inDirectory("that goes away before it is opened is told as such", (directory) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${directory}/game.apk`
      yield* fs.writeFile(file, bytesOf(10))
      const source = yield* UploadSource.fromFile(file)
      yield* fs.remove(file)
      const error = yield* Effect.flip(source.open)
      assert.strictEqual(error._tag, "SourceError")
      assert.include(error.message, `Cannot read "${file}"`)
    }))
})

describe("bytes", () => {
  const bytes = bytesOf(1000)
  const source = UploadSource.fromBytes("game.apk", bytes)

  it.effect("have the name that they are given, and their length", () =>
    Effect.gen(function*() {
      assert.deepInclude(source, { name: "game.apk", size: 1000 })
      assert.deepStrictEqual(yield* readAt(source, 0, 1000), bytes)
      assert.deepStrictEqual(yield* readAt(source, 400, 100), bytes.subarray(400, 500))
      assert.deepStrictEqual(yield* readAt(source, 990, 100), bytes.subarray(990))
      assert.strictEqual((yield* readAt(source, 1000, 100)).length, 0)
    }))
})
