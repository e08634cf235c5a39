import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Raw from "../src/Raw.ts"
import { versionConflict } from "./fixtures/Errors.ts"
import * as Tests from "./fixtures/Tests.ts"
import { answering, createTestRequest, scripted, sentJson, sharedStepsId, testId } from "./support/Client.ts"

const get = (body: unknown) => answering({ status: 200, body }, (nunu) => nunu.tests.get(testId))

describe("Test", () => {
  it.effect("has its players and their steps by key", () =>
    Effect.gen(function*() {
      const test = yield* get(Tests.test)
      assert.strictEqual(test.version, 3)
      assert.strictEqual(test.testType, "verification")
      const player = test.playersByKey?.["p1"]
      assert.deepStrictEqual(player?.itemOrder, ["b", "a"])
      assert.strictEqual(player?.itemsByKey?.["a"]?.finishCondition, "The shop is on the screen")
      assert.strictEqual(player?.itemsByKey?.["b"]?.type, "shared_collection")
      assert.deepStrictEqual<unknown>(Raw.of(test), Tests.test)
    }))

  it.effect("is read out of an object that has nothing else", () =>
    Effect.gen(function*() {
      const test = yield* get({ test: Tests.test })
      assert.deepStrictEqual(test, yield* get(Tests.test))
      assert.deepStrictEqual<unknown>(Raw.of(test), Tests.test)
    }))

  it.effect("needs no more than an id and a version, and may be of a type that is new", () =>
    Effect.gen(function*() {
      const test = yield* get(Tests.bareTest)
      assert.strictEqual(test.testType, "speedrun")
      assert.isNull(test.playersByKey)
      assert.deepStrictEqual(test.tags, [])
    }))

  it.effect.each([200, 201])("is made in the API's names, and answered with %d", (status) =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status, body: Tests.test })
      yield* (yield* nunu).tests.create({
        test: {
          ...createTestRequest.test,
          incidentAutoApprove: true,
          playersByKey: {
            p1: { agentConfigId: null, itemsByKey: { a: { type: "step", goal: "Win", maxSeconds: 60 } } }
          },
          playerOrder: ["p1"]
        },
        folderPath: null,
        folderId: "f-1",
        sharedStepsMode: "drop",
        extra: { owner: "u-1" }
      })
      assert.deepStrictEqual(sentJson(asked[0]), {
        owner: "u-1",
        test: {
          name: "Shop",
          test_type: "task",
          incident_auto_approve: true,
          players_by_key: {
            p1: { agent_config_id: null, items_by_key: { a: { type: "step", goal: "Win", max_seconds: 60 } } }
          },
          player_order: ["p1"]
        },
        folder_path: null,
        folder_id: "f-1",
        shared_collection_steps_mode: "drop"
      })
    }))

  it.effect("is changed from the version that it is based on", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: Tests.test })
      yield* (yield* nunu).tests.update(testId, {
        expectedVersion: 0,
        patch: { name: "Shop 2" },
        folderPath: "/shop",
        folderId: null
      })
      assert.deepStrictEqual(sentJson(asked[0]), {
        expected_version: 0,
        patch: { name: "Shop 2" },
        folder_path: "/shop",
        folder_id: null
      })
    }))

  it.effect("is deleted with a body that says how far", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: { id: testId, deleted: true } })
      const { tests } = yield* nunu
      assert.isTrue((yield* tests.delete(testId)).deleted)
      yield* tests.delete(testId, { deleteAssociatedJobs: true, forceDelete: false })
      assert.deepStrictEqual(asked.map(sentJson), [{}, { delete_associated_jobs: true, force_delete: false }])
    }))
})

describe("SharedSteps", () => {
  it.effect("have their steps by key", () =>
    Effect.gen(function*() {
      const steps = yield* answering({ status: 200, body: Tests.sharedSteps }, (nunu) =>
        nunu.sharedSteps.get(sharedStepsId))
      assert.strictEqual(steps.version, 7)
      assert.strictEqual(steps.stepsByKey?.["a"]?.goal, "Open the shop")
      assert.deepStrictEqual<unknown>(Raw.of(steps), Tests.sharedSteps)
    }))
})

describe("a conflict of versions", () => {
  it.effect("tells the version that was expected and the latest", () =>
    Effect.gen(function*() {
      const change = { expectedVersion: 3, patch: {} }
      const { nunu } = scripted({ status: 409, body: versionConflict })
      const { sharedSteps, tests } = yield* nunu
      for (const update of [tests.update(testId, change), sharedSteps.update(sharedStepsId, change)]) {
        const error = yield* Effect.flip<unknown, { readonly _tag: string }, never>(update)
        assert.deepInclude<object>(error, { _tag: "Conflict", expected_version: 3, latest_version: 5 })
      }
    }))
})
