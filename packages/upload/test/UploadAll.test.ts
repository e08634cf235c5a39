import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect, Exit, Fiber, Layer, Result, Stream } from "effect"
import * as Upload from "../src/Upload.ts"
import * as UploadLedger from "../src/UploadLedger.ts"
import { bytesOf, fileOf, md5 } from "./support/Bytes.ts"
import type { Emulated, Spoil } from "./support/Emulated.ts"
import { emulated, play, refuse, settle, Wire } from "./support/Emulated.ts"
import { xml } from "./support/RawStorage.ts"

const fileNamed = (name: string, seed: number) => fileOf(bytesOf(3500, seed), { path: `/games/${name}` })
const files = [fileNamed("a.apk", 1), fileNamed("b.apk", 2), fileNamed("c.apk", 3)]
const inParts = () => ({ multipart: true })

const holds = (name: string, body: Effect.Effect<void, unknown, Emulated>, spoil: Spoil = () => undefined) =>
  it.effect(
    name,
    () => body.pipe(Effect.provide(Layer.merge(emulated({ partSize: 1000, spoil }), UploadLedger.layerMemory)))
  )

describe("many files", () => {
  holds(
    "become builds, each its own bytes, in the order that was given",
    Effect.gen(function*() {
      const told: Array<string> = []
      const results = yield* play(Upload.uploadAll(files, {
        optionsOf: inParts,
        onResult: ({ source }) => Effect.sync(() => void told.push(source.name))
      }))
      const emulator = yield* Emulator.Emulator
      assert.deepStrictEqual(results.map(({ source }) => source.name), ["a.apk", "b.apk", "c.apk"])
      for (const [index, { result }] of results.entries()) {
        assert(Result.isSuccess(result))
        assert.deepStrictEqual(yield* emulator.stored(result.success.buildId), {
          size: 3500,
          md5: md5(bytesOf(3500, index + 1))
        })
      }
      assert.deepStrictEqual(told.toSorted(), ["a.apk", "b.apk", "c.apk"])
      assert.deepStrictEqual(yield* emulator.violations, [])
    })
  )

  holds(
    "keep what they came to when one of them fails",
    Effect.gen(function*() {
      const results = yield* play(Upload.uploadAll(files, { optionsOf: inParts, files: 1 }))
      assert.deepStrictEqual(results.map(({ result }) => result._tag), ["Success", "Failure", "Success"])
      assert.strictEqual((yield* (yield* Emulator.Emulator).builds).length, 2)
      assert.strictEqual((yield* Wire).deletes.length, 1)
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
    }),
    (passing) =>
      passing.line.startsWith("PUT") && passing.request.url.includes("b.apk")
        ? refuse(passing, 403, xml("AccessDenied", "No"))
        : undefined
  )

  holds(
    "are checked all before any request, and the same file twice is a fault",
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Upload.uploadAll([...files, fileNamed("a.apk", 1), fileNamed("d.bin", 4), fileNamed("e.bin", 5)])
      )
      assert(error.reason._tag === "InvalidRequest")
      assert.deepStrictEqual(
        error.reason.faults.map((fault) => fault.slice(0, 24)),
        [
          "a.apk is named twice",
          "d.bin: the platform of \"d",
          "e.bin: the platform of \"e"
        ].map((fault) => fault.slice(0, 24))
      )
      assert.deepStrictEqual((yield* Wire).log, [])
    })
  )

  holds(
    "are all given up when they are interrupted",
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Upload.uploadAll(files, {
        optionsOf: () => ({
          multipart: true,
          onEvent: (event) => event._tag === "PartStarted" ? Effect.never : Effect.void
        })
      }))
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* Wire).deletes.length, 3)
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
    })
  )
})

describe("the events of an upload as a stream", () => {
  const source = fileNamed("a.apk", 1)

  holds(
    "are those that a listener is told, and end with the receipt",
    Effect.gen(function*() {
      const told: Array<string> = []
      const events = yield* play(Stream.runCollect(Upload.events(source, {
        multipart: true,
        onEvent: (event) => Effect.sync(() => void told.push(event._tag))
      })))
      assert.deepStrictEqual(events.map((event) => event._tag), told)
      const last = events.at(-1)
      assert(last?._tag === "Completed")
      assert.deepInclude(last.receipt, { size: 3500, parts: 4 })
    })
  )

  holds(
    "fail as the upload does",
    Effect.gen(function*() {
      const error = yield* Effect.flip(play(Stream.runDrain(Upload.events(source, { tags: [""] }))))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
    })
  )

  holds(
    "end the upload when nobody reads them any more",
    Effect.gen(function*() {
      const [first] = yield* Stream.runCollect(Stream.take(Upload.events(source, { multipart: true }), 1))
      assert.strictEqual(first?._tag, "Initiated")
      assert.strictEqual((yield* Wire).deletes.length, 1)
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
    }),
    ({ line, pass }) => line.startsWith("PUT") ? Effect.andThen(Effect.never, pass) : undefined
  )

  holds(
    "that are interrupted give the upload up",
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Stream.runDrain(Upload.events(source, { multipart: true })))
      yield* settle
      assert.isTrue(Exit.isFailure(yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))))
      assert.strictEqual((yield* Wire).deletes.length, 1)
    }),
    ({ line, pass }) => line.startsWith("PUT") ? Effect.andThen(Effect.never, pass) : undefined
  )
})
