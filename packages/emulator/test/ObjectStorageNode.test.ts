import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Layer, Stream } from "effect"
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { Emulator } from "../src/Emulator.ts"
import { ObjectStorage } from "../src/ObjectStorage.ts"
import * as ObjectStorageNode from "../src/ObjectStorageNode.ts"
import { type Body, connect, onPorts } from "./support/Emulators.ts"
import { rawPut } from "./support/RawHttp.ts"
import { bytesOf, initiateSingle, md5, put, uploadUrlOf } from "./support/Uploads.ts"

const objectKey = "builds/b/crab.apk"
const zeros = (size: number) => new Uint8Array(size)
const joined = (...pieces: ReadonlyArray<Uint8Array>) => Uint8Array.from(pieces.flatMap((piece) => Array.from(piece)))

/** Writes a piece of the object in chunks, as a body comes. */
const write = Effect.fnUntraced(
  function*(offset: number, bytes: Uint8Array, options: { size?: number; key?: string } = {}) {
    const storage = yield* ObjectStorage
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / 256) },
      (_, index) => bytes.subarray(index * 256, (index + 1) * 256)
    )
    return yield* storage.write({
      objectKey: options.key ?? objectKey,
      offset,
      size: options.size ?? bytes.length,
      body: Stream.fromIterable(chunks).pipe(Stream.rechunk(1))
    })
  }
)

const inspect = Effect.flatMap(ObjectStorage, (storage) => storage.inspect(objectKey))
const whole = (bytes: Uint8Array) => ({ size: bytes.length, md5: md5(bytes) })

const directory = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "nunu-emulator-test-" })
)
const layer = ObjectStorageNode.layerTemporary.pipe(Layer.provideMerge(NodeServices.layer))

const stores = (name: string, body: Body<ObjectStorage>) =>
  it.effect(name, () => Effect.gen(body).pipe(Effect.provide(layer)))

const hashes = (name: string, body: Body<ObjectStorage>) =>
  it.effect(name, () => Effect.gen(body).pipe(Effect.provide(ObjectStorageNode.layerHashOnly)))

/** What the file system says of the only file of a directory. */
const onDisk = (path: string) =>
  Effect.promise(async () => {
    const [name = ""] = await readdir(path)
    return stat(join(path, name))
  })

describe("a directory", () => {
  stores("gives the MD5 of what was written, and keeps the object", function*() {
    const bytes = bytesOf(1000)
    assert.strictEqual(yield* write(0, bytes), md5(bytes))
    assert.deepStrictEqual(yield* inspect, whole(bytes))
  })

  stores("puts pieces in their places, in whatever order they come", function*() {
    const pieces = [bytesOf(600, 1), bytesOf(600, 2), bytesOf(100, 3)] as const
    yield* write(1200, pieces[2])
    yield* write(0, pieces[0])
    yield* write(600, pieces[1])
    assert.deepStrictEqual(yield* inspect, whole(joined(...pieces)))
  })

  stores("has nothing of an object that was removed or never written", function*() {
    const storage = yield* ObjectStorage
    assert.isNull(yield* inspect)
    yield* write(0, bytesOf(10))
    yield* storage.remove(objectKey)
    assert.isNull(yield* inspect)
    yield* storage.remove(objectKey)
  })

  stores("refuses a body that ends early or late", function*() {
    const early = yield* Effect.flip(write(0, bytesOf(999), { size: 1000 }))
    assert.deepInclude(early, { _tag: "IncompleteBody", expected: 1000, received: 999 })
    const late = yield* Effect.flip(write(0, bytesOf(1001), { size: 1000 }))
    assert.deepInclude(late, { _tag: "IncompleteBody", expected: 1000 })
  })

  stores("does not write beyond the place of a piece", function*() {
    yield* write(0, bytesOf(1000, 1))
    yield* write(1000, bytesOf(1000, 2))
    yield* Effect.flip(write(0, bytesOf(1500, 3), { size: 1000 }))
    yield* write(0, bytesOf(1000, 1))
    assert.deepStrictEqual(yield* inspect, whole(joined(bytesOf(1000, 1), bytesOf(1000, 2))))
  })

  const full = bytesOf(1000)
  const holed = joined(bytesOf(256), zeros(500), bytesOf(244))
  /** Chunks that begin and end with a zero, and one that is nothing else. */
  const edged = joined(zeros(1), bytesOf(254), zeros(1), zeros(256), zeros(1), bytesOf(486), zeros(1))
  const rewrites: ReadonlyArray<readonly [string, ReadonlyArray<Uint8Array>]> = [
    ["other bytes", [full, bytesOf(1000, 2)]],
    ["zeros over other bytes", [full, zeros(1000)]],
    ["zeros in the middle over other bytes", [full, holed]],
    ["bytes over zeros", [zeros(1000), full]],
    ["zeros over bytes over zeros", [zeros(1000), full, zeros(1000)]],
    ["zeros over holes over bytes", [full, holed, zeros(1000)]],
    ["bytes between zeros", [edged, full, edged]]
  ]
  for (const [name, versions] of rewrites) {
    stores(`keeps exactly the last bytes of a piece that is written again: ${name}`, function*() {
      const [before, after] = [bytesOf(1000, 8), bytesOf(1000, 9)]
      yield* write(0, before)
      yield* write(2000, after)
      for (const version of versions) {
        assert.strictEqual(yield* write(1000, version), md5(version))
        assert.deepStrictEqual(yield* inspect, whole(joined(before, version, after)))
      }
    })
  }

  stores("keeps exactly the last bytes after a piece was cut: zeros over what came of it", function*() {
    yield* Effect.flip(write(0, bytesOf(500), { size: 1000 }))
    yield* write(0, zeros(1000))
    assert.deepStrictEqual(yield* inspect, whole(zeros(1000)))
  })

  stores("ends where its last piece ends, also when that is all zeros", function*() {
    yield* write(0, bytesOf(1000))
    yield* write(1000, zeros(700))
    assert.deepStrictEqual(yield* inspect, whole(joined(bytesOf(1000), zeros(700))))
  })

  stores("loses nothing when zeros and other bytes come at once", function*() {
    const pieces = Array.from({ length: 40 }, (_, index) => index % 2 === 0 ? zeros(300) : bytesOf(300, index))
    const storage = yield* ObjectStorage
    for (let round = 0; round < 10; round++) {
      const key = `object ${round}`
      yield* Effect.forEach(pieces, (piece, index) => write(index * 300, piece, { key }), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* storage.inspect(key), whole(joined(...pieces)))
    }
  })

  stores("tells objects with long names apart", function*() {
    const [one, two] = [`${"蟹".repeat(200)}1`, `${"蟹".repeat(200)}2`]
    const storage = yield* ObjectStorage
    yield* write(0, bytesOf(10, 1), { key: one })
    yield* write(0, bytesOf(20, 2), { key: two })
    assert.deepStrictEqual(yield* storage.inspect(one), whole(bytesOf(10, 1)))
    assert.deepStrictEqual(yield* storage.inspect(two), whole(bytesOf(20, 2)))
  })
})

describe("a directory that is given", () => {
  it.live("keeps 24 MiB of zeros, PUT over the wire, in almost no room", () =>
    Effect.gen(function*() {
      const path = yield* directory
      const size = 24 * 1024 ** 2
      const piece = zeros(1024 ** 2)
      const pieces = function*() {
        for (let sent = 0; sent < size; sent += piece.length) yield piece
      }
      yield* Effect.gen(function*() {
        const nunu = yield* connect()
        const ticket = yield* initiateSingle(nunu, size)
        const answer = yield* rawPut(uploadUrlOf(ticket), { headers: { "content-length": size }, body: pieces() })
        const expected = md5(zeros(size))
        assert.deepStrictEqual([answer.status, answer.headers["etag"]], [200, `"${expected}"`])
        const { blocks, size: length } = yield* onDisk(path)
        assert.strictEqual(length, size)
        assert.isBelow(blocks * 512, 1024 ** 2)
        assert.deepStrictEqual(yield* (yield* Emulator).stored(ticket.buildId), { size, md5: expected })
      }).pipe(Effect.provide(onPorts({ storageDirectory: path })))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("keeps its objects when the emulator is gone, until another one has objects of the same names", () =>
    Effect.gen(function*() {
      const path = yield* directory
      const uploaded = (bytes: Uint8Array) =>
        Effect.gen(function*() {
          const ticket = yield* initiateSingle(yield* connect(), bytes.length)
          yield* put(uploadUrlOf(ticket), bytes)
          return yield* (yield* Emulator).stored(ticket.buildId)
        }).pipe(Effect.provide(onPorts({ storageDirectory: path })))
      assert.deepStrictEqual(yield* uploaded(bytesOf(2000)), whole(bytesOf(2000)))
      assert.strictEqual((yield* onDisk(path)).size, 2000)
      assert.deepStrictEqual(yield* uploaded(zeros(1000)), whole(zeros(1000)))
    }).pipe(Effect.provide(NodeServices.layer)))
})

describe("hashes only", () => {
  hashes("gives the MD5 and keeps nothing", function*() {
    assert.strictEqual(yield* write(0, bytesOf(1000)), md5(bytesOf(1000)))
    assert.isNull(yield* inspect)
    yield* Effect.flatMap(ObjectStorage, (storage) => storage.remove(objectKey))
  })

  hashes("refuses a body that ends early or late", function*() {
    for (const length of [999, 1001]) {
      const error = yield* Effect.flip(write(0, bytesOf(length), { size: 1000 }))
      assert.deepInclude(error, { _tag: "IncompleteBody", expected: 1000 })
    }
  })
})

describe("what is too large to be written where requests are served", () => {
  const size = 3 * 2 ** 20 + 7
  const large = Uint8Array.from(
    { length: size },
    (_, index) => (index >> 20) === 1 ? 0 : 1 + (index * 31 + (index >> 9)) % 255
  )

  /** A body of chunks of all sizes. */
  const bodyOf = (bytes: Uint8Array, chunkSize: number) =>
    Stream.fromIterable(
      Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, index) =>
        bytes.subarray(index * chunkSize, (index + 1) * chunkSize))
    ).pipe(Stream.rechunk(3))

  for (const chunkSize of [4093, 65_536, 2 ** 20, 2 ** 22]) {
    stores(`is stored and hashed whole, in chunks of ${chunkSize} and at any place`, function*() {
      const storage = yield* ObjectStorage
      const put = (offset: number, bytes: Uint8Array) =>
        storage.write({ objectKey, offset, size: bytes.length, body: bodyOf(bytes, chunkSize) })
      const [one, two] = yield* Effect.all([put(0, large), put(size, large)], { concurrency: 2 })
      assert.deepStrictEqual([one, two], [md5(large), md5(large)])
      const both = new Uint8Array(2 * size)
      both.set(large)
      both.set(large, size)
      assert.deepStrictEqual(yield* inspect, whole(both))
      assert.deepStrictEqual((yield* storage.inspect(objectKey, size))?.pieces, [md5(large), md5(large)])
    })
  }

  stores("is written over, zeros too", function*() {
    const storage = yield* ObjectStorage
    const put = (bytes: Uint8Array) => storage.write({ objectKey, offset: 0, size, body: bodyOf(bytes, 65_536) })
    yield* put(large)
    yield* put(zeros(size))
    assert.deepStrictEqual(yield* inspect, whole(zeros(size)))
  })

  stores("fails when it is shorter or longer than was said", function*() {
    const storage = yield* ObjectStorage
    for (const said of [size - 1, size + 1]) {
      const error = yield* Effect.flip(storage.write({ objectKey, offset: 0, size: said, body: bodyOf(large, 65_536) }))
      assert.strictEqual(error._tag, "IncompleteBody")
    }
    yield* storage.write({ objectKey, offset: 0, size, body: bodyOf(large, 65_536) })
    assert.deepStrictEqual(yield* inspect, whole(large))
  })

  it.live("leaves nothing of a body that was given up in the place of the next one", () =>
    Effect.gen(function*() {
      const storage = yield* ObjectStorage
      const other = large.map((byte) => byte ^ 255)
      for (let round = 0; round < 5; round++) {
        const body = Stream.concat(bodyOf(other.subarray(0, 2 ** 21 + round * 1000), 65_536), Stream.never)
        const given = yield* Effect.forkChild(storage.write({ objectKey, offset: 0, size, body }))
        yield* Effect.sleep("5 millis")
        yield* Fiber.interrupt(given)
        yield* storage.write({ objectKey, offset: 0, size, body: bodyOf(large, 65_536) })
        assert.deepStrictEqual(yield* inspect, whole(large))
      }
    }).pipe(Effect.provide(layer)))

  hashes("is hashed alone where nothing is kept", function*() {
    const storage = yield* ObjectStorage
    const hash = yield* storage.write({ objectKey, offset: 0, size, body: bodyOf(large, 65_536) })
    assert.deepStrictEqual([hash, yield* inspect], [md5(large), null])
  })
})
