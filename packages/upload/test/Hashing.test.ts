import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { Hashing, HashLost, inline } from "../src/Hashing.ts"
import * as HashingNode from "../src/HashingNode.ts"
import { bytesOf, md5 } from "./support/Bytes.ts"

const mebi = 1024 ** 2

const hashings = [
  ["on the calling thread", Layer.succeed(Hashing, inline)],
  ["on two threads", HashingNode.layerThreads(2)],
  ["on as many threads as there are cores", HashingNode.layer],
  ["where no thread can be had", HashingNode.layerThreads(0)]
] as const

/** Memory that threads can share, with bytes in it. */
const shared = (bytes: Uint8Array): Uint8Array => {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length))
  memory.set(bytes)
  return memory
}

const hashOf = Effect.fnUntraced(function*(pieces: ReadonlyArray<Uint8Array>) {
  const hash = yield* (yield* Hashing).make
  for (const piece of pieces) yield* hash.update(piece)
  return yield* hash.digest
}, Effect.scoped)

describe.each(hashings)("MD5s %s", (_name, layer) => {
  it.live("are those of the bytes, however they are cut and wherever they lie", () =>
    Effect.gen(function*() {
      const bytes = bytesOf(mebi + 1000)
      const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)]
      assert.strictEqual(yield* hashOf(pieces), md5(bytes))
      assert.strictEqual(yield* hashOf(pieces.map(shared)), md5(bytes))
      assert.strictEqual(yield* hashOf([shared(bytes).subarray(5, 500_000)]), md5(bytes.subarray(5, 500_000)))
      assert.strictEqual(yield* hashOf([]), "d41d8cd98f00b204e9800998ecf8427e")
    }).pipe(Effect.provide(layer)))

  it.live("do not mix when many are computed at once", () =>
    Effect.gen(function*() {
      const all = Array.from({ length: 20 }, (_, seed) => bytesOf(100_000, seed))
      const found = yield* Effect.forEach(
        all,
        (bytes) => hashOf([bytes.subarray(0, 30_000), shared(bytes.subarray(30_000))]),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(found, all.map(md5))
    }).pipe(Effect.provide(layer)))

  it.live("are right though memory is filled again as soon as it is released, by whoever does it", () =>
    Effect.gen(function*() {
      const hashing = yield* Hashing
      const memory = shared(new Uint8Array(mebi))
      const found = yield* Effect.forEach(
        Array.from({ length: 8 }, (_, seed) => seed),
        (seed) =>
          Effect.gen(function*() {
            const hash = yield* hashing.make
            for (let piece = 0; piece < 2; piece++) {
              yield* hashing.released(memory)
              memory.set(bytesOf(mebi, seed + piece))
              yield* hash.update(memory)
            }
            return hash
          })
      )
      const digests = yield* Effect.forEach(found, ({ digest }) => digest)
      const expected = found.map((_, seed) => md5(Buffer.concat([bytesOf(mebi, seed), bytesOf(mebi, seed + 1)])))
      assert.deepStrictEqual(digests, expected)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("can be given up half-way", () =>
    Effect.gen(function*() {
      const hashing = yield* Hashing
      yield* Effect.scoped(Effect.flatMap(hashing.make, (hash) => hash.update(shared(bytesOf(mebi)))))
      assert.strictEqual(yield* hashOf([bytesOf(10)]), md5(bytesOf(10)))
    }).pipe(Effect.provide(layer)))
})

describe("threads that hash", () => {
  it.live("are started when they are needed, and are gone with the layer", () =>
    Effect.gen(function*() {
      const before = workers()
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(HashingNode.layerThreads(2), scope)
      assert.strictEqual(workers(), before)
      const ours = <A, E>(effect: Effect.Effect<A, E>) => Effect.provide(effect, context)
      yield* ours(hashOf([bytesOf(10)]))
      assert.strictEqual(workers(), before + 1)
      yield* ours(hashOf([bytesOf(10)]))
      assert.strictEqual(workers(), before + 1, "one that is idle is used again")
      yield* ours(Effect.forEach([1, 2, 3, 4], () => hashOf([bytesOf(10)]), { concurrency: 4 }))
      assert.strictEqual(workers(), before + 2)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(workers(), before)
    }))

  it.live("that die lose what they were at; what comes then is hashed on the calling thread", () =>
    Effect.gen(function*() {
      const before = workers()
      const hashing = yield* Hashing
      const hash = yield* hashing.make
      const memory = shared(bytesOf(10))
      yield* hash.update(memory)
      yield* hash.update(unhashable)
      yield* hash.update(memory)
      assert.instanceOf(yield* Effect.flip(hash.digest), HashLost)
      yield* hashing.released(memory)
      assert.strictEqual(yield* hashOf([memory]), md5(bytesOf(10)))
      // Another thread would not go away.
      while (workers() > before) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
    }).pipe(Effect.scoped, Effect.provide(HashingNode.layerThreads(2))))
})

/** Threads of this process that run JavaScript of their own. */
const workers = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length

/** A thread that is given this throws. */
const unhashable = { buffer: {}, slice: () => 42 } as unknown as Uint8Array
