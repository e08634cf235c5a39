import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Answers from "./fixtures/StartRun.ts"
import { answering, buildId, scripted, sentJson, startRequest } from "./support/Client.ts"

const start = (status: number, body: unknown) => answering({ status, body }, (nunu) => nunu.runs.start(startRequest))

describe("StartedRuns", () => {
  it.effect("reads the early envelope, which alone knows the run", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* start(201, Answers.a), {
        jobIds: [Answers.a.data.job_id],
        runId: Answers.a.data.multiplayer_run_id,
        buildId: null,
        testPlanExecutionId: null,
        message: "queued"
      } as object)
    }))

  it.effect("reads the middle envelope, with the message inside it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* start(200, Answers.b), {
        jobIds: Answers.b.data.job_ids,
        runId: null,
        buildId: Answers.b.data.build_id,
        testPlanExecutionId: null,
        message: "2 jobs queued"
      } as object)
    }))

  it.effect.each([200, 201])("reads the latest shape of a %d", (status) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* start(status, Answers.c), {
        jobIds: Answers.c.job_ids,
        runId: null,
        buildId: null,
        testPlanExecutionId: null,
        message: "queued"
      } as object)
    }))

  it.effect("reads what a test plan answers", () =>
    Effect.gen(function*() {
      const started = yield* start(201, Answers.plan)
      assert.strictEqual(started.testPlanExecutionId, "e1b7")
      assert.isNull(started.message)
    }))

  it.effect.each([
    ["says that it is not ok", Answers.notOk],
    ["names no job", Answers.noJobs],
    ["is empty", {}]
  ])("does not take an answer for a start that %s", ([, body]) =>
    Effect.gen(function*() {
      const error = yield* start(201, body).pipe(Effect.flip)
      assert.strictEqual(error._tag, "UnexpectedResponse")
      assert.strictEqual(error.sent, "yes")
    }))
})

describe("StartRunRequest", () => {
  it.effect("is sent in the API's names", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 201, body: Answers.c })
      yield* (yield* nunu).runs.start({
        instructions: "Buy a sword",
        deploymentConfigId: "d-1",
        name: "Shop",
        buildId,
        agentConfigId: "a-1",
        additionalTags: ["nightly"],
        renderTemplates: true,
        templateData: { hero_name: "Ada" },
        options: {
          minTimeSeconds: 1,
          maxTimeSeconds: 60,
          performanceMonitoring: true,
          mobileAutoGrantPermissions: false,
          mobileGeolocation: "London",
          mobileGpsLocation: "auto"
        }
      })
      assert.deepStrictEqual(sentJson(asked[0]), {
        instructions: "Buy a sword",
        deployment_config_id: "d-1",
        name: "Shop",
        build_id: buildId,
        agent_config_id: "a-1",
        additional_tags: ["nightly"],
        render_templates: true,
        template_data: { hero_name: "Ada" },
        options: {
          min_time_seconds: 1,
          max_time_seconds: 60,
          performance_monitoring: true,
          mobile_auto_grant_permissions: false,
          mobile_geolocation: "London",
          mobile_gpslocation: "auto"
        }
      })
    }))

  it.effect("leaves out what was not given", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 201, body: Answers.c })
      yield* (yield* nunu).runs.start({ testPlanId: "plan-1", deploymentConfigId: "d-1", retries: 2 })
      assert.deepStrictEqual(sentJson(asked[0]), {
        test_plan_id: "plan-1",
        deployment_config_id: "d-1",
        retries: 2
      })
    }))
})
