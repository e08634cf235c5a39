import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { BugOccurrence } from "../src/Bug.ts"
import { Build } from "../src/Build.ts"
import { Job } from "../src/Job.ts"
import * as Raw from "../src/Raw.ts"
import { Run } from "../src/Run.ts"
import * as Bugs from "./fixtures/Bugs.ts"
import * as Jobs from "./fixtures/Jobs.ts"
import * as Runs from "./fixtures/Runs.ts"
import * as Uploads from "./fixtures/Uploads.ts"
import { answering, runId } from "./support/Client.ts"

describe("the wire object of a model", () => {
  it.effect("has all that the server sent, in its own words", () =>
    Effect.gen(function*() {
      const body = { ...Runs.early, mood: { calm: true } }
      const run = yield* answering({ status: 200, body }, (nunu) => nunu.runs.get(runId))
      assert.strictEqual(run.result, "FAILED")
      assert.deepStrictEqual<unknown>(Raw.of(run), body)
    }))

  it.effect("is known of each item of a list, whatever the generation", () =>
    Effect.gen(function*() {
      const runs = yield* answering({ status: 200, body: Runs.list }, (nunu) => nunu.runs.list())
      assert.deepStrictEqual<unknown>(runs.data.map(Raw.of), Runs.list.data)
      for (const body of [Bugs.early, { ...Bugs.latest, data: [Bugs.occurrence] }]) {
        const bugs = yield* answering({ status: 200, body }, (nunu) => nunu.runs.bugs(runId))
        assert.deepStrictEqual<unknown>(bugs.data.map(Raw.of), [Bugs.occurrence])
      }
    }))

  it("has what is not known within its parts too", () => {
    const wire = {
      ...Runs.single,
      test: { ...Runs.single.test, news: 1 },
      players: Runs.single.players.map((player) => ({
        ...player,
        news: 2,
        artifacts: player.artifacts.map((artifact) => ({ ...artifact, news: 3 })),
        steps: player.steps.map((step) => ({ ...step, news: 4 }))
      }))
    }
    const run = Schema.decodeSync(Schema.toCodecJson(Run))(wire)
    assert.deepStrictEqual<unknown>(Raw.of(run), wire)
  })

  it("is not known of a model that was made or copied", () => {
    const run = Schema.decodeSync(Run)(Runs.bare)
    assert.isDefined(Raw.of(run))
    assert.isUndefined(Raw.of({ ...run }))
  })

  it("leaves no trace on the model, and is not written", () => {
    const run = Schema.decodeSync(Run)({ ...Runs.bare, mood: "calm" })
    assert.notInclude(Object.keys(run), "mood")
    assert.notInclude(Object.keys(run), "raw")
    assert.notProperty(Schema.encodeSync(Run)(run), "mood")
  })

  it.each([
    ["a run", Run, Runs.single],
    ["a job", Job, Jobs.single],
    ["a build", Build, Uploads.build],
    ["a bug occurrence", BugOccurrence, Bugs.occurrence]
  ])("is kept of %s", (_, schema, wire) => {
    const codec: Schema.Codec<object, unknown> = schema
    assert.deepStrictEqual<unknown>(Raw.of(Schema.decodeSync(codec)({ ...wire, news: 1 })), { ...wire, news: 1 })
  })

  it("does not hide where a fault is, read or written", () => {
    assert.throws(() => Schema.decodeSync(Run)({ ...Runs.single, tags: [1] }), /\["tags"\]\[0\]/)
    const run = Schema.decodeSync(Run)(Runs.single)
    assert.throws(() => Schema.encodeUnknownSync(Run)({ ...run, tags: [1] }), /\["tags"\]\[0\]/)
  })
})
