/** The methods of `nunu.testPlans`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, KeyedCallError, NotFound } from "./ApiError.ts"
import { callEndpoint } from "./Call.ts"
import type { StartedRuns } from "./StartRun.ts"
import type {
  CreateTestPlanRequest,
  StartTestPlanRequest,
  TestPlan,
  TestPlanId,
  UpdateTestPlanRequest
} from "./TestPlan.ts"
import * as TestPlansApi from "./TestPlansApi.ts"

export interface TestPlansClient {
  /** Makes a plan. Not repeated on 5xx or a broken connection: it may be there already. */
  readonly create: (request: CreateTestPlanRequest) => Effect.Effect<TestPlan, BadRequest | KeyedCallError>
  readonly get: (testPlanId: TestPlanId) => Effect.Effect<TestPlan, NotFound | KeyedCallError>
  /** Merges a patch into a plan, whoever changed it meanwhile: the API checks no version here. */
  readonly update: (
    testPlanId: TestPlanId,
    request: UpdateTestPlanRequest
  ) => Effect.Effect<TestPlan, BadRequest | NotFound | KeyedCallError>
  /** Starts all tests of a plan. Not repeated on 5xx or a broken connection: they may run, and bill, already. */
  readonly start: (
    testPlanId: TestPlanId,
    request: StartTestPlanRequest
  ) => Effect.Effect<StartedRuns, BadRequest | NotFound | KeyedCallError>
}

export const make = (
  api: HttpApiClient.Client.Group<typeof TestPlansApi.TestPlansApi, never, never>
): TestPlansClient => ({
  create: (payload) => callEndpoint(TestPlansApi.createTestPlan, api.create({ payload })),
  get: (testPlanId) => callEndpoint(TestPlansApi.getTestPlan, api.get({ params: { testPlanId } })),
  update: (testPlanId, payload) =>
    callEndpoint(TestPlansApi.updateTestPlan, api.update({ params: { testPlanId }, payload })),
  start: (testPlanId, payload) =>
    callEndpoint(TestPlansApi.startTestPlan, api.start({ params: { testPlanId }, payload }))
})
