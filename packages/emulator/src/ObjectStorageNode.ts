/** `ObjectStorage` on Node: in a directory, or only hashed. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import { badArgument } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as BlockWriter from "./BlockWriter.ts"
import type { StoredObject } from "./ObjectStorage.ts"
import { IncompleteBody, ObjectStorage } from "./ObjectStorage.ts"

/**
 * Keeps each object as a file in a directory. A block of zeros is skipped where nothing was written before, so that a
 * sparse file takes no more room here than where it came from.
 */
export const layerDirectory = (directory: string) =>
  Layer.effect(
    ObjectStorage,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* fs.makeDirectory(directory, { recursive: true })
      const open = yield* BlockWriter.make
      const own = new Set<string>() // objects that nobody wrote to before this process did
      const written = new Set<string>()
      const inspected = new Map<string, StoredObject>() // hashing a large object takes seconds
      const fileOf = (objectKey: string) => path.join(directory, fileNameOf(objectKey))
      return ObjectStorage.of({
        write: ({ body, objectKey, offset, size }) =>
          Effect.scoped(Effect.gen(function*() {
            const name = fileOf(objectKey)
            const place = `${objectKey}@${offset}`
            if (!own.has(objectKey) && !(yield* fs.exists(name))) own.add(objectKey)
            const fresh = own.has(objectKey) && !written.has(place)
            written.add(place)
            inspected.delete(objectKey)
            yield* fs.open(name, { flag: "a" }) // makes it where it is not there yet
            const file = yield* fs.open(name, { flag: "r+" })
            const md5 = yield* size < largeFrom
              ? writeHere(body, { file, offset, size, fresh })
              : writeApart(body, { size, sink: open({ file: name, position: offset, sparse: fresh }) })
            const { size: length } = yield* file.stat
            if (length < BigInt(offset + size)) {
              // Only zeros are missing at the end. Written and not truncated: other parts may grow the file meanwhile.
              yield* file.seek(BigInt(offset + size - 1), "start")
              yield* file.writeAll(new Uint8Array(1))
            }
            return md5
          })),
        remove: (objectKey) =>
          Effect.suspend(() => {
            inspected.delete(objectKey)
            return fs.remove(fileOf(objectKey), { force: true })
          }),
        inspect: Effect.fnUntraced(function*(objectKey, pieceSize) {
          const known = inspected.get(objectKey)
          if (known !== undefined && pieceSize === undefined) return known
          const name = fileOf(objectKey)
          if (!(yield* fs.exists(name))) return null
          const md5 = yield* hashOf(fs.stream(name, { chunkSize: 1 << 20 }))
          const stored = { size: Number((yield* fs.stat(name)).size), md5 }
          inspected.set(objectKey, stored)
          if (pieceSize === undefined) return stored
          const pieces = yield* Effect.forEach(
            Array.from({ length: Math.ceil(stored.size / pieceSize) }, (_, index) => index * pieceSize),
            (offset) => hashOf(fs.stream(name, { offset, bytesToRead: pieceSize, chunkSize: 1 << 20 }))
          )
          return { ...stored, pieces }
        })
      })
    })
  )

/** Keeps objects in a temporary directory that goes with the scope; each emulator gets one of its own. */
export const layerTemporary = Layer.fresh(Layer.unwrap(
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return layerDirectory(yield* fs.makeTempDirectoryScoped({ prefix: "nunu-emulator-" }))
  })
))

/** From this size on bytes are hashed and written in a thread of its own; for less it is not worth the way. */
const largeFrom = 2 ** 20

const writeHere = Effect.fnUntraced(function*<E>(body: Stream.Stream<Uint8Array, E>, { file, fresh, offset, size }: {
  readonly file: FileSystem.File | null
  readonly offset: number
  readonly size: number
  readonly fresh: boolean
}) {
  const hash = createHash("md5")
  let received = 0
  yield* Stream.runForEach(body, (chunk) =>
    Effect.gen(function*() {
      if (received + chunk.length > size) {
        return yield* new IncompleteBody({ expected: size, received: received + chunk.length })
      }
      hash.update(chunk)
      if (file !== null && (!fresh || !isZero(chunk))) {
        yield* file.seek(BigInt(offset + received), "start")
        yield* file.writeAll(chunk)
      }
      received += chunk.length
    }))
  return received === size ? hash.digest("hex") : yield* new IncompleteBody({ expected: size, received })
})

const writeApart = Effect.fnUntraced(function*<E>(body: Stream.Stream<Uint8Array, E>, { sink, size }: {
  readonly sink: BlockWriter.Sink
  readonly size: number
}) {
  let received = 0
  const take = Effect.fnUntraced(function*(chunks: ReadonlyArray<Uint8Array>) {
    for (const chunk of chunks) {
      received += chunk.length
      if (received > size) return yield* new IncompleteBody({ expected: size, received })
      const waiting = sink.take(chunk)
      if (waiting !== null) yield* settled(waiting)
    }
  })
  return yield* Effect.gen(function*() {
    yield* Stream.runForEachArray(body, take)
    return received === size ? yield* settled(sink.end()) : yield* new IncompleteBody({ expected: size, received })
  }).pipe(
    Effect.onError(() => Effect.promise(sink.idle)) // another PUT may write in the same place from now on
  )
})

const settled = <A>(promise: Promise<A>): Effect.Effect<A, PlatformError> =>
  Effect.tryPromise({
    try: () => promise,
    catch: (cause) => badArgument({ module: "ObjectStorage", method: "write", description: String(cause) })
  })

const hashOf = <E>(bytes: Stream.Stream<Uint8Array, E>) =>
  Effect.suspend(() => {
    const hash = createHash("md5")
    return Effect.map(
      Stream.runForEach(bytes, (chunk) => Effect.sync(() => hash.update(chunk))),
      () => hash.digest("hex")
    )
  })

/** Hashes what comes and keeps nothing: fast, and of constant size however much is uploaded. */
export const layerHashOnly = Layer.effect(
  ObjectStorage,
  Effect.map(BlockWriter.make, (open) =>
    ObjectStorage.of({
      write: ({ body, size }) =>
        size < largeFrom
          ? writeHere(body, { file: null, offset: 0, size, fresh: true })
          : writeApart(body, { size, sink: open({ file: null, position: 0, sparse: false }) }),
      remove: () => Effect.void,
      inspect: () => Effect.succeed(null)
    }))
)

/** A file name may have 255 bytes: a longer one is cut, with a hash to tell it from others. */
const fileNameOf = (objectKey: string): string => {
  const name = encodeURIComponent(objectKey)
  return name.length <= 255 ? name : `${name.slice(0, 220)}-${createHash("md5").update(objectKey).digest("hex")}`
}

const isZero = (chunk: Uint8Array): boolean =>
  chunk[0] === 0 && chunk[chunk.length - 1] === 0 &&
  Buffer.compare(chunk, zeros(chunk.length)) === 0

let block = new Uint8Array(1 << 16)
const zeros = (length: number): Uint8Array => {
  if (block.length < length) block = new Uint8Array(length)
  return block.subarray(0, length)
}
