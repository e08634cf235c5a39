import { assert, describe, it } from "@effect/vitest"
import { Build } from "@nunu-effect/core"
import { Emulator } from "@nunu-effect/emulator"
import { Deferred, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import * as Upload from "../src/Upload.ts"
import { UploadEvent } from "../src/UploadEvent.ts"
import { bytesOf, gameOf } from "./support/Bytes.ts"
import type { Passing, Spoil } from "./support/Emulated.ts"
import { answer, emulated, finish, late, refuse, settle, Wire } from "./support/Emulated.ts"
import { xml } from "./support/RawStorage.ts"

const source = gameOf(bytesOf(5300))
const reserving = "POST /builds/upload"
const completing = "POST /builds/upload/complete"
const deleting = "DELETE /builds/upload"

/** Starts an upload in parts, whose events are kept; with `at`, it stands still when the event of that number happens. */
const start = Effect.fnUntraced(function*(options: { readonly at?: number; readonly multipart?: boolean } = {}) {
  const events: Array<UploadEvent> = []
  const reached = yield* Deferred.make<void>()
  const fiber = yield* Effect.forkChild(Upload.upload(source, {
    multipart: options.multipart ?? true,
    concurrency: 3,
    onEvent: (event) =>
      Effect.suspend(() =>
        events.push(event) - 1 === options.at
          ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
          : Effect.void
      )
  }))
  return { events, fiber, reached }
})

/**
 * What must hold after an interruption, whenever it came: an upload that was reserved, and of which no answer said that
 * it is complete, is given up with one DELETE that names it fully, when no PUT is under way any more; nothing comes after
 * it; nothing is left. A build that is complete stays.
 */
const assertEnding = Effect.fnUntraced(function*(note: string) {
  const emulator = yield* Emulator.Emulator
  const { deletes, log } = yield* Wire
  const [upload] = yield* emulator.uploads
  const givenUp = log.includes(`< ${reserving}`) && !log.includes(`< ${completing}`)
  assert.strictEqual(deletes.length, givenUp ? 1 : 0, `${note}: ${log.join(", ")}`)
  assert.strictEqual((yield* emulator.builds).length, upload?.status === "completed" ? 1 : 0)
  if (deletes.length === 1) {
    assert.deepStrictEqual(deletes[0], {
      build_id: upload?.buildId ?? "none",
      object_key: upload?.objectKey ?? "none",
      ...(upload?.uploadId == null ? {} : { upload_id: upload.uploadId })
    })
    assert.deepStrictEqual(log.slice(-2), [`> ${deleting}`, `< ${deleting}`], note)
    const puts = log.filter((line) => line.includes(" PUT "))
    assert.strictEqual(puts.filter((line) => line.startsWith(">")).length * 2, puts.length, `${note}: a PUT is left`)
  }
  assert.deepStrictEqual(yield* emulator.violations, [], note)
})

/** Runs an upload up to its n-th event and interrupts it there; gives whether there is such an event. */
const interruptAt = Effect.fnUntraced(function*(at: number, multipart: boolean) {
  const { events, fiber, reached } = yield* start({ at, multipart })
  const there = yield* Effect.raceFirst(
    Effect.as(Deferred.await(reached), true),
    Effect.as(Fiber.await(fiber), false)
  )
  if (!there) return false
  yield* settle // other parts go on meanwhile
  yield* Effect.forkChild(Fiber.interrupt(fiber))
  yield* finish(fiber)
  yield* assertEnding(`interrupted at ${events[at]?._tag} ${at}`)
  return true
})

/** An emulator in which everything takes a while. */
const slow = (time: (line: string) => number): Spoil => ({ line, pass }) =>
  Effect.sleep(time(line)).pipe(Effect.andThen(pass), Effect.tap(Effect.sleep(time(line))))

describe("an upload that is interrupted", () => {
  for (const multipart of [true, false]) {
    it.effect(`at any of its events leaves nothing behind (${multipart ? "in parts" : "in one PUT"})`, () =>
      Effect.gen(function*() {
        let at = 0
        while (yield* Effect.provide(interruptAt(at, multipart), emulated({ partSize: 1000 }))) at++
        assert.strictEqual(at, multipart ? 1 + 6 * 3 + 2 : 1 + 3 + 2)
      }))
  }

  it.effect("at any moment leaves nothing behind", () =>
    Effect.gen(function*() {
      for (let round = 0; round < 60; round++) {
        const moment = yield* Random.nextIntBetween(0, 1600)
        yield* Effect.gen(function*() {
          const { fiber } = yield* start()
          yield* settle
          for (let passed = 0; passed < moment; passed += 50) {
            yield* TestClock.adjust(Math.min(50, moment - passed))
            yield* settle
          }
          yield* Effect.forkChild(Fiber.interrupt(fiber))
          yield* finish(fiber, 50)
          yield* assertEnding(`interrupted after ${moment} ms`)
        }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: slow((line) => line.startsWith("PUT") ? 120 : 50) })))
      }
    }).pipe(Random.withSeed("nunu")), 20_000)

  it.effect("while it is being reserved waits for the answer and gives the place back", () =>
    Effect.gen(function*() {
      const { events, fiber } = yield* start()
      yield* settle
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual((yield* Wire).deletes, [])
      yield* finish(interruption)
      assert.deepStrictEqual((yield* Wire).log, [`> ${reserving}`, `< ${reserving}`, `> ${deleting}`, `< ${deleting}`])
      assert.deepStrictEqual(events.map((event) => event._tag), ["Aborted"])
      yield* assertEnding("while reserving")
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: (passing) => passing.line === reserving ? late(passing, "1 second") : undefined
    }))))

  it.effect("while it is being reserved does not wait for ever", () =>
    Effect.gen(function*() {
      const { fiber } = yield* start()
      yield* settle
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1500 millis")
      yield* Fiber.join(interruption)
      assert.deepStrictEqual((yield* Wire).deletes, [])
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: (passing) => passing.line === reserving ? Effect.never : undefined
    }))))

  it.effect("between two attempts to reserve leaves at once", () =>
    Effect.gen(function*() {
      const { fiber } = yield* start()
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual((yield* Wire).log, [`> ${reserving}`, `< ${reserving}`])
    }).pipe(Effect.provide(emulated({
      spoil: (passing) => passing.line === reserving ? answer(passing, 503) : undefined
    }))))

  it.effect("while a part waits for another attempt leaves nothing behind", () =>
    Effect.gen(function*() {
      const { events, fiber } = yield* start()
      yield* settle
      assert.isTrue(events.some((event) => event._tag === "PartRetried"))
      yield* Fiber.interrupt(fiber)
      yield* assertEnding("while a part waits")
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: (passing) => passing.line === "PUT 2" ? refuse(passing, 503, xml("SlowDown", "Slow")) : undefined
    }))))

  it.effect("says so, and that the API was told", () =>
    Effect.gen(function*() {
      const { events, fiber } = yield* start({ at: 3 })
      yield* settle
      yield* Fiber.interrupt(fiber)
      const [upload] = yield* (yield* Emulator.Emulator).uploads
      assert.deepStrictEqual(
        events.at(-1),
        UploadEvent.Aborted({ buildId: Build.BuildId.make(upload?.buildId ?? "none"), outcome: "cancelled" })
      )
    }).pipe(Effect.provide(emulated({ partSize: 1000 }))))
})

describe("an upload that is given up while the API makes a build of it", () => {
  it.effect("says that there may be one", () =>
    Effect.gen(function*() {
      const { events, fiber } = yield* start()
      while (events.at(-1)?._tag !== "Completing") yield* settle
      while (!(yield* Wire).log.includes(`> ${completing}`)) yield* settle
      yield* Fiber.interrupt(fiber)
      assert.deepInclude(events.at(-1), { _tag: "Aborted", outcome: "maybe-complete" })
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      // It is done, but the answer does not arrive.
      spoil: (passing) =>
        passing.line === "POST /builds/upload/complete" ? Effect.andThen(passing.pass, Effect.never) : undefined
    }))))
})

describe("a DELETE", () => {
  /** Interrupts an upload whose DELETE is spoilt: the milliseconds that it took, and whether the API is said to know. */
  const interrupted = Effect.fnUntraced(function*() {
    const { events, fiber, reached } = yield* start({ at: 5 })
    yield* Deferred.await(reached)
    yield* settle
    const began = yield* TestClock.testClockWith((clock) => Effect.succeed(clock.currentTimeMillisUnsafe()))
    const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
    yield* finish(interruption)
    const ended = yield* TestClock.testClockWith((clock) => Effect.succeed(clock.currentTimeMillisUnsafe()))
    const last = events.at(-1)
    return { took: ended - began, outcome: last?._tag === "Aborted" ? last.outcome : undefined }
  })
  const spoiling = (reply: (passing: Passing) => ReturnType<Spoil>) =>
    emulated({ partSize: 1000, spoil: (passing) => passing.line === deleting ? reply(passing) : undefined })

  it.effect("that hangs is waited for less than 5 seconds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* interrupted(), { took: 3250, outcome: "not-cancelled" })
      assert.strictEqual((yield* Wire).deletes.length, 1)
    }).pipe(Effect.provide(spoiling(() => Effect.never))))

  it.effect("that hangs is so too when the reservation was answered late", () =>
    Effect.gen(function*() {
      const { events, fiber } = yield* start()
      yield* settle
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* settle
      for (let passed = 0; passed < 5000; passed += 250) {
        yield* TestClock.adjust("250 millis")
        yield* settle
      }
      assert.isDefined(interruption.pollUnsafe())
      assert.deepStrictEqual(events.map((event) => event._tag === "Aborted" ? event.outcome : event._tag), [
        "not-cancelled"
      ])
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: (passing) =>
        passing.line === reserving ? late(passing, "1400 millis") : passing.line === deleting ? Effect.never : undefined
    }))))

  it.effect("that fails is repeated, but for no longer than 5 seconds", () =>
    Effect.gen(function*() {
      const { outcome, took } = yield* interrupted()
      assert.strictEqual(outcome, "not-cancelled")
      assert.isAtMost(took, 5000)
      assert.isAbove((yield* Wire).deletes.length, 1)
    }).pipe(Effect.provide(spoiling((passing) => answer(passing, 503)))))

  it.effect("that finds nothing is as good as one that does", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* interrupted(), { took: 0, outcome: "cancelled" })
      assert.strictEqual((yield* Wire).deletes.length, 1)
    }).pipe(Effect.provide(spoiling((passing) => answer(passing, 404)))))

  it.effect("that is refused is not repeated, and that is said", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* interrupted(), { took: 0, outcome: "not-cancelled" })
      assert.strictEqual((yield* Wire).deletes.length, 1)
    }).pipe(Effect.provide(spoiling((passing) => answer(passing, 403)))))
})

describe("an upload that fails", () => {
  const failing = (name: string, spoil: Spoil, tag: string) =>
    it.effect(`because of ${name} is given up once, when its other parts have stopped`, () =>
      Effect.gen(function*() {
        const { fiber } = yield* start()
        const error = yield* Effect.flip(yield* finish(fiber))
        assert.strictEqual(error.reason._tag, tag)
        yield* assertEnding(name)
      }).pipe(Effect.provide(emulated({ partSize: 1000, spoil }))))

  const others: Spoil = (passing) => passing.line.startsWith("PUT") ? late(passing, "1 hour") : undefined

  failing(
    "a part that is refused",
    (passing) =>
      passing.line === "PUT 2" ? refuse(passing, 403, xml("AccessDenied", "Access Denied")) : others(passing),
    "PartFailed"
  )

  failing(
    "a part that never comes through",
    (passing) => passing.line === "PUT 2" ? refuse(passing, 500, "") : others(passing),
    "PartFailed"
  )

  failing(
    "URLs that are refused",
    (passing) => passing.line === "GET /builds/upload/parts" ? answer(passing, 400) : others(passing),
    "PartUrlsFailed"
  )

  it.effect("because a listener dies is given up too", () =>
    Effect.gen(function*() {
      const upload = Upload.upload(source, {
        multipart: true,
        onEvent: (event) => event._tag === "PartCompleted" ? Effect.die("a listener died") : Effect.void
      })
      const exit = yield* Effect.exit(upload)
      assert.include(String(exit), "a listener died")
      yield* assertEnding("a listener died")
    }).pipe(Effect.provide(emulated({ partSize: 1000 }))))
})
