import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import type { Options } from "@nunu-effect/emulator/EmulatorState"
import * as PartTransport from "@nunu-effect/upload/PartTransport"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import { Effect, Fiber, FileSystem, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { AdmissionPolicy } from "../../../src/durable/bot/Admission.ts"
import { ReleaseBot } from "../../../src/durable/bot/ReleaseBot.ts"
import * as Bot from "../../../src/durable/bot/ReleaseBot.ts"
import type { Submission } from "../../../src/durable/bot/Submission.ts"
import * as DurableEngine from "../../../src/durable/DurableEngine.ts"
import { isEnded, ReleaseId } from "../../../src/durable/Release.ts"
import { ReleaseLog, ReleaseLogError } from "../../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../../src/durable/ReleaseWorkflow.ts"
import { script } from "../../support/Emulated.ts"
import * as Durable from "../support/Durable.ts"

/** A bot on the memory engine, which may read what is in the folder for temporary files, and its emulator. */
const layer = (
  { book = (log) => log, key = "nunu_emulator", ledger = UploadLedger.layerMemory, policy = {}, ...options }:
    & Options
    & {
      /** The book of releases as the bot alone sees it. */
      readonly book?: (log: ReleaseLog["Service"]) => ReleaseLog["Service"]
      readonly ledger?: Layer.Layer<never>
      readonly policy?: Partial<AdmissionPolicy>
      readonly key?: string | (() => string)
    } = {}
) => {
  const apiKey = Effect.sync(() => Redacted.make(typeof key === "string" ? key : key()))
  const roots = Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orDie(fs.realPath("/tmp")))
  const nunu = Layer.unwrap(Effect.map(Emulator, ({ baseUrl }) => Nunu.layer({ apiKey, baseUrl })))
  return Layer.unwrap(Effect.map(roots, (root) => Bot.layer({ roots: [root], policy, apiKey }))).pipe(
    Layer.provide(Layer.effect(ReleaseLog, Effect.map(ReleaseLog, book))),
    Layer.provideMerge(ReleaseWorkflow.layer),
    Layer.provideMerge(DurableEngine.layerMemory),
    Layer.provideMerge(ledger),
    Layer.provideMerge(Layer.merge(nunu, PartTransport.layerHttpClient)),
    Layer.provideMerge(EmulatorNode.layer({ partSize: 1000, script: () => script(), ...options })),
    Layer.provideMerge(NodeServices.layer),
    Layer.orDie
  )
}

const submission = (path: string, id?: string, more: Partial<Submission> = {}): Submission => ({
  source: { _tag: "File", path },
  run: { multiplayerTestId: "test-1", deploymentConfigId: "deployment-1" },
  ...(id === undefined ? {} : { releaseId: ReleaseId.make(id) }),
  ...more
})

const ended = (id: string) => Durable.until(isEnded, id)

describe("a bot", () => {
  it.effect("carries what it takes to its verdict, once, however often it is submitted", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      const first = yield* bot.submit(submission(file, "one"))
      const second = yield* bot.submit(submission(file, "one"))
      assert.deepStrictEqual([first.isNew, second.isNew], [true, false])
      const { outcome } = yield* ended("one")
      assert.strictEqual(outcome?.status, "passed")
      fs.rmSync(file)
      assert.strictEqual((yield* bot.submit(submission(file, "one"))).record.status, "passed")
      const other = submission(file, "one", { branch: "other" })
      assert.strictEqual((yield* Effect.flip(bot.submit(other)))._tag, "ReleaseConflict")
      const { builds, jobs, violations } = yield* Durable.remote
      assert.deepStrictEqual([builds.length, jobs.length, violations], [1, 1, []])
      assert.include(JSON.parse(yield* bot.report("one")), { verdict: "passed" })
    }).pipe(Effect.provide(layer())))

  it.effect("makes up an id where there is none, a new one each time", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      const [one, two] = yield* Effect.all([bot.submit(submission(file)), bot.submit(submission(file))])
      assert.match(one.record.request.releaseId, /^19700101-000000-\w{6}$/)
      assert.notStrictEqual(one.record.request.releaseId, two.record.request.releaseId)
    }).pipe(Effect.provide(layer())))

  it.effect("refuses a file outside its folders", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const error = yield* Effect.flip(bot.submit(submission("/etc/passwd")))
      assert.strictEqual(error._tag, "SubmissionRefused")
      assert.include(error.message, "source.path: Expected a file in one of the bot's folders")
      assert.deepStrictEqual(yield* bot.list(), [])
    }).pipe(Effect.provide(layer())))

  it.effect("knows nothing of what nobody submitted", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const answer = { by: "ana", approved: true, comment: "" }
      const asked = [
        bot.get("x"),
        bot.report("x"),
        bot.cancel("x", { by: "ana" }),
        bot.approve("x", answer),
        bot.retry("x")
      ]
      for (const one of asked) {
        const error = yield* Effect.flip(Effect.asVoid(one as Effect.Effect<unknown, { readonly _tag: string }>))
        assert.strictEqual(error._tag, "ReleaseUnknown")
      }
    }).pipe(Effect.provide(layer())))

  it.effect("lets so many begin at once, and the next when one is over", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      for (const id of ["one", "two", "three"]) yield* bot.submit(submission(file, id))
      yield* Durable.until("waiting", "two")
      assert.strictEqual((yield* bot.get("three")).status, "queued")
      assert.deepInclude((yield* bot.state).unfinished, { queued: 1, held: 0 })
      yield* ended("three")
      const log = yield* bot.events()
      const place = (id: string, tag: string) =>
        log.find(({ event, releaseId }) => releaseId === id && event._tag === tag)?.seq ?? NaN
      assert.isAbove(place("three", "Admitted"), Math.min(place("one", "Ended"), place("two", "Ended")))
    }).pipe(Effect.provide(layer({ policy: { maxConcurrent: 2 } }))))

  it.effect("lets releases of one file upload it one after another, none of them in vain", () => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-bot-"))
    return Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      for (const id of ["one", "two", "three", "four"]) yield* bot.submit(submission(file, id))
      for (const id of ["one", "two", "three", "four"]) assert.strictEqual((yield* ended(id)).status, "passed")
      // A step that had to be done again says so.
      assert.notInclude((yield* bot.events()).map(({ event }) => event._tag), "Resumed")
      assert.strictEqual((yield* Durable.remote).builds.length, 4)
    }).pipe(
      Effect.provide(layer({ ledger: UploadNode.layerLedger(state) })),
      Effect.ensuring(Effect.sync(() => fs.rmSync(state, { recursive: true })))
    )
  })

  it.effect("ends the older release of a branch for a newer one, and undoes what it has begun", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      yield* bot.submit(submission(file, "old", { branch: "main" }))
      yield* bot.submit(submission(file, "other", { branch: "dev" }))
      yield* Durable.until("waiting", "old")
      yield* bot.submit(submission(file, "new", { branch: "main" }))
      assert.strictEqual((yield* ended("old")).status, "superseded")
      assert.strictEqual((yield* ended("new")).status, "passed")
      assert.strictEqual((yield* ended("other")).status, "passed")
      const asked = (yield* bot.events({ releaseId: "old" })).map(({ event }) => event)
      assert.deepInclude(asked, { _tag: "CancelAsked", by: "new", superseded: true })
      assert.deepStrictEqual((yield* Durable.remote).running, [])
    }).pipe(Effect.provide(layer())))

  it.effect("cancels, also in the queue, and asks for approval", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      yield* bot.submit(submission(file, "one", { approval: true }))
      yield* Durable.until("awaiting-approval", "one")
      yield* bot.submit(submission(file, "two"))
      yield* bot.submit(submission(file, "three"))
      yield* Durable.until("waiting", "two")
      assert.strictEqual((yield* bot.cancel("three", { by: "ana" })).status, "cancelled")
      const early = yield* Effect.flip(bot.approve("two", { by: "ana", approved: true, comment: "" }))
      assert.strictEqual(early._tag, "ReleaseConflict")
      yield* bot.approve("one", { by: "ana", approved: true, comment: "ship it" })
      assert.strictEqual((yield* ended("one")).status, "passed")
      yield* bot.cancel("two", { by: "ana" })
      yield* ended("two")
      const approved = (yield* bot.events({ releaseId: "one" })).map(({ event }) => event)
      assert.deepInclude(approved, { _tag: "Approved", by: "ana", approved: true, comment: "ship it" })
      assert.strictEqual((yield* Durable.remote).jobs.length, 2)
    }).pipe(Effect.provide(layer({ policy: { maxConcurrent: 1 } }))))

  it.effect("pauses while the storage is full, and goes on when there is room", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const emulator = yield* Emulator
      const file = yield* Durable.file
      yield* bot.submit(submission(file, "one"))
      yield* Durable.until("held", "one")
      yield* bot.submit(submission(file, "two"))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* bot.get("two")).status, "queued")
      const { paused } = yield* bot.state
      assert.deepInclude(paused, { why: "quota", releaseId: "one" })
      assert.include(paused?.message, "Cannot")
      yield* emulator.weather.clear
      yield* bot.retry("one")
      assert.strictEqual((yield* ended("one")).status, "passed")
      assert.strictEqual((yield* ended("two")).status, "passed")
      assert.isNull((yield* bot.state).paused)
    }).pipe(Effect.provide(layer({
      weather: [{ kind: "answer", status: 402, times: "always", when: { method: "POST", path: "/builds/upload" } }]
    }))))

  it.effect("tries again at once when its key has changed", () => {
    let key = "old"
    return Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      yield* bot.submit(submission(file, "one"))
      yield* Durable.until("held", "one")
      yield* TestClock.adjust("5 seconds")
      const before = yield* bot.state
      assert.strictEqual(before.paused?.why, "key")
      key = "new"
      const record = yield* ended("one")
      assert.strictEqual(record.status, "passed")
      const events = yield* bot.events({ releaseId: "one" })
      const resumed = events.find(({ event }) => event._tag === "Resumed")
      assert.isBelow((resumed?.at ?? NaN) - (before.paused?.since ?? 0), 30_000) // its own time would be after a minute
    }).pipe(Effect.provide(layer({
      key: () => key,
      keys: [{ key: "old", expiresAt: "1969-01-01" }, { key: "new" }]
    })))
  })

  it.effect("goes on when its store was away, or its engine died of that", () => {
    let away: "for all" | "for the queue" | null = "for all"
    return Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      const asked = [bot.submit(submission(file, "one")), bot.get("one"), bot.cancel("one", { by: "ana" }), bot.state]
      for (const one of asked) {
        const error = yield* Effect.flip(Effect.asVoid(one as Effect.Effect<unknown, { readonly _tag: string }>))
        assert.strictEqual(error._tag, "BotUnavailable")
      }
      away = "for the queue"
      yield* bot.submit(submission(file, "one"))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* bot.get("one")).status, "queued")
      away = null
      assert.strictEqual((yield* ended("one")).status, "passed")
    }).pipe(Effect.provide(layer({
      book: (log) => {
        const unless = <A>(is: () => boolean, effect: Effect.Effect<A, ReleaseLogError>) =>
          Effect.suspend(() => is() ? Effect.fail(new ReleaseLogError({ message: "Cannot reach the store" })) : effect)
        return ReleaseLog.of({
          ...log,
          get: (id) => unless(() => away === "for all", log.get(id)),
          counts: unless(() => away === "for all", log.counts),
          list: (options) =>
            Effect.suspend(() => away === "for the queue" ? Effect.die(new Error("no connection")) : log.list(options))
        })
      }
    })))
  })

  it.effect("drains: takes nothing, lets nothing begin, and ends what is followed; the next one goes on", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const file = yield* Durable.file
      for (const id of ["one", "two"]) yield* bot.submit(submission(file, id))
      yield* Durable.until("waiting", "one")
      const follower = yield* Effect.forkChild(Stream.runDrain(bot.follow()))
      yield* bot.drain
      yield* Fiber.await(follower)
      assert.isTrue((yield* bot.state).draining)
      const refused = yield* Effect.flip(bot.submit(submission(file, "three")))
      assert.strictEqual(refused._tag, "BotUnavailable")
      yield* ended("one")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* bot.get("two")).status, "queued")
      // The next one on the same store.
      yield* Effect.scoped(Effect.andThen(Bot.make({ roots: [] }), ended("two")))
      assert.strictEqual((yield* bot.get("two")).status, "passed")
    }).pipe(Effect.provide(layer({ policy: { maxConcurrent: 1 } }))))
})
