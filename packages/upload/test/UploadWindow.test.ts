import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { type Duration, Effect } from "effect"
import * as Upload from "../src/Upload.ts"
import { bytesOf, gameOf } from "./support/Bytes.ts"
import type { Spoil } from "./support/Emulated.ts"
import { cut, emulated, play, Wire } from "./support/Emulated.ts"

/** 24 parts of 1000 bytes. */
const source = gameOf(bytesOf(23_900))

/** How long the storage takes for a part, by its number. */
const taking = (time: (partNumber: number) => Duration.Input): Spoil => ({ line, pass }) =>
  line.startsWith("PUT ") ? Effect.delay(pass, time(Number(line.slice(4)))) : undefined

const upload = (concurrency: number | undefined) =>
  play(Upload.upload(source, { multipart: true, ...(concurrency === undefined ? {} : { concurrency }) }), "100 millis")

/** How many PUTs were under way at once: at most, and at each moment when one began. */
const windows = Effect.map(Wire, ({ log }) => {
  const widths: Array<number> = []
  let width = 0
  for (const line of log) {
    if (line.startsWith("> PUT")) widths.push(++width)
    if (/^[<x] PUT/.test(line)) width--
  }
  return { widths, most: Math.max(...widths) }
})

const assertClean = Effect.gen(function*() {
  assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
})

describe("the window", () => {
  for (const concurrency of [1, 2, 3, 7, 24, 64]) {
    it.effect(`of ${concurrency} is as wide as that, and never wider`, () =>
      Effect.gen(function*() {
        yield* upload(concurrency)
        const { most, widths } = yield* windows
        assert.strictEqual(most, Math.min(concurrency, 24))
        // Once it has opened it stays full until there is nothing left to send.
        assert.deepStrictEqual(widths.slice(concurrency).filter((width) => width !== concurrency), [])
        yield* assertClean
      }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: taking((n) => `${1 + n % 3} seconds`) }))))
  }

  it.effect("is four parts wide unless something else is asked for", () =>
    Effect.gen(function*() {
      yield* upload(undefined)
      assert.strictEqual((yield* windows).most, 4)
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: taking(() => "1 second") }))))

  it.effect("slides: a slow part does not hold the others back", () =>
    Effect.gen(function*() {
      const receipt = yield* upload(2)
      const { log } = yield* Wire
      const ends = log.filter((line) => line.startsWith("< PUT"))
      assert.deepStrictEqual(ends, [...Array.from({ length: 23 }, (_, index) => `< PUT ${index + 2}`), "< PUT 1"])
      assert.isBelow(receipt.durationMillis, 62_000)
      yield* assertClean
    }).pipe(
      Effect.provide(emulated({ partSize: 1000, spoil: taking((n) => n === 1 ? "60 seconds" : "1 second") }))
    ))

  it.effect("slides on while a part waits for another attempt", () =>
    Effect.gen(function*() {
      yield* upload(2)
      const { log } = yield* Wire
      const begins = log.filter((line) => line.startsWith("> PUT"))
      assert.isAbove(begins.lastIndexOf("> PUT 1"), begins.indexOf("> PUT 4"))
      assert.strictEqual((yield* windows).most, 2)
      yield* assertClean
    }).pipe(
      Effect.provide(emulated({
        partSize: 1000,
        spoil: (passing) =>
          passing.line === "PUT 1" && passing.before < 3 ? cut(passing) : taking(() => "1 second")(passing)
      }))
    ))

  it.effect("completes with all parts in ascending order, whatever order they were stored in", () =>
    Effect.gen(function*() {
      yield* upload(24)
      const { log } = yield* Wire
      const ends = log.filter((line) => line.startsWith("< PUT"))
      assert.deepStrictEqual(ends, Array.from({ length: 24 }, (_, index) => `< PUT ${24 - index}`))
      assert.strictEqual((yield* (yield* Emulator.Emulator).builds).length, 1) // the emulator refuses another order
      yield* assertClean
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: taking((n) => `${30 - n} seconds`) }))))
})
