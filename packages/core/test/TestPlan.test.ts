import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Raw from "../src/Raw.ts"
import * as Plans from "./fixtures/Plans.ts"
import * as StartRun from "./fixtures/StartRun.ts"
import { answering, executionId, scripted, sentJson, testPlanId } from "./support/Client.ts"

describe("TestPlan", () => {
  it.effect("has its tests in order, with how often each is tried again", () =>
    Effect.gen(function*() {
      const plan = yield* answering({ status: 200, body: Plans.plan }, (nunu) => nunu.testPlans.get(testPlanId))
      assert.strictEqual(plan.name, "Smoke")
      assert.deepStrictEqual(plan.testItems.map(({ retries }) => retries), [2, null])
      assert.strictEqual(plan.createdAt?.epochMilliseconds, Date.UTC(2026, 2, 3, 10))
      assert.isNull(plan.modifiedAt)
      assert.deepStrictEqual<unknown>(Raw.of(plan), Plans.plan)
    }))

  it.effect("needs no more than an id and a name", () =>
    Effect.gen(function*() {
      const plan = yield* answering({ status: 200, body: Plans.barePlan }, (nunu) => nunu.testPlans.get(testPlanId))
      assert.deepStrictEqual(plan.testItems, [])
      assert.isNull(plan.createdBy)
    }))

  it.effect("is made and changed in the API's names", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 201, body: Plans.plan }, { status: 200, body: Plans.plan })
      const { testPlans } = yield* nunu
      const testItems = [{ multiplayerTestId: "t-1", retries: 2 }, { multiplayerTestId: "t-2" }]
      yield* testPlans.create({ testPlan: { name: "Smoke", testItems }, extra: { folder: "/" } })
      yield* testPlans.update(testPlanId, { patch: { test_items: [] } })
      assert.deepStrictEqual(asked.map(sentJson), [
        {
          folder: "/",
          test_plan: {
            name: "Smoke",
            test_items: [{ multiplayer_test_id: "t-1", retries: 2 }, { multiplayer_test_id: "t-2" }]
          }
        },
        { patch: { test_items: [] } }
      ])
    }))

  it.effect("is started as a whole", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 201, body: StartRun.plan })
      const started = yield* (yield* nunu).testPlans.start(testPlanId, {
        deploymentConfigId: "d-1",
        agentConfigId: "a-1",
        additionalTags: ["nightly"],
        renderTemplates: true,
        templateData: { hero: "Ada" },
        options: { maxTimeSeconds: 60 },
        extra: { build_id: "b-1" }
      })
      assert.strictEqual(started.testPlanExecutionId, "e1b7")
      assert.deepStrictEqual<unknown>(started.jobIds, StartRun.plan.job_ids)
      assert.deepStrictEqual(sentJson(asked[0]), {
        build_id: "b-1",
        deployment_config_id: "d-1",
        agent_config_id: "a-1",
        additional_tags: ["nightly"],
        render_templates: true,
        template_data: { hero: "Ada" },
        options: { max_time_seconds: 60 }
      })
    }))
})

describe("TestPlanExecution", () => {
  it.effect("counts its tests", () =>
    Effect.gen(function*() {
      const execution = yield* answering(
        { status: 200, body: Plans.execution },
        (nunu) => nunu.testPlanExecutions.get(executionId)
      )
      assert.strictEqual(execution.status, "COMPLETED")
      assert.deepStrictEqual(execution.testStatus, {
        passed: 1,
        failed: 1,
        stopped: 1,
        queued: 0,
        running: 0,
        skipped: null
      })
      assert.strictEqual(execution.durationMs, 1800000.25)
      assert.deepStrictEqual<unknown>(Raw.of(execution), Plans.execution)
    }))

  it.effect("is listed whatever the case of its status, and with words that are new", () =>
    Effect.gen(function*() {
      const { data } = yield* answering(
        { status: 200, body: Plans.executions },
        (nunu) => nunu.testPlanExecutions.list()
      )
      assert.deepStrictEqual(data.map(({ status }) => status), ["COMPLETED", "IN_PROGRESS", "PAUSED"])
      assert.strictEqual(data[1]?.testStatus?.skipped, 2)
      assert.isNull(data[2]?.testStatus)
    }))
})
