import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Cleanup from "../src/Cleanup.ts"
import * as Upload from "../src/Upload.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import * as UploadLedger from "../src/UploadLedger.ts"
import type { UploadSource } from "../src/UploadSource.ts"
import { bytesOf, fileOf, md5 } from "./support/Bytes.ts"
import type { Emulated, Passing, Reply, Spoil } from "./support/Emulated.ts"
import { answer, emulated, play, refuse, settle, Wire, withOtherKey } from "./support/Emulated.ts"
import { ledgers } from "./support/Ledgers.ts"
import { xml } from "./support/RawStorage.ts"

const bytes = bytesOf(5300)
const game = fileOf(bytes)

/** Uploads until the ledger has so many parts, and leaves it there. */
const leaveAfter = Effect.fnUntraced(function*(
  parts: number,
  options: Upload.UploadOptions = {},
  source: UploadSource = game
) {
  let started = yield* partsWritten
  const fiber = yield* Effect.forkChild(Upload.upload(source, {
    multipart: true,
    concurrency: 1,
    onInterrupt: "keep",
    ...options,
    onEvent: (event) => event._tag === "PartStarted" && started++ >= parts ? Effect.never : Effect.void
  }))
  const isThere = Effect.map(partsWritten, (written) => written >= parts && started > parts)
  while (!(yield* isThere)) yield* settle
  yield* Fiber.interrupt(fiber)
})

const records = Effect.flatMap(UploadLedger.UploadLedger, (ledger) => ledger.list)

const partsWritten = Effect.map(
  records,
  ([record]) => typeof record?.found === "object" ? record.found.parts.size : 0
)

/** Uploads, and keeps the events. Time stands still: with files it would fly, as the system takes its own. */
const uploading = Effect.fnUntraced(function*(source: UploadSource = game, options: Upload.UploadOptions = {}) {
  const events: Array<UploadEvent> = []
  const onEvent = (event: UploadEvent) => Effect.sync(() => void events.push(event))
  const receipt = yield* Upload.upload(source, { multipart: true, concurrency: 1, ...options, onEvent })
  return { receipt, events, why: events.find((event) => event._tag === "StartedAnew")?.why }
})

const count = (line: string) => Effect.map(Wire, ({ log }) => log.filter((sent) => sent === `> ${line}`).length)

const puts = Effect.map(Wire, ({ log }) => log.filter((line) => line.startsWith("> PUT")))

/** The build is there, byte for byte, and neither server nor ledger has anything else. */
const assertAllOver = Effect.fnUntraced(function*(buildId: string, expected: Uint8Array = bytes) {
  const emulator = yield* Emulator.Emulator
  assert.deepStrictEqual(yield* emulator.stored(buildId), { size: expected.length, md5: md5(expected) })
  assert.deepStrictEqual(yield* emulator.violations, [])
  assert.deepStrictEqual(yield* records, [])
})

const always = (line: string, reply: (passing: Passing) => Reply, from = 0): Spoil => (passing) =>
  passing.line === line && passing.before >= from ? reply(passing) : undefined

describe.each(ledgers)("with %s", (_, ledger) => {
  const holds = (
    name: string,
    body: Effect.Effect<void, unknown, Emulated>,
    spoil: Spoil = () => undefined
  ) => it.effect(name, () => body.pipe(Effect.provide(Layer.merge(emulated({ partSize: 1000, spoil }), ledger))))

  describe("an upload that was kept", () => {
    holds(
      "is finished by the next run, which sends only what is missing",
      Effect.gen(function*() {
        yield* leaveAfter(2)
        const { events, receipt } = yield* uploading()
        yield* assertAllOver(receipt.buildId)
        assert.deepInclude(receipt, { parts: 6, resumedParts: 2, attempts: 6, size: 5300, md5: null })
        assert.strictEqual(receipt.etag, compositeOf(bytes, 1000))
        assert.deepInclude(events[0], { _tag: "Resumed", parts: 2, bytes: 2000, totalParts: 6, size: 5300 })
        assert.strictEqual((yield* puts).length, 6)
        assert.strictEqual(yield* count("POST /builds/upload"), 1)
      })
    )

    holds(
      "can be left again and again",
      Effect.gen(function*() {
        for (const parts of [1, 2, 3, 5]) yield* leaveAfter(parts, {}, game)
        const { receipt } = yield* uploading()
        yield* assertAllOver(receipt.buildId)
        assert.deepInclude(receipt, { parts: 6, resumedParts: 5, attempts: 6 })
        assert.strictEqual((yield* puts).length, 6)
      })
    )

    holds(
      "is completed without sending anything when all parts are stored",
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Upload.upload(game, {
          multipart: true,
          onInterrupt: "keep",
          onEvent: (event) => event._tag === "Completing" ? Effect.never : Effect.void
        }))
        while ((yield* partsWritten) < 6) yield* settle
        yield* settle
        yield* Fiber.interrupt(fiber)
        const before = (yield* puts).length
        const { receipt } = yield* uploading()
        yield* assertAllOver(receipt.buildId)
        assert.strictEqual((yield* puts).length, before)
        assert.deepInclude(receipt, { parts: 6, resumedParts: 6 })
      })
    )

    for (
      const [what, source, expected] of [
        ["was written to", fileOf(bytesOf(5300, 2), { mtime: "2" }), "mtime"],
        ["has another size", fileOf(bytesOf(5301), {}), "size"],
        ["was replaced", fileOf(bytesOf(5300, 3), { inode: "2" }), "inode"]
      ] as const
    ) {
      holds(
        `is given up when its file ${what}, and uploaded anew`,
        Effect.gen(function*() {
          yield* leaveAfter(2)
          const { receipt, why } = yield* uploading(source)
          assert.strictEqual(why, `the file has changed since: ${expected}`)
          assert.strictEqual((yield* Wire).deletes.length, 1)
          assert.strictEqual(receipt.resumedParts, 0)
          const reader = yield* Effect.scoped(source.open)
          const whole = new Uint8Array(source.size)
          yield* reader(whole, 0)
          yield* assertAllOver(receipt.buildId, whole)
        })
      )
    }

    holds(
      "is given up when that is asked for, and uploaded anew",
      Effect.gen(function*() {
        yield* leaveAfter(2)
        const { receipt, why } = yield* uploading(game, { resume: false })
        assert.strictEqual(why, "that was asked for")
        assert.strictEqual((yield* Wire).deletes.length, 1)
        yield* assertAllOver(receipt.buildId)
      })
    )

    holds(
      "stays written down for a cleanup when it cannot be given up",
      Effect.gen(function*() {
        yield* leaveAfter(2)
        const { receipt, why } = yield* play(uploading(game, { resume: false }))
        assert.strictEqual(
          why,
          "that was asked for; it could not be cancelled now: it stays written down for a cleanup"
        )
        assert.strictEqual(receipt.resumedParts, 0)
        const left = yield* records
        assert.strictEqual(left.length, 1)
        assert.match(left[0]?.id ?? "", /~1$/)
        const again = yield* uploading()
        assert.strictEqual(again.receipt.resumedParts, 0)
        assert.isUndefined(again.why)
        assert.strictEqual((yield* records).length, 1)
      }),
      always("DELETE /builds/upload", (passing) => answer(passing, 500))
    )

    holds(
      "is dropped when the server has given it up by time",
      Effect.gen(function*() {
        yield* leaveAfter(2, { uploadTimeout: 30 })
        yield* TestClock.adjust("30 minutes")
        const { receipt, why } = yield* uploading()
        assert.strictEqual(why, "the server has given it up at 1970-01-01T00:30:00.000Z")
        assert.deepStrictEqual((yield* Wire).deletes, [])
        const emulator = yield* Emulator.Emulator
        assert.deepStrictEqual(yield* emulator.stored(receipt.buildId), { size: bytes.length, md5: md5(bytes) })
        assert.deepStrictEqual(yield* records, [])
      })
    )

    holds(
      "is taken up again just before that time",
      Effect.gen(function*() {
        yield* leaveAfter(2, { uploadTimeout: 30 })
        yield* TestClock.adjust("29 minutes")
        const { receipt } = yield* uploading()
        assert.strictEqual(receipt.resumedParts, 2)
        yield* assertAllOver(receipt.buildId)
      })
    )

    for (
      const [what, spoil] of [
        ["API", always("GET /builds/upload/parts", (passing) => answer(passing, 404), 1)],
        [
          "storage",
          (passing) =>
            passing.line.startsWith("PUT ")
              ? refuse(passing, 404, xml("NoSuchUpload", "It does not exist"))
              : undefined
        ]
      ] as const satisfies ReadonlyArray<readonly [string, Spoil]>
    ) {
      let forgotten = false
      holds(
        `is dropped when the ${what} does not know it any more, and uploaded anew`,
        Effect.gen(function*() {
          yield* leaveAfter(2)
          forgotten = true
          const { receipt, why } = yield* uploading()
          assert.strictEqual(why, "the server knows nothing of it any more")
          assert.strictEqual(receipt.resumedParts, 0)
          assert.deepStrictEqual((yield* Wire).deletes, [])
          const emulator = yield* Emulator.Emulator
          assert.deepStrictEqual(yield* emulator.stored(receipt.buildId), { size: bytes.length, md5: md5(bytes) })
          assert.deepStrictEqual(yield* records, [])
        }),
        (passing) => {
          if (!forgotten) return undefined
          const reply = spoil(passing)
          if (passing.line === "POST /builds/upload") forgotten = false
          return reply
        }
      )
    }

    describe("with another key, without a project,", () => {
      let isUnknown = false
      const unknown = (line: string): Spoil => (passing) => {
        if (!isUnknown || passing.line !== line) return undefined
        isUnknown = false
        return answer(passing, 404)
      }

      holds(
        "goes on all the same when the server knows it",
        Effect.gen(function*() {
          yield* leaveAfter(2)
          const { receipt } = yield* withOtherKey(uploading())
          assert.strictEqual(receipt.resumedParts, 2)
          yield* assertAllOver(receipt.buildId)
        })
      )

      holds(
        "stays written down when the server does not know it by that key, and is uploaded anew",
        Effect.gen(function*() {
          yield* leaveAfter(2)
          isUnknown = true
          const { receipt, why } = yield* withOtherKey(uploading())
          assert.strictEqual(
            why,
            "it was begun with another key, by which alone the server may know it; it stays written down for a cleanup"
          )
          assert.strictEqual(receipt.resumedParts, 0)
          assert.deepStrictEqual((yield* records).length, 1)
          assert.strictEqual((yield* Effect.map(Cleanup.cleanup, ([one]) => one))?.outcome, "cancelled")
        }),
        unknown("GET /builds/upload/parts")
      )

      holds(
        "stays written down when it is to be given up and the server does not know it by that key",
        Effect.gen(function*() {
          yield* leaveAfter(2)
          isUnknown = true
          const { why } = yield* withOtherKey(uploading(game, { resume: false }))
          assert.include(why ?? "", "it stays written down for a cleanup")
          assert.deepStrictEqual((yield* records).length, 1)
        }),
        unknown("DELETE /builds/upload")
      )

      holds(
        "is forgotten at a 404 when the project is told, as that is the same",
        Effect.gen(function*() {
          yield* leaveAfter(2, { projectId: "p" })
          isUnknown = true
          const { why } = yield* withOtherKey(uploading(game, { resume: false, projectId: "p" }))
          assert.strictEqual(why, "that was asked for")
          assert.deepStrictEqual(yield* records, [])
        }),
        unknown("DELETE /builds/upload")
      )
    })

    holds(
      "by one target is not that of another",
      Effect.gen(function*() {
        yield* leaveAfter(2)
        for (const options of [{ name: "Other" }, { tags: ["a"] }, { description: "d" }, { projectId: "p" }]) {
          const { receipt } = yield* uploading(game, options)
          assert.strictEqual(receipt.resumedParts, 0)
        }
        assert.strictEqual((yield* uploading(fileOf(bytes, { path: "/other/game.apk" }))).receipt.resumedParts, 0)
        const same = yield* uploading(game, { details: { ci: "another run" }, uploadTimeout: 99, concurrency: 2 })
        assert.strictEqual(same.receipt.resumedParts, 2)
      })
    )
  })

  describe("a resume that verifies", () => {
    holds(
      "sends again what is not as it was, though the file seems to be the same",
      Effect.gen(function*() {
        yield* leaveAfter(3)
        const other = bytes.slice()
        other[1500] = 0
        const { events, receipt } = yield* uploading(fileOf(other), { verifyResume: true })
        yield* assertAllOver(receipt.buildId, other)
        assert.deepInclude(events[0], { _tag: "Resumed", parts: 2, bytes: 2000 })
        assert.strictEqual((yield* puts).length, 7)
      })
    )

    holds(
      "sends nothing again when all is as it was",
      Effect.gen(function*() {
        yield* leaveAfter(3)
        const { receipt } = yield* uploading(game, { verifyResume: true })
        yield* assertAllOver(receipt.buildId)
        assert.strictEqual((yield* puts).length, 6)
      })
    )

    holds(
      "knows stored parts by their ETags where integrity was off",
      Effect.gen(function*() {
        yield* leaveAfter(3, { integrity: "off" })
        const { receipt } = yield* uploading(game, { verifyResume: true, integrity: "off" })
        yield* assertAllOver(receipt.buildId)
        assert.strictEqual((yield* puts).length, 6)
      })
    )
  })

  describe("a second upload of the same file while the first lives", () => {
    holds(
      "is refused, and says who has it",
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Upload.upload(game, {
          multipart: true,
          onEvent: (event) => event._tag === "PartStarted" ? Effect.never : Effect.void
        }))
        while ((yield* records).length === 0) yield* settle
        const error = yield* Effect.flip(Upload.upload(game, { multipart: true }))
        assert(error.reason._tag === "UploadInUse", error.message)
        assert.match(error.message, /^Cannot upload this file: process \d+ on .* has been doing so since 1970-01-01/)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* records, [])
        const { receipt } = yield* uploading()
        yield* assertAllOver(receipt.buildId)
      })
    )
  })
})

describe("without a ledger", () => {
  it.effect("nothing can be kept, and that is said before any request", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Upload.upload(game, { onInterrupt: "keep" }))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.deepStrictEqual((yield* Wire).log, [])
    }).pipe(Effect.provide(emulated())))
})

/** What storage of S3's kind says of an object in parts. */
const compositeOf = (whole: Uint8Array, partSize: number): string => {
  const parts: Array<Buffer> = []
  for (let at = 0; at < whole.length; at += partSize) {
    parts.push(Buffer.from(md5(whole.subarray(at, at + partSize)), "hex"))
  }
  return `${md5(Buffer.concat(parts))}-${parts.length}`
}
