import { assert, describe, it } from "@effect/vitest"
import * as Repeat from "@nunu-effect/core/Repeat"
import { Emulator } from "@nunu-effect/emulator"
import { Clock, Duration, Effect } from "effect"
import { HttpClientResponse } from "effect/http"
import * as Upload from "../src/Upload.ts"
import { bytesOf, gameOf } from "./support/Bytes.ts"
import type { Passing, Reply, Spoil } from "./support/Emulated.ts"
import { answer, answerLost, cut, emulated, play, refused, Wire } from "./support/Emulated.ts"

const source = gameOf(bytesOf(2500))
const upload = Upload.upload(source, { multipart: true })
const reserving = "POST /builds/upload"

/** Spoils the reservation, as often as it is told to. */
const spoiling = (reply: (passing: Passing) => Reply, times = Infinity): Spoil => (passing) =>
  passing.line === reserving && passing.before < times ? reply(passing) : undefined

const reservations = Effect.map(Wire, ({ log }) => log.filter((line) => line === `> ${reserving}`).length)

const mayStay = "Storage may stay reserved until the upload's timeout"

const notDone: ReadonlyArray<readonly [string, (passing: Passing) => Reply]> = [
  ["a 503", (passing) => answer(passing, 503)],
  ["a 429", (passing) => answer(passing, 429)],
  ["a connection that was not made", refused]
]

describe("a reservation that was certainly not made", () => {
  it.effect.each(notDone)("because of %s is asked for again", ([_, reply]) =>
    Effect.gen(function*() {
      const { attempts, parts } = yield* play(upload)
      assert.deepStrictEqual({ attempts, parts }, { attempts: 3, parts: 3 })
      assert.strictEqual(yield* reservations, 5)
      const emulator = yield* Emulator.Emulator
      assert.strictEqual((yield* emulator.uploads).length, 1)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling(reply, 4) }))))

  it.effect.each(notDone)(
    "because of %s is given up after five times, and nothing is left",
    ([_, reply]) =>
      Effect.gen(function*() {
        const began = yield* Clock.currentTimeMillis
        const error = yield* Effect.flip(play(upload))
        assert.strictEqual(error.reason._tag, "InitiateFailed")
        assert.notInclude(error.message, mayStay)
        assert.strictEqual(yield* reservations, 5)
        assert.isAtLeast((yield* Clock.currentTimeMillis) - began, 7000)
        assert.deepStrictEqual((yield* Wire).deletes, [])
      }).pipe(Effect.provide(emulated({ spoil: spoiling(reply) })))
  )

  it.effect("tells before each wait what is waited for, and nothing once it is given up", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const tell = ({ attempt, attempts, error, wait }: Repeat.Repeat) =>
        Effect.sync(() => told.push(`${error._tag} ${Math.round(Duration.toSeconds(wait))} ${attempt}/${attempts}`))
      yield* Effect.flip(play(Effect.provideService(upload, Repeat.OnRepeat, tell)))
      assert.deepStrictEqual(told, [2, 3, 4, 5].map((attempt) => `TooManyRequests 20 ${attempt}/5`))
    }).pipe(Effect.provide(emulated({ spoil: spoiling((passing) => answer(passing, 429, { "retry-after": "20" })) }))))

  it.effect("because of a 429 is not asked for before the time that the server names", () =>
    Effect.gen(function*() {
      const { durationMillis } = yield* play(upload)
      assert.isAtLeast(durationMillis, 90_000)
      assert.isAtMost(durationMillis, 91_000)
      assert.strictEqual(yield* reservations, 2)
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling((passing) => answer(passing, 429, { "retry-after": "90" }), 1)
    }))))

  it.effect("because of a 429 that names a time too far away fails at once and tells it", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(upload)
      assert.include(error.message, "Try again at 1970-01-01T00:05:01.000Z")
      assert.strictEqual(yield* reservations, 1)
    }).pipe(Effect.provide(emulated({
      spoil: spoiling((passing) => answer(passing, 429, { "retry-after": "301" }))
    }))))
})

describe("a reservation that may have been made", () => {
  const open: ReadonlyArray<readonly [string, (passing: Passing) => Reply]> = [
    ["a 500", (passing) => answer(passing, 500)],
    ["a 502", (passing) => answer(passing, 502)],
    ["a 504", (passing) => answer(passing, 504)],
    ["a broken connection", cut],
    ["a lost answer", answerLost],
    ["a ticket that cannot be read", (passing) => answer(passing, 201)]
  ]
  it.effect.each(open)(
    "but got %s is asked for once, and the error says what may be left",
    ([_, reply]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(play(upload))
        assert.strictEqual(error.reason._tag, "InitiateFailed")
        assert.include(error.message, mayStay)
        assert.strictEqual(yield* reservations, 1)
        assert.deepStrictEqual((yield* Wire).log.length, 2)
      }).pipe(Effect.provide(emulated({ spoil: spoiling(reply) })))
  )
})

describe("a reservation that is refused", () => {
  it.effect.each([400, 401, 402, 403, 413])("with %d is not asked for again", (status) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(upload)
      assert.strictEqual(error.reason._tag, "InitiateFailed")
      assert.notInclude(error.message, mayStay)
      assert.include(error.message, `Spoiled: ${status}`)
      assert.strictEqual((yield* Wire).log.length, 2)
    }).pipe(Effect.provide(emulated({ spoil: spoiling((passing) => answer(passing, status)) }))))
})

describe("a ticket that does not fit the file", () => {
  /** Lets the emulator reserve and changes what it says. */
  const changing = (change: object) =>
    spoiling((passing) =>
      Effect.flatMap(
        passing.pass,
        (response) =>
          Effect.map(response.json, (json) =>
            HttpClientResponse.fromWeb(
              passing.request,
              Response.json({ ...(json as object), ...change }, { status: 201 })
            ))
      )
    )

  it.effect.each([{ total_parts: 2 }, { total_parts: 4 }, { part_size: 100 }, { part_size: 0 }, { total_parts: 0 }])(
    "is given up before a byte is sent: %j",
    (change) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(upload)
        assert.strictEqual(error.reason._tag, "PlanMismatch")
        assert.match(error.message, /^Cannot cut 2500 bytes into /)
        const wire = yield* Wire
        assert.deepStrictEqual(wire.log, [
          "> POST /builds/upload",
          "< POST /builds/upload",
          "> DELETE /builds/upload",
          "< DELETE /builds/upload"
        ])
        assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
      }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: changing(change) })))
  )
})
