import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Deferred, type Duration, Effect, Fiber, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { PutFailed } from "../src/StorageAnswer.ts"
import * as Upload from "../src/Upload.ts"
import * as UploadEvent from "../src/UploadEvent.ts"
import * as UploadWindow from "../src/UploadWindow.ts"
import { bytesOf, gameOf } from "./support/Bytes.ts"
import type { Spoil } from "./support/Emulated.ts"
import { cut, emulated, play, settle, Wire } from "./support/Emulated.ts"

/** 24 parts of 1000 bytes. */
const source = gameOf(bytesOf(23_900))

/** How long the storage takes for a part, by its number. */
const taking = (time: (partNumber: number) => Duration.Input): Spoil => ({ line, pass }) =>
  line.startsWith("PUT ") ? Effect.delay(pass, time(Number(line.slice(4)))) : undefined

const upload = (concurrency: number | undefined, onEvent?: Upload.UploadOptions["onEvent"]) =>
  play(
    Upload.upload(source, {
      multipart: true,
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(onEvent === undefined ? {} : { onEvent })
    }),
    "100 millis"
  )

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

  it.effect("is four parts wide at first, and grows where that helps, unless something else is asked for", () =>
    Effect.gen(function*() {
      const events: Array<UploadEvent.UploadEvent> = []
      yield* upload(undefined, (event) => Effect.sync(() => events.push(event)))
      const { widths } = yield* windows
      assert.deepStrictEqual(widths.slice(0, 4), [1, 2, 3, 4])
      assert.strictEqual(widths[4], 4, "one has ended before the fifth begins")
      assert.isAtLeast(Math.max(...widths), 12)
      assert.isAtMost(Math.max(...widths), 18, "half as much again at the very end")
      assert.deepStrictEqual(events.filter((event) => event._tag === "ConcurrencyChanged"), [
        UploadEvent.UploadEvent.ConcurrencyChanged({ from: 4, to: 8 }),
        UploadEvent.UploadEvent.ConcurrencyChanged({ from: 8, to: 12 })
      ])
      yield* assertClean
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
      Effect.provide(emulated({ partSize: 1000, spoil: taking((n) => n === 1 ? "29 seconds" : "1 second") }))
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

  it.effect("is one for all uploads of a process, whichever file they are of", () =>
    Effect.gen(function*() {
      const uploads = ["one.apk", "two.apk", "three.apk"].map((name) =>
        Upload.upload({ ...source, name }, { multipart: true, concurrency: 5 })
      )
      yield* play(Effect.all(uploads, { concurrency: "unbounded" }), "100 millis")
      const { most, widths } = yield* windows
      assert.strictEqual(most, 5)
      assert.isAbove(widths.filter((width) => width === 5).length, 60)
      yield* assertClean
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: taking((n) => `${1 + n % 3} seconds`) }))))

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

/** A window of its own, with uploads whose parts last until they are let go. */
const shared = Effect.sync(() => {
  const window = UploadWindow.makeUnsafe()
  const log: Array<string> = []
  const holding = new Map<string, Deferred.Deferred<void>>()
  const joined = (name: string, concurrency: UploadWindow.Width) =>
    Effect.map(window.join({ concurrency, onWidth: () => Effect.void }), (share) => ({
      share,
      /** Asks for places for so many parts. */
      send: (parts: number) =>
        Effect.forkChild(Effect.forEach(
          Array.from({ length: parts }, (_, index) => `${name}${index + 1}`),
          (part) =>
            share.withPlace(() =>
              Effect.gen(function*() {
                log.push(part)
                const end = yield* Deferred.make<void>()
                holding.set(part, end)
                yield* Effect.ensuring(Deferred.await(end), Effect.sync(() => holding.delete(part)))
              })
            ),
          { concurrency: "unbounded" }
        ))
    }))
  const end = Effect.fnUntraced(function*(part: string) {
    yield* Deferred.succeed(holding.get(part) ?? (yield* Deferred.make<void>()), undefined)
    yield* settle
  })
  return { joined, log, end, holding: () => Array.from(holding.keys()) }
})

describe("a window that uploads share", () => {
  it.effect("is as wide as one of them asks for, not as wide as all together", () =>
    Effect.gen(function*() {
      const { holding, joined } = yield* shared
      const uploads = yield* Effect.forEach(["a", "b", "c"], (name) => joined(name, 4))
      yield* Effect.forEach(uploads, ({ send }) => send(10))
      yield* settle
      assert.strictEqual(holding().length, 4)
    }))

  it.effect("is as wide as the widest asks for, and gives nobody more than it asks for itself", () =>
    Effect.gen(function*() {
      const { holding, joined } = yield* shared
      const narrow = yield* joined("n", 2)
      const wide = yield* joined("w", 7)
      yield* narrow.send(20)
      yield* wide.send(20)
      yield* settle
      assert.deepStrictEqual(holding(), ["n1", "n2", "w1", "w2", "w3", "w4", "w5"])
    }))

  it.effect("gives a free place to the upload that has the fewest parts under way", () =>
    Effect.gen(function*() {
      const { end, holding, joined, log } = yield* shared
      const first = yield* joined("a", 4)
      yield* first.send(100)
      yield* settle
      const second = yield* joined("b", 4)
      yield* second.send(100)
      yield* settle
      assert.deepStrictEqual(holding(), ["a1", "a2", "a3", "a4"])
      yield* end("a1")
      yield* end("a2")
      assert.deepStrictEqual(holding(), ["a3", "a4", "b1", "b2"])
      for (let count = 0; count < 40; count++) yield* end(holding()[0] ?? "")
      const later = log.slice(6)
      assert.strictEqual(later.filter((part) => part.startsWith("a")).length, later.length / 2)
    }))

  it.effect("gives all places to the one that is left", () =>
    Effect.gen(function*() {
      const { end, holding, joined } = yield* shared
      const first = yield* joined("a", 4)
      const second = yield* joined("b", 4)
      yield* first.send(2)
      yield* second.send(20)
      yield* settle
      yield* end("a1")
      yield* end("a2")
      assert.deepStrictEqual(holding(), ["b1", "b2", "b3", "b4"])
    }))

  it.effect("takes the places of an interrupted upload back, those that it only waits for included", () =>
    Effect.gen(function*() {
      const { holding, joined } = yield* shared
      const first = yield* joined("a", 4)
      const second = yield* joined("b", 4)
      const sending = yield* first.send(20)
      yield* settle
      yield* second.send(20)
      yield* settle
      yield* Fiber.interrupt(sending)
      yield* settle
      assert.deepStrictEqual(holding(), ["b1", "b2", "b3", "b4"])
    }))

  it.effect("loses no place, whenever who waits for one is interrupted", () =>
    Effect.gen(function*() {
      const { end, holding, joined } = yield* shared
      yield* joined("z", 3)
      for (let round = 0; round < 50; round++) {
        const upload = yield* joined("a", 3)
        const sending = yield* upload.send(9)
        for (let turn = 0; turn < round % 7; turn++) yield* Effect.yieldNow
        // A place becomes free and is given in the moment in which its taker is interrupted.
        yield* Effect.all([end(holding()[0] ?? ""), Fiber.interrupt(sending)], { concurrency: 2 })
        yield* settle
        assert.deepStrictEqual(holding(), [])
      }
      yield* (yield* joined("a", 3)).send(9)
      yield* settle
      assert.strictEqual(holding().length, 3)
    }))

  it.effect("begins nothing more of an upload that has failed or was interrupted", () =>
    Effect.gen(function*() {
      const { holding, joined, log } = yield* shared
      const { send, share } = yield* joined("a", 2)
      const failing = share.withPlace(() => Effect.andThen(Effect.sleep("1 second"), Effect.fail("no")))
      const sending = yield* Effect.forkChild(
        Effect.all([failing, share.withPlace(() => Effect.never)], { concurrency: 2 })
      )
      yield* settle
      yield* send(10)
      yield* settle
      assert.strictEqual(yield* Effect.flip(play(Fiber.join(sending))), "no")
      yield* settle
      assert.deepStrictEqual([holding(), log], [[], []])
    }))
})

describe("the last parts", () => {
  it.effect("go along with those before them, when they are half as many", () =>
    Effect.gen(function*() {
      const window = UploadWindow.makeUnsafe()
      const share = yield* window.join({ concurrency: "auto", parts: 10, onWidth: () => Effect.void })
      const log: Array<number> = []
      const ends = yield* Effect.forEach(Array.from({ length: 10 }), () => Deferred.make<void>())
      yield* Effect.forkChild(Effect.forEach(ends, (end, index) =>
        share.withPlace(() => {
          log.push(index)
          return Deferred.await(end)
        }), { concurrency: "unbounded" }))
      const begun = Effect.fnUntraced(function*(ended: number) {
        const end = ends[ended]
        if (end !== undefined) yield* Deferred.succeed(end, undefined)
        yield* settle
        return log.length
      })
      yield* settle
      assert.strictEqual(log.length, 4)
      assert.deepStrictEqual([yield* begun(0), yield* begun(1), yield* begun(2), yield* begun(3)], [5, 6, 7, 10])
    }))
})

describe("an idle place", () => {
  const get = (share: UploadWindow.Share) => share.withIdlePlace(() => Effect.void)

  it.effect("is there while there is room and nobody waits, of whichever upload", () =>
    Effect.gen(function*() {
      const { joined } = yield* shared
      const narrow = yield* joined("n", 1)
      const wide = yield* joined("w", 3)
      yield* wide.send(1)
      yield* settle
      assert.isTrue(Option.isSome(yield* get(wide.share)))
      yield* narrow.send(2)
      yield* settle
      assert.isTrue(Option.isNone(yield* get(wide.share)), "the narrow one has work queued")
    }))

  it.effect("is none beyond what an upload may have", () =>
    Effect.gen(function*() {
      const { joined } = yield* shared
      const { send, share } = yield* joined("a", 2)
      yield* send(2)
      yield* settle
      assert.isTrue(Option.isNone(yield* get(share)))
    }))
})

describe("a part that waits for another attempt", () => {
  const broken = new PutFailed({ status: null, detail: "cut", expired: false, retryable: true, retryAfter: null })
  const stored = { etag: "\"an-etag\"", md5: null }
  const body = { size: 10, read: () => Effect.succeed(0), onSent: () => Effect.void }

  /** Sends a part whose first PUT breaks at once, and whose second takes a second, ten seconds later. */
  const sendTwice = (share: UploadWindow.Share, log: Array<string>, name: string) =>
    share.withPlace((place) => {
      let puts = 0
      const { put } = place.through({
        put: () =>
          Effect.suspend(() => {
            log.push(`${name} PUT ${++puts}`)
            return puts === 1 ? Effect.fail(broken) : Effect.delay(Effect.succeed(stored), "1 second")
          })
      })
      const url = Redacted.make("http://storage")
      return Effect.gen(function*() {
        yield* Effect.flip(put(url, body))
        yield* Effect.sleep("10 seconds")
        yield* put(url, body)
      })
    })

  it.effect("leaves its place to others, and is the next when it comes back", () =>
    Effect.gen(function*() {
      const window = UploadWindow.makeUnsafe()
      const share = yield* window.join({ concurrency: 1, onWidth: () => Effect.void })
      const log: Array<string> = []
      const slow = (name: string) =>
        share.withPlace(() => Effect.andThen(Effect.sync(() => log.push(name)), Effect.sleep("8 seconds")))
      const all = yield* Effect.forkChild(Effect.all(
        [sendTwice(share, log, "a"), slow("b"), slow("c"), slow("d")],
        { concurrency: "unbounded" }
      ))
      yield* settle
      yield* TestClock.adjust("8 seconds")
      yield* settle
      assert.deepStrictEqual(log, ["a PUT 1", "b", "c"])
      yield* TestClock.adjust("8 seconds")
      yield* settle
      assert.deepStrictEqual(log, ["a PUT 1", "b", "c", "a PUT 2"])
      yield* play(Fiber.join(all))
      assert.deepStrictEqual(log, ["a PUT 1", "b", "c", "a PUT 2", "d"])
    }))

  it.effect("is not joined by more of them than the window is wide: an outage must not reach every part", () =>
    Effect.gen(function*() {
      const window = UploadWindow.makeUnsafe()
      const share = yield* window.join({ concurrency: 3, onWidth: () => Effect.void })
      const log: Array<string> = []
      const names = Array.from({ length: 20 }, (_, index) => String(index))
      yield* Effect.forkChild(
        Effect.forEach(names, (name) => sendTwice(share, log, name), { concurrency: "unbounded" })
      )
      yield* settle
      assert.deepStrictEqual(log, ["0 PUT 1", "1 PUT 1", "2 PUT 1", "3 PUT 1"])
    }))
})
