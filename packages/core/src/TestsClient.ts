/** The methods of `nunu.tests`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, Conflict, KeyedCallError, NotFound } from "./ApiError.ts"
import { callEndpoint } from "./Call.ts"
import type { CreateTestRequest, DeletedTest, DeleteTestRequest, Test, TestId, UpdateTestRequest } from "./Test.ts"
import * as TestsApi from "./TestsApi.ts"

export interface TestsClient {
  /** Makes a test, with version 0. Not repeated on 5xx or a broken connection: it may be there already. */
  readonly create: (request: CreateTestRequest) => Effect.Effect<Test, BadRequest | KeyedCallError>
  readonly get: (testId: TestId, options?: TestsApi.GetTestOptions) => Effect.Effect<Test, NotFound | KeyedCallError>
  /** Merges a patch into the version that it is based on. `Conflict` when there is a later one. Not repeated. */
  readonly update: (
    testId: TestId,
    request: UpdateTestRequest,
    options?: TestsApi.UpdateTestOptions
  ) => Effect.Effect<Test, BadRequest | NotFound | Conflict | KeyedCallError>
  /** Deletes a test. `Conflict` when it has runs and was not told to delete them. Not repeated. */
  readonly delete: (
    testId: TestId,
    request?: DeleteTestRequest
  ) => Effect.Effect<DeletedTest, NotFound | Conflict | KeyedCallError>
}

export const make = (api: HttpApiClient.Client.Group<typeof TestsApi.TestsApi, never, never>): TestsClient => ({
  create: (payload) => callEndpoint(TestsApi.createTest, api.create({ payload })),
  get: (testId, query = {}) => callEndpoint(TestsApi.getTest, api.get({ params: { testId }, query })),
  update: (testId, payload, query = {}) =>
    callEndpoint(TestsApi.updateTest, api.update({ params: { testId }, query, payload })),
  delete: (testId, payload = {}) => callEndpoint(TestsApi.deleteTest, api.delete({ params: { testId }, payload }))
})
