import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import * as Raw from "../src/Raw.ts"
import { Run, RunResult, RunState } from "../src/Run.ts"
import * as Runs from "./fixtures/Runs.ts"
import { answering, runId } from "./support/Client.ts"

const get = (body: unknown) => answering({ status: 200, body }, (nunu) => nunu.runs.get(runId))
const list = (body: unknown) => answering({ status: 200, body }, (nunu) => nunu.runs.list())
const iso = (date: DateTime.Utc | null) => date === null ? null : DateTime.formatIso(date)

describe("Run", () => {
  it.effect("of early January 2026 is read in upper case, with FAILURE as FAILED", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.early)
      assert.strictEqual(run.runId, "k3v9x1q8m2zt")
      assert.strictEqual(run.state, "COMPLETED")
      assert.strictEqual(run.result, "FAILED")
      assert.strictEqual(run.players[0]?.state, "COMPLETED")
      assert.strictEqual(run.players[0]?.result, "FAILED")
      assert.strictEqual(run.players[0]?.playerNumber, 0)
      assert.deepStrictEqual(run.players[0]?.platform, { type: "android", device: "Pixel 7" })
      assert.deepStrictEqual(run.bugInfo, { bugLabel: "no_bugs", bugCount: 0 })
      assert.strictEqual(iso(run.startedAt), "2026-01-09T08:15:30.000Z")
      assert.strictEqual(run.durationMs, 240000)
    }))

  it.effect("of early January 2026 has null and empty lists for what came later", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.early)
      assert.isNull(run.jobId)
      assert.isNull(run.testPlanExecutionId)
      assert.isNull(run.build)
      assert.isNull(run.templatingEnabled)
      assert.isNull(run.templateData)
      assert.isNull(run.players[0]?.compositeTestId)
      assert.deepStrictEqual(run.players[0]?.artifacts, [])
      assert.deepStrictEqual(run.players[0]?.steps, [])
    }))

  it.effect("of the middle months may be under way, with null for what is not known yet", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.middle)
      assert.strictEqual(run.state, "RUNNING")
      assert.isNull(run.result)
      assert.isNull(run.completedAt)
      assert.isNull(run.durationMs)
      assert.isNull(run.initiator)
      assert.deepStrictEqual(run.players, [])
      assert.strictEqual(iso(run.createdAt), "2026-02-17T11:00:00.250Z")
    }))

  it.effect("of the latest shape keeps the 11 characters of its id and the fraction of its duration", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.latest)
      assert.strictEqual(run.runId, "7hd02mqx4vb")
      assert.strictEqual(run.jobId, "5d0f6c1e-8b1d-4f0e-9a37-0c5f2f8f6a11")
      assert.strictEqual(run.result, "SUCCESS")
      assert.strictEqual(run.durationMs, 240659.99)
      assert.strictEqual(run.build?.name, "Space Miner 1.4")
      assert.strictEqual(run.players[0]?.id, "7hd02mqx4vb-1")
      assert.strictEqual(run.players[0]?.playerNumber, 1)
    }))

  it.effect("reads microseconds and offsets as moments", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.latest)
      assert.strictEqual(iso(run.createdAt), "2026-04-12T09:30:00.123Z")
      assert.strictEqual(iso(run.startedAt), "2026-04-12T09:30:05.500Z")
    }))

  it.effect("in the single view has artifacts, steps and template data", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.single)
      assert.strictEqual(run.templatingEnabled, true)
      assert.deepStrictEqual(run.templateData, { hero: "Ada" })
      const [player] = run.players
      assert.deepStrictEqual(player?.artifacts.map((artifact) => [artifact.filename, artifact.size]), [
        ["videos/full.mp4", 7340032]
      ])
      const [first, second] = player?.steps ?? []
      assert.strictEqual(first?.state, "COMPLETED")
      assert.strictEqual(first?.result, "SUCCESS")
      assert.strictEqual(first?.durationMs, 60000.5)
      assert.strictEqual(second?.state, "PENDING")
      assert.isNull(second?.endTime)
      assert.isNull(second?.durationMs)
    }))

  it.effect("keeps words that are not known, in upper case, and never as a success", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.unknownWords)
      assert.strictEqual(run.state, "PAUSED")
      assert.strictEqual(run.result, "PARTLY_SUCCESSFUL")
      assert.notStrictEqual(run.result, "SUCCESS")
    }))

  it.effect("needs no more than an id and a state", () =>
    Effect.gen(function*() {
      const run = yield* get(Runs.bare)
      assert.strictEqual(run.state, "INITIALIZING")
      assert.isNull(run.result)
      assert.isNull(run.createdAt)
      assert.deepStrictEqual(run.tags, [])
    }))

  it.effect("without an id cannot be read", () =>
    Effect.gen(function*() {
      const error = yield* get({ ...Runs.bare, multiplayer_run_id: undefined }).pipe(Effect.flip)
      assert.strictEqual(error._tag, "UnexpectedResponse")
      assert.include(error.message, "multiplayer_run_id")
    }))

  it.effect("is listed in pages that may mix generations", () =>
    Effect.gen(function*() {
      const page = yield* list(Runs.list)
      assert.deepStrictEqual(page.data.map((run) => run.result), ["SUCCESS", null, "FAILED"])
      assert.deepStrictEqual(page.pagination, { page: 0, pageSize: 20, totalCount: 3, totalPages: 1 })
    }))

  it.effect("is read out of an object that has nothing else", () =>
    Effect.gen(function*() {
      const run = yield* get({ run: Runs.single })
      assert.deepStrictEqual(run, yield* get(Runs.single))
      assert.deepStrictEqual<unknown>(Raw.of(run), Runs.single)
    }))

  it.effect("survives being written and read again", () =>
    Effect.gen(function*() {
      const codec = Schema.toCodecJson(Run)
      const run = yield* Schema.decodeEffect(codec)(Runs.single)
      const again = yield* Schema.decodeEffect(codec)(yield* Schema.encodeEffect(codec)(run))
      assert.deepStrictEqual(again, run)
    }))
})

describe("RunResult", () => {
  const read = Schema.decodeUnknownSync(RunResult)

  it.each([
    ["success", "SUCCESS"],
    ["Passed", "SUCCESS"],
    ["failure", "FAILED"],
    ["FAILED", "FAILED"],
    ["error", "ERROR"],
    ["max_steps", "MAX_STEPS"],
    ["STOPPED", "STOPPED"]
  ])("reads %s as %s", (word, result) => {
    assert.strictEqual(read(word), result)
  })

  it.prop("is SUCCESS for no word but success and passed", [Schema.String], ([word]) => {
    const isSuccess = /^(success|passed)$/i.test(word)
    return (read(word) === "SUCCESS") === isSuccess
  })

  it.each(["succeeded", "success ", "PARTIAL_SUCCESS", ""])("does not take \"%s\" for a success", (word) => {
    assert.notStrictEqual(read(word), "SUCCESS")
  })
})

describe("RunState", () => {
  it.each(["initializing", "Running", "COMPLETED"])("reads %s in upper case", (word) => {
    assert.strictEqual(Schema.decodeSync(RunState)(word), word.toUpperCase())
  })
})
