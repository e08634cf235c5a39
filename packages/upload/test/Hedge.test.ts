import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { PartTransport } from "../src/PartTransport.ts"
import type { SentPart } from "../src/SendPart.ts"
import { sendParts } from "../src/SendParts.ts"
import { PutFailed } from "../src/StorageAnswer.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import type { Part } from "../src/UploadPlan.ts"
import { UploadWindow } from "../src/UploadWindow.ts"
import { gameOf } from "./support/Bytes.ts"
import { play } from "./support/Emulated.ts"
import * as ModelledLine from "./support/ModelledLine.ts"

const mebi = 1024 ** 2
const partSize = 32 * mebi

/** Sends parts of 32 MiB, 4 at once: how long it took, what became of them, and the PUTs as they began and ended. */
const send = Effect.fnUntraced(function*(options: {
  readonly line: ModelledLine.Line
  readonly parts: number
  readonly hedge?: boolean
  /** The ETag of the n-th PUT of a part. @default the same for all */
  readonly etag?: (partNumber: number, put: number) => string
}) {
  const { etag = () => "an-etag", hedge = true, line, parts } = options
  const log: Array<string> = []
  const puts = new Map<string, number>()
  const events: Array<UploadEvent> = []
  const stored: Array<SentPart> = []
  const modelled = ModelledLine.make(line)
  const logged = Layer.effect(
    PartTransport,
    Effect.map(PartTransport, ({ put }) => ({
      put: (url, body) =>
        Effect.suspend(() => {
          const part = ModelledLine.partOf(url)
          const count = (puts.get(String(part)) ?? 0) + 1
          puts.set(String(part), count)
          log.push(`> ${part}`)
          return put(url, body).pipe(
            Effect.map((stored) => ({ ...stored, etag: `"${etag(part, count)}"` })),
            Effect.onExit((exit) => Effect.sync(() => log.push(`${exit._tag === "Success" ? "<" : "x"} ${part}`)))
          )
        })
    }))
  ).pipe(Layer.provide(modelled.layer))
  const begun = yield* Clock.currentTimeMillis
  const sent = yield* play(
    sendParts({
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
      allowSourceChange: true,
      concurrency: 4,
      hedge,
      emit: (event) => Effect.sync(() => void events.push(event)),
      onStored: (part) => Effect.sync(() => void stored.push(part))
    }).pipe(
      Effect.flatMap((sent) => Effect.map(Clock.currentTimeMillis, (now) => ({ sent, seconds: (now - begun) / 1000 }))),
      Effect.provide(logged)
    )
  )
  return { ...sent, log, events, stored, puts: (part: number) => puts.get(String(part)) ?? 0 }
})

/** 2 s for a part, and 60 s for the last of 12 on the connection that it gets first. */
const slowLast: ModelledLine.Line = { each: 16 * mebi, slower: (n, attempt) => n === 12 && attempt === 1 ? 30 : 1 }

describe("a second copy of the slowest part", () => {
  it.effect("is not sent unless it is asked for", () =>
    Effect.gen(function*() {
      const { puts, seconds } = yield* send({ line: slowLast, parts: 12, hedge: false })
      assert.strictEqual(puts(12), 1)
      assert.isAbove(seconds, 60)
    }))

  it.effect("ends an upload when its last part has got a slow connection, and stops that", () =>
    Effect.gen(function*() {
      const { log, puts, seconds, sent, stored } = yield* send({ line: slowLast, parts: 12 })
      assert.isBelow(seconds, 13)
      assert.strictEqual(puts(12), 2)
      assert.deepStrictEqual(log.slice(-2).toSorted(), ["< 12", "x 12"])
      assert.deepStrictEqual(
        sent.map(({ partNumber }) => partNumber),
        Array.from({ length: 12 }, (_, index) => index + 1)
      )
      assert.strictEqual(stored.filter(({ partNumber }) => partNumber === 12).length, 1, "it is recorded once")
      assert.strictEqual(sent[11]?.attempts, 2)
    }))

  it.effect("is told as one part: its bytes add up", () =>
    Effect.gen(function*() {
      const { events } = yield* send({ line: slowLast, parts: 12 })
      const bytes = events.reduce(
        (sum, event) =>
          sum + (event._tag === "BytesSent" ? event.bytes : event._tag === "PartRetried" ? -event.bytes : 0),
        0
      )
      assert.strictEqual(bytes, 12 * partSize)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "PartCompleted").length, 12)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "PartStarted").length, 12)
    }))

  it.effect("is never sent while a part waits for a place, of this upload or another", () =>
    Effect.gen(function*() {
      const line = { ...slowLast, slower: (n: number, attempt: number) => n === 3 && attempt === 1 ? 30 : 1 }
      const { log, puts } = yield* send({ line, parts: 12 })
      assert.strictEqual(puts(3), 2)
      assert.isAbove(log.lastIndexOf("> 3"), log.indexOf("> 12"))

      const others = yield* (yield* UploadWindow).join({ concurrency: 4, onWidth: () => Effect.void })
      const queue = Effect.forEach(
        Array.from({ length: 400 }),
        () => others.withPlace(() => Effect.sleep("1 second")),
        { concurrency: "unbounded" }
      )
      const { puts: later } = yield* Effect.andThen(Effect.forkChild(queue), send({ line: slowLast, parts: 12 }))
      assert.strictEqual(later(12), 1)
    }))

  it.effect("is not sent of parts that take as long as all", () =>
    Effect.gen(function*() {
      const { log } = yield* send({ line: { each: 16 * mebi }, parts: 13 })
      assert.strictEqual(log.filter((line) => line.startsWith(">")).length, 13)
    }))

  it.effect("that fails is not tried again, and does no harm", () =>
    Effect.gen(function*() {
      const { puts, seconds, sent } = yield* send({
        line: {
          ...slowLast,
          failing: (n, attempt) => n === 12 && attempt > 1 ? { after: 0.5, status: null } : undefined
        },
        parts: 12
      })
      assert.strictEqual(puts(12), 2)
      assert.isAbove(seconds, 60)
      assert.strictEqual(sent.length, 12)
    }))

  it.effect("that may be whole is waited for when the first is stored, as it may be the last write", () =>
    Effect.gen(function*() {
      // The first ends in the moment in which the second is on its last bytes.
      const line: ModelledLine.Line = {
        each: 16 * mebi,
        slower: (n, attempt) => n === 12 ? attempt === 1 ? 4 : 1.6 : 1
      }
      const same = yield* send({ line, parts: 12 })
      assert.deepStrictEqual([same.puts(12), same.log.at(-1)], [2, "< 12"])
      assert.deepStrictEqual(same.log.slice(-2), ["< 12", "< 12"])

      // ETags that are not made of the bytes do not tell which write was the last: one more, alone, does.
      const differing = yield* send({ line, parts: 12, etag: (_, put) => `write-${put}` })
      assert.strictEqual(differing.puts(12), 3)
      assert.strictEqual(differing.sent[11]?.etag, "write-3")
      assert.deepStrictEqual(differing.log.slice(-2), ["> 12", "< 12"])
    }))

  it.effect("does not keep an upload from failing", () =>
    Effect.gen(function*() {
      const line: ModelledLine.Line = {
        ...slowLast,
        failing: (n, attempt) => n === 12 && attempt === 1 ? { after: 0.9, status: 403 } : undefined
      }
      const error = yield* Effect.flip(send({
        line: { ...line, slower: (n, attempt) => n === 12 ? attempt === 1 ? 5 : 100 : 1 },
        parts: 12
      }))
      assert.strictEqual(error._tag, "PartFailed")
      assert.notInstanceOf(error, PutFailed)
    }))
})
