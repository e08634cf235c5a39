/** The methods of `nunu.testPlanExecutions`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, KeyedCallError, NotFound } from "./ApiError.ts"
import { callEndpoint } from "./Call.ts"
import type { Page } from "./Page.ts"
import type { TestPlanExecution, TestPlanExecutionId } from "./TestPlanExecution.ts"
import * as TestPlanExecutionsApi from "./TestPlanExecutionsApi.ts"

export interface TestPlanExecutionsClient {
  /** Lists the starts of test plans, newest first unless asked otherwise. */
  readonly list: (
    options?: TestPlanExecutionsApi.ListTestPlanExecutionsOptions
  ) => Effect.Effect<Page<TestPlanExecution>, BadRequest | KeyedCallError>
  readonly get: (executionId: TestPlanExecutionId) => Effect.Effect<TestPlanExecution, NotFound | KeyedCallError>
}

export const make = (
  api: HttpApiClient.Client.Group<typeof TestPlanExecutionsApi.TestPlanExecutionsApi, never, never>
): TestPlanExecutionsClient => ({
  list: (query = {}) => callEndpoint(TestPlanExecutionsApi.listTestPlanExecutions, api.list({ query })),
  get: (executionId) => callEndpoint(TestPlanExecutionsApi.getTestPlanExecution, api.get({ params: { executionId } }))
})
