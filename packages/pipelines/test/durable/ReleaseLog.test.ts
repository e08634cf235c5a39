import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Redacted, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { afterAll, beforeAll } from "vitest"
import * as DurableEngine from "../../src/durable/DurableEngine.ts"
import { ReleaseId, type ReleaseOutcome } from "../../src/durable/Release.ts"
import type { ReleaseEvent } from "../../src/durable/ReleaseEvent.ts"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import { ReleaseSteps } from "../../src/durable/ReleaseSteps.ts"
import * as ReleaseStoreSql from "../../src/durable/ReleaseStoreSql.ts"
import { RunWaits } from "../../src/durable/RunWaits.ts"
import { jobId } from "../support/Fixtures.ts"
import { pass } from "../support/TestTime.ts"
import { requestOf } from "./support/Durable.ts"
import * as PostgresServer from "./support/PostgresServer.ts"

const outcome: ReleaseOutcome = {
  status: "passed",
  summary: "All is well",
  buildId: null,
  jobIds: [jobId()],
  bugs: [],
  leftBehind: []
}

const request = (number: number, branch?: string) =>
  requestOf("/builds/bridge.apk", {
    releaseId: ReleaseId.make(`release-${number}`),
    ...(branch === undefined ? {} : { branch })
  })

const held: ReleaseEvent = { _tag: "Held", why: "quota", message: "full" }

/** The laws of a store, whichever keeps it. */
const laws = (layer: () => Layer.Layer<ReleaseLog | ReleaseSteps | RunWaits, unknown>) => {
  it.effect("takes a release down once, and gives it back as it was", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      yield* TestClock.adjust("1 minute")
      const first = yield* log.submit({
        ...request(1, "main"),
        run: { multiplayerTestId: "t", deploymentConfigId: "d", templateData: { user: "a" }, extra: { more: 2 } },
        baseline: { version: 1, bugs: [{ bugId: "b", reason: "r", owner: "o", until: "2027-01-01" }] }
      })
      const again = yield* log.submit(request(1, "other"))
      assert.isTrue(first.isNew)
      assert.isFalse(again.isNew)
      assert.deepStrictEqual(again.record, first.record)
      assert.deepInclude(first.record, { status: "queued", outcome: null, submittedAt: 60_000, updatedAt: 60_000 })
      assert.deepStrictEqual(Option.getOrNull(yield* log.get("release-1")), first.record)
      assert.deepStrictEqual(yield* log.get("release-2"), Option.none())
    }).pipe(Effect.provide(layer())))

  it.effect("writes each event once for its key, and its status follows from it", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      yield* log.submit(request(1))
      yield* log.append("release-1", "a", { _tag: "Admitted" })
      yield* log.append("release-1", "b", held)
      yield* log.append("release-1", "b", { _tag: "Resumed" })
      yield* log.append("release-1", "c", { _tag: "CancelAsked", by: "alice", superseded: false })
      yield* log.append("release-1", "d", { _tag: "Resumed" })
      const events = yield* log.events({ releaseId: "release-1" })
      assert.deepStrictEqual(events.map(({ event, status }) => [event._tag, status]), [
        ["Queued", "queued"],
        ["Admitted", "uploading"],
        ["Held", "held"],
        ["CancelAsked", "held"],
        ["Resumed", "uploading"]
      ])
      assert.deepStrictEqual(events.map(({ seq }) => seq), [1, 2, 3, 4, 5])
      assert.deepStrictEqual(events[2]?.event, held)
      assert.strictEqual(yield* log.last, 5)
    }).pipe(Effect.provide(layer())))

  it.effect("lets nothing follow the end", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      yield* log.submit(request(1))
      yield* log.append("release-1", "ended", { _tag: "Ended", outcome })
      yield* log.append("release-1", "later", { _tag: "Admitted" })
      const record = Option.getOrThrow(yield* log.get("release-1"))
      assert.deepInclude(record, { status: "passed", outcome })
      assert.strictEqual((yield* log.events()).length, 2)
    }).pipe(Effect.provide(layer())))

  it.effect("refuses events of a release that nobody has submitted", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      const error = yield* Effect.flip(log.append("release-9", "a", { _tag: "Admitted" }))
      assert.strictEqual(error.message, "Cannot write down what happened to release release-9: it is not known")
    }).pipe(Effect.provide(layer())))

  it.effect("lists the newest first, by status and branch, a page at a time, and counts them", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      for (const [number, branch] of [[1, "main"], [2, "main"], [3, "other"]] as const) {
        yield* TestClock.adjust("1 second")
        yield* log.submit(request(number, branch))
      }
      yield* log.append("release-2", "a", { _tag: "Admitted" })
      const ids = (options: Parameters<typeof log.list>[0]) =>
        Effect.map(log.list(options), (records) => records.map(({ request }) => request.releaseId.at(-1)).join(""))
      assert.strictEqual(yield* ids({}), "321")
      assert.strictEqual(yield* ids({ branch: "main" }), "21")
      assert.strictEqual(yield* ids({ status: ["queued"] }), "31")
      assert.strictEqual(yield* ids({ status: [] }), "")
      assert.strictEqual(yield* ids({ limit: 2 }), "32")
      assert.strictEqual(yield* ids({ before: "release-3" }), "21")
      assert.strictEqual(yield* ids({ before: "release-3", branch: "main", limit: 1 }), "2")
      assert.strictEqual(yield* ids({ before: "release-9" }), "")
      assert.deepStrictEqual(yield* log.counts, { queued: 2, uploading: 1 })
    }).pipe(Effect.provide(layer())))

  it.effect("loses none between two pages, of those that were submitted in one millisecond", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      for (const number of [4, 2, 5, 1, 3]) yield* log.submit(request(number))
      const seen: Array<string> = []
      let page = yield* log.list({ limit: 2 })
      while (page.length > 0) {
        seen.push(...page.map(({ request }) => request.releaseId))
        page = yield* log.list({ limit: 2, before: seen.at(-1) ?? "" })
      }
      assert.deepStrictEqual(seen.toSorted(), [1, 2, 3, 4, 5].map((number) => `release-${number}`))
    }).pipe(Effect.provide(layer())))

  it.effect("is followed from any place, without a gap between what is there and what comes", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      yield* log.submit(request(1))
      yield* log.submit(request(2))
      const all = yield* Effect.forkChild(log.follow({ after: 1 }).pipe(Stream.take(4), Stream.runCollect))
      const one = yield* Effect.forkChild(
        log.follow({ releaseId: "release-1" }).pipe(Stream.take(3), Stream.runCollect)
      )
      yield* log.append("release-1", "a", { _tag: "Admitted" })
      yield* log.append("release-2", "a", { _tag: "Admitted" })
      yield* log.append("release-1", "b", held)
      assert.deepStrictEqual((yield* yield* pass(all)).map(({ seq }) => seq), [2, 3, 4, 5])
      assert.deepStrictEqual((yield* yield* pass(one)).map(({ seq }) => seq), [1, 3, 5])
    }).pipe(Effect.provide(layer())))

  it.effect("keeps the report of a release", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      yield* log.submit(request(1))
      assert.deepStrictEqual(yield* log.report("release-1"), Option.none())
      yield* log.putReport("release-1", "{}")
      assert.deepStrictEqual(yield* log.report("release-1"), Option.some("{}"))
    }).pipe(Effect.provide(layer())))

  it.effect("lets only the latest attempt at a step write", () =>
    Effect.gen(function*() {
      const steps = yield* ReleaseSteps
      assert.strictEqual(yield* steps.look("release-1", "Upload"), null)
      const first = yield* steps.begin("release-1", "Upload")
      assert.deepStrictEqual({ ...first }, { number: 1, note: null })
      assert.isTrue(yield* steps.write("release-1", "Upload", { ...first, note: "one" }))
      const second = yield* steps.begin("release-1", "Upload")
      assert.deepStrictEqual({ ...second }, { number: 2, note: "one" })
      assert.isFalse(yield* steps.write("release-1", "Upload", { ...first, note: "two" }))
      assert.deepStrictEqual({ ...yield* steps.look("release-1", "Upload") }, { number: 2, note: "one" })
      assert.deepStrictEqual({ ...yield* steps.begin("release-1", "Start") }, { number: 1, note: null })
    }).pipe(Effect.provide(layer())))

  it.effect("keeps one wait of a release, until it is removed", () =>
    Effect.gen(function*() {
      const waits = yield* RunWaits
      const wait = { releaseId: "release-1", token: "token", jobIds: [jobId(1), jobId(2)], deadline: 1e12 }
      yield* waits.add(wait)
      yield* waits.add({ ...wait, token: "other", deadline: null })
      yield* waits.add({ ...wait, releaseId: "release-2", deadline: null })
      assert.deepStrictEqual(yield* waits.list, [wait, { ...wait, releaseId: "release-2", deadline: null }])
      yield* waits.remove("release-1")
      assert.deepStrictEqual((yield* waits.list).map(({ releaseId }) => releaseId), ["release-2"])
    }).pipe(Effect.provide(layer())))
}

/** The laws of a store that is kept for months. */
const lawsOfKept = (layer: () => Layer.Layer<ReleaseLog, unknown>) => {
  it.effect("keeps the last word only of how far an upload is", () =>
    Effect.gen(function*() {
      const log = yield* ReleaseLog
      const progress = (sent: number): ReleaseEvent => ({ _tag: "UploadProgress", buildId: null, sent, size: 9 })
      for (const number of [1, 2]) {
        yield* log.submit(request(number))
        for (const sent of [1, 2, 3]) yield* log.append(`release-${number}`, `progress/${sent}`, progress(sent))
      }
      yield* log.append("release-1", "held", held)
      assert.deepStrictEqual((yield* log.events()).map(({ event, releaseId, seq }) => [seq, releaseId, event]), [
        [1, "release-1", { _tag: "Queued" }],
        [4, "release-1", progress(3)],
        [5, "release-2", { _tag: "Queued" }],
        [8, "release-2", progress(3)],
        [9, "release-1", held]
      ])
    }).pipe(Effect.provide(layer())))
}

describe("the book of releases in memory", () => {
  laws(() => DurableEngine.layerMemory)
})

describe("the book of releases in SQLite", () => {
  laws(() => DurableEngine.layerSqlite(":memory:"))
  lawsOfKept(() => DurableEngine.layerSqlite(":memory:"))
})

describe("the book of releases in Postgres", () => {
  const scope = Scope.makeUnsafe()
  let database: Effect.Effect<string> = Effect.die(new Error("not there yet"))
  beforeAll(async () => {
    database = (await Effect.runPromise(Scope.provide(PostgresServer.make, scope))).database
  }, 60_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  /** A new database for each. */
  const layer = Effect.suspend(() => database).pipe(
    Effect.map((url) =>
      Layer.provide(ReleaseStoreSql.layer, PgClient.layer({ url: Redacted.make(url), maxConnections: 3 }))
    ),
    Layer.unwrap,
    Layer.fresh
  )
  laws(() => layer)
  lawsOfKept(() => layer)
})
