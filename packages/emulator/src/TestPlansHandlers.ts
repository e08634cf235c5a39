/** `/test-plans`: plans in memory; the start of one makes an execution with a job for each of its tests. */
import { BadRequest, NotFound } from "@nunu-effect/core/ApiError"
import { JobId } from "@nunu-effect/core/Job"
import { TestPlan, TestPlanId } from "@nunu-effect/core/TestPlan"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { EmulatedApi } from "./EmulatedApi.ts"
import { countOne, EmulatorState, uuid } from "./EmulatorState.ts"
import * as JobRegister from "./JobRegister.ts"
import * as Patch from "./Patch.ts"
import { projectId } from "./RunViews.ts"

export const layer = HttpApiBuilder.group(
  EmulatedApi,
  "testPlans",
  Effect.fnUntraced(function*(handlers) {
    const state = yield* EmulatorState
    const register = yield* JobRegister.make
    const find = Effect.fnUntraced(function*(id: string) {
      return state.testPlans.get(id) ?? (yield* new NotFound({ error: "test plan not found" }))
    })
    return handlers.handleAll({
      create: Effect.fnUntraced(function*({ payload: { testPlan } }) {
        if (testPlan.name === "") return yield* new BadRequest({ error: "name must not be empty" })
        const plan: TestPlan = {
          id: TestPlanId.make(uuid(4, countOne(state, "testPlans") + 1)),
          projectId,
          name: testPlan.name,
          createdAt: yield* DateTime.now,
          createdBy: "emulator",
          modifiedAt: null,
          modifiedBy: null,
          testItems: (testPlan.testItems ?? []).map((item) => ({ retries: 0, ...item }))
        }
        state.testPlans.set(plan.id, plan)
        return plan
      }),
      get: ({ params }) => find(params.testPlanId),
      update: Effect.fnUntraced(function*({ params, payload }) {
        const { id, ...plan } = yield* find(params.testPlanId)
        const patched = yield* Patch.apply(TestPlan, { id, ...plan }, { ...payload.patch, id })
        const updated = { ...patched, modifiedAt: yield* DateTime.now, modifiedBy: "emulator" }
        state.testPlans.set(id, updated)
        return updated
      }),
      start: Effect.fnUntraced(function*({ params, payload }) {
        const plan = yield* find(params.testPlanId)
        const { execution, jobs } = yield* register.startPlan(plan, payload)
        const [first, ...rest] = jobs.map(({ jobId }) => JobId.make(jobId))
        if (first === undefined) return yield* new BadRequest({ error: "test plan has no tests" })
        return {
          jobIds: [first, ...rest] as const,
          runId: null,
          buildId: null,
          testPlanExecutionId: execution.id,
          message: null
        }
      })
    })
  })
)
