import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core"
import { BuildId } from "@nunu-effect/core/Build"
import { Emulator } from "@nunu-effect/emulator"
import { Effect, Fiber, FileSystem, Layer, type Path, type Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Cleanup from "../src/Cleanup.ts"
import * as LedgerOwnerNode from "../src/LedgerOwnerNode.ts"
import * as Upload from "../src/Upload.ts"
import { LedgerFailed } from "../src/UploadError.ts"
import * as UploadLedger from "../src/UploadLedger.ts"
import { bytesOf, fileOf } from "./support/Bytes.ts"
import type { Emulated, Spoil } from "./support/Emulated.ts"
import { answer, answerLost, emulated, play, settle, Wire, withOtherKey } from "./support/Emulated.ts"
import { ledgers } from "./support/Ledgers.ts"

const game = fileOf(bytesOf(5300))
const reserving = "POST /builds/upload"
const completing = "POST /builds/upload/complete"

const records = Effect.flatMap(UploadLedger.UploadLedger, (ledger) => ledger.list)

/** Uploads in parts up to an event of that number and tag, and leaves it there. */
const leaveAt = Effect.fnUntraced(function*(tag: string, options: Upload.UploadOptions = {}, source = game) {
  let there = false
  const fiber = yield* Effect.forkChild(Upload.upload(source, {
    multipart: true,
    onInterrupt: "keep",
    ...options,
    onEvent: (event) => {
      if (event._tag === tag) there = true
      return there && event._tag !== "Kept" && event._tag !== "Aborted" ? Effect.never : Effect.void
    }
  }))
  const isThere = Effect.sync(() => there)
  while (!(yield* isThere)) yield* settle
  yield* settle
  return fiber
})

const outcomes = Effect.map(Cleanup.cleanup, (cleaned) => cleaned.map(({ outcome }) => outcome))

describe.each(ledgers)("a cleanup, %s,", (_, ledger) => {
  const holds = (name: string, body: Effect.Effect<void, unknown, Emulated>, spoil: Spoil = () => undefined) =>
    it.effect(name, () => body.pipe(Effect.provide(Layer.merge(emulated({ partSize: 1000, spoil }), ledger))))

  holds(
    "of one build leaves all others alone",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      yield* Effect.flatMap(leaveAt("PartCompleted", { name: "Other" }), Fiber.interrupt)
      const [first, other] = yield* Cleanup.list
      assert.strictEqual(yield* Cleanup.cleanupBuild(BuildId.make(first?.buildId ?? "")), "cancelled")
      assert.deepStrictEqual((yield* Cleanup.list).map(({ id }) => id), [other?.id])
      assert.strictEqual(yield* Cleanup.cleanupBuild(BuildId.make(first?.buildId ?? "")), null)
    })
  )

  holds(
    "gives up what was kept, with one DELETE each, and forgets it",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      yield* Effect.flatMap(leaveAt("Initiated", { name: "Other" }), Fiber.interrupt)
      const listed = yield* Cleanup.list
      assert.strictEqual(listed.length, 2)
      for (const left of listed) {
        assert.deepInclude(left, {
          problem: null,
          fileName: "game.apk",
          path: "/games/game.apk",
          totalParts: 6,
          startedAt: 0,
          until: 3_600_000,
          owner: null
        })
      }
      assert.deepStrictEqual(yield* outcomes, ["cancelled", "cancelled"])
      assert.strictEqual((yield* Wire).deletes.length, 2)
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
      assert.deepStrictEqual(yield* records, [])
      assert.deepStrictEqual(yield* outcomes, [])
    })
  )

  holds(
    "leaves alone what a living process works on",
    Effect.gen(function*() {
      const fiber = yield* leaveAt("PartStarted")
      const [left] = yield* Cleanup.list
      assert.isNotNull(left?.owner)
      assert.deepStrictEqual(yield* outcomes, ["in-use"])
      assert.deepStrictEqual((yield* Wire).deletes, [])
      yield* Fiber.interrupt(fiber)
    })
  )

  holds(
    "takes a 404 for an end",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      assert.deepStrictEqual(yield* outcomes, ["cancelled"])
      assert.deepStrictEqual(yield* records, [])
    }),
    (passing) => passing.line.startsWith("DELETE") ? answer(passing, 404) : undefined
  )

  holds(
    "takes no 404 for an end where another key gets it, which may be that of another project",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      assert.deepStrictEqual(yield* withOtherKey(outcomes), ["other-key"])
      assert.strictEqual((yield* records).length, 1)
      assert.deepStrictEqual(yield* outcomes, ["cancelled"])
    }),
    (passing) => passing.line.startsWith("DELETE") ? answer(passing, 404) : undefined
  )

  holds(
    "gives up with another key what the server knows by it",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      assert.deepStrictEqual(yield* withOtherKey(outcomes), ["cancelled"])
      assert.deepStrictEqual(yield* records, [])
    })
  )

  holds(
    "keeps what the server could not be told of",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      assert.deepStrictEqual(yield* play(outcomes), ["not-cancelled"])
      assert.strictEqual((yield* records).length, 1)
    }),
    (passing) => passing.line.startsWith("DELETE") ? answer(passing, 403) : undefined
  )

  holds(
    "forgets without a request what the server has given up by time",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* outcomes, ["expired"])
      assert.deepStrictEqual((yield* Wire).deletes, [])
      assert.deepStrictEqual(yield* records, [])
    })
  )

  holds(
    "says of a reservation whose answer never came that storage may stay reserved, until it cannot any more",
    Effect.gen(function*() {
      const error = yield* Effect.flip(Upload.upload(game, { multipart: true }))
      assert.strictEqual(error.reason._tag, "InitiateFailed")
      assert.deepInclude((yield* Cleanup.list)[0], { buildId: null, until: 3_600_000, parts: 0 })
      assert.deepStrictEqual(yield* outcomes, ["maybe-reserved"])
      assert.strictEqual((yield* records).length, 1)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* outcomes, ["expired"])
      assert.deepStrictEqual(yield* records, [])
    }),
    (passing) => passing.line === reserving ? answerLost(passing) : undefined
  )

  holds(
    "finds out that what was being completed is a build, and deletes nothing",
    Effect.gen(function*() {
      const error = yield* Effect.flip(play(Upload.upload(game, { multipart: true })))
      assert.strictEqual(error.reason._tag, "CompletionUncertain")
      assert.deepStrictEqual(yield* outcomes, ["complete"])
      assert.deepStrictEqual((yield* Wire).deletes, [])
      assert.deepStrictEqual(yield* records, [])
    }),
    (passing) => passing.line === completing ? answerLost(passing) : undefined
  )

  holds(
    "leaves alone what may be a build, when that cannot be found out",
    Effect.gen(function*() {
      yield* Effect.flip(play(Upload.upload(game, { multipart: true })))
      assert.deepStrictEqual(yield* play(outcomes), ["not-cancelled"])
      assert.deepStrictEqual((yield* Wire).deletes, [])
      assert.strictEqual((yield* records).length, 1)
    }),
    (passing) =>
      passing.line === completing
        ? answerLost(passing)
        : /^GET \/builds\/[^u]/.test(passing.line)
        ? answer(passing, 500)
        : undefined
  )

  holds(
    "leaves alone what is at another API, or in another project",
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted", { projectId: "p1" }), Fiber.interrupt)
      const { apiKey, baseUrl } = yield* Emulator.Emulator
      for (const options of [{ baseUrl, projectId: "p2" }, { baseUrl: "http://localhost:1/api/v1" }]) {
        const other = Nunu.layer({ apiKey, ...options }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, dead)))
        assert.deepStrictEqual(yield* Effect.provide(outcomes, other), ["elsewhere"])
      }
      assert.deepStrictEqual(yield* outcomes, ["cancelled"])
    })
  )
})

describe("a cleanup of a folder", () => {
  const inFolder = <E>(
    body: (folder: string) => Effect.Effect<void, E, Emulated | FileSystem.FileSystem | Path.Path | Scope.Scope>
  ) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-ledger-" })
      const ledger = UploadLedger.layerFileSystem(folder).pipe(Layer.provide(LedgerOwnerNode.layer))
      yield* body(folder).pipe(Effect.provide(Layer.merge(emulated({ partSize: 1000 }), ledger)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

  it.effect("gives up what it can read, and names each time what it cannot", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const fs = yield* FileSystem.FileSystem
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      yield* fs.makeDirectory(`${folder}/a-folder.jsonl`)
      yield* fs.writeFileString(`${folder}/half.jsonl`, "{\"version\":1,\n")
      yield* fs.writeFileString(`${folder}/old.corrupt-1`, "{")
      for (const expected of [["unreadable", "cancelled", "unreadable", "unreadable"], Array(3).fill("unreadable")]) {
        const cleaned = yield* Cleanup.cleanup
        assert.deepStrictEqual(cleaned.map(({ outcome }) => outcome), expected)
        const problems = cleaned.flatMap(({ left }) => left.problem ?? []).map((problem) =>
          problem.split(folder).join("")
        )
        assert.match(problems[0] ?? "", /^\/a-folder\.jsonl cannot be read: EISDIR/)
        assert.deepStrictEqual(problems.slice(1), [
          "/half.jsonl cannot be read: line 1 is not the beginning of a record",
          "/old.corrupt-1 was set aside as it could not be read: remove it by hand"
        ])
      }
    })))

  it.effect("goes on when one cannot be forgotten, and says why", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(leaveAt("PartCompleted"), Fiber.interrupt)
      yield* Effect.flatMap(leaveAt("PartCompleted", { name: "Other" }), Fiber.interrupt)
      const ledger = yield* UploadLedger.UploadLedger
      const failed = new LedgerFailed({ folder: "/state", detail: "ENOSPC" })
      let claims = 0
      const cleaned = yield* Effect.provideService(Cleanup.cleanup, UploadLedger.UploadLedger, {
        ...ledger,
        claim: (id) =>
          Effect.map(ledger.claim(id), (claim) => claims++ === 0 ? { ...claim, remove: Effect.fail(failed) } : claim)
      })
      assert.deepStrictEqual(cleaned.map(({ left, outcome }) => [outcome, left.problem]), [
        ["unreadable", failed.message],
        ["cancelled", null]
      ])
    }).pipe(Effect.provide(Layer.merge(emulated({ partSize: 1000 }), UploadLedger.layerMemory))))
})

const dead = HttpClient.make(() => Effect.die(new Error("nobody should be asked")))
