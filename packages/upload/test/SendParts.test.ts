import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Option } from "effect"
import * as Concurrency from "../src/Concurrency.ts"
import { sendParts } from "../src/SendParts.ts"
import type { Part } from "../src/UploadPlan.ts"
import type { Width } from "../src/UploadWindow.ts"
import { gameOf } from "./support/Bytes.ts"
import { play } from "./support/Emulated.ts"
import * as ModelledLine from "./support/ModelledLine.ts"

const mebi = 1024 ** 2

/** A file on its way over a line. */
interface Journey {
  readonly line: ModelledLine.Line
  readonly parts: number
  readonly partSize: number
}

/** How a journey goes: its seconds, for ever where it fails; the share of the window's time without a part under way. */
const travel = Effect.fnUntraced(function*({ line, parts, partSize }: Journey, concurrency: Width) {
  const { layer, use } = ModelledLine.make(line)
  const begun = yield* Clock.currentTimeMillis
  let width = concurrency === "auto" ? Concurrency.bounds.first : concurrency
  let since = begun
  let placeMillis = 0
  const widen = (to: number) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      placeMillis += width * (now - since)
      since = now
      width = to
      return (now - begun) / 1000
    })
  const sending = sendParts({
    source: gameOf(new Uint8Array(0)),
    reader: () => Effect.succeed(partSize),
    parts: Array.from({ length: parts }, (_, index): Part => ({
      partNumber: index + 1,
      offset: index * partSize,
      size: partSize
    })),
    totalParts: parts,
    urls: { get: (partNumber) => Effect.succeed(ModelledLine.urlOf(partNumber)) },
    replaceable: true,
    integrity: "off",
    concurrency,
    emit: (event) => event._tag === "ConcurrencyChanged" ? Effect.asVoid(widen(event.to)) : Effect.void,
    onStored: () => Effect.void
  })
  const exit = yield* play(Effect.exit(Effect.andThen(sending, widen(0))).pipe(Effect.provide(layer)), "1 second")
  return {
    error: Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined,
    seconds: Exit.isSuccess(exit) ? exit.value : Infinity,
    idle: 1 - use.busyMillis / placeMillis,
    attempts: use.attempts
  }
})

/** The seconds of each fixed width. */
const fixed = (journey: Journey) =>
  Effect.forEach([4, 8, 16, 32], (width) => Effect.map(travel(journey, width), ({ seconds }) => seconds))

describe("a window that finds its width", () => {
  const slowTenth = (n: number) => n % 10 === 4 ? 5 : 1
  const part = 8 * mebi
  const journeys: ReadonlyArray<readonly [string, Journey]> = [
    ["4 MB/s a connection", { line: { each: 4e6, roundTrip: 100 }, parts: 512, partSize: part }],
    ["4 MB/s a connection, more or less", {
      line: { each: 4e6, roundTrip: 100, unsteady: 0.8 },
      parts: 512,
      partSize: part
    }],
    ["4 MB/s a connection, 40 MB/s in all, more or less", {
      line: { each: 4e6, all: 40e6, roundTrip: 100, unsteady: 0.8 },
      parts: 256,
      partSize: part
    }],
    ["4 MB/s a connection, 40 MB/s in all", {
      line: { each: 4e6, all: 40e6, roundTrip: 100 },
      parts: 256,
      partSize: part
    }],
    ["the same with parts that take half a minute", {
      line: { each: 4e6, all: 40e6, roundTrip: 100 },
      parts: 52,
      partSize: 100 * mebi
    }],
    ["the same with parts that take less than an interval", {
      line: { each: 40e6, all: 400e6, roundTrip: 20 },
      parts: 1000,
      partSize: 5 * mebi
    }],
    ["1 MB/s in all", { line: { each: 1e6, all: 1e6, roundTrip: 100 }, parts: 20, partSize: part }],
    ["5 % of PUTs failing", {
      line: {
        each: 4e6,
        all: 64e6,
        roundTrip: 50,
        failing: (n, attempt) =>
          attempt === 1 && n % 20 === 7 ? { after: (n % 9) / 9, status: n % 40 === 7 ? 500 : null } : undefined
      },
      parts: 256,
      partSize: part
    }],
    ["10 % of parts five times slower", {
      line: { each: 4e6, roundTrip: 20, slower: slowTenth },
      parts: 512,
      partSize: part
    }],
    ["10 % of parts five times slower, 64 MB/s in all", {
      line: { each: 8e6, all: 64e6, roundTrip: 20, slower: slowTenth },
      parts: 256,
      partSize: part
    }]
  ]
  for (const [name, journey] of journeys) {
    it.effect(`takes at most 1.1 times as long as the best fixed one, and is idle for less than 15 %: ${name}`, () =>
      Effect.gen(function*() {
        const best = Math.min(...yield* fixed(journey))
        const { idle, seconds } = yield* travel(journey, "auto")
        assert.isAtMost(seconds, 1.1 * best)
        assert.isBelow(idle, 0.15)
      }))
  }

  it.effect.each([20, 30, 40])(
    "gets parts of 100 MiB through where connections die after %d s under wide windows",
    (life) =>
      Effect.gen(function*() {
        const line = {
          each: life === 20 ? 40e6 : 4e6,
          all: life === 40 ? 20e6 : 40e6,
          roundTrip: 20,
          lifetime: life * 1000
        }
        const journey = { line, parts: 60, partSize: 100 * mebi }
        const seconds = yield* fixed(journey)
        assert.strictEqual(seconds.at(-1), Infinity)
        assert.isAtMost((yield* travel(journey, "auto")).seconds, 1.25 * Math.min(...seconds))
      })
  )
})

describe("a storage that keeps failing", () => {
  it.effect("ends an upload when its parts have used up the repeats that they share", () =>
    Effect.gen(function*() {
      // Every attempt gets a bit further, so that no part gives up by itself.
      const failing = (partNumber: number, attempt: number) =>
        partNumber <= 5 ? undefined : { after: Math.min(0.99, attempt / 100), status: null }
      const { attempts, error } = yield* travel({ line: { each: 100e6, failing }, parts: 30, partSize: 100 * mebi }, 4)
      assert.deepInclude(error, { _tag: "RetriesSpent", repeats: 60, stored: 5, totalParts: 30 })
      assert.isAtMost(attempts, 5 + 60 + 6)
    }))
})
