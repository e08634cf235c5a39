/** The endpoints under `/tests`. Statuses: the vendor's pages "Create Test", "Get Test", "Update Test", "Delete Test". */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, Conflict, NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { anyKey, common, Permission } from "./Endpoint.ts"
import { CreateTestRequest, DeletedTest, DeleteTestRequest, Test, TestId, UpdateTestRequest } from "./Test.ts"
import * as Wire from "./Wire.ts"

/** `version`: the latest unless asked for another. `includeSharedSteps`: shared steps are written out; true unless told. */
export const GetTestOptions = Schema.Struct({
  version: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))),
  includeSharedSteps: Schema.optionalKey(Wire.booleanText)
}).pipe(Wire.encodeKeys({ includeSharedSteps: "include_shared_collection_steps" }))
export type GetTestOptions = typeof GetTestOptions.Type

/** `includeSharedSteps`: as when a test is got, in the answer. */
export const UpdateTestOptions = Schema.Struct({ includeSharedSteps: Schema.optionalKey(Wire.booleanText) }).pipe(
  Wire.encodeKeys({ includeSharedSteps: "include_shared_collection_steps" })
)
export type UpdateTestOptions = typeof UpdateTestOptions.Type

/** Never repeated by the client on 5xx or a broken connection: it may make a second test. */
export const createTest = HttpApiEndpoint.post("create", "/tests", {
  payload: CreateTestRequest,
  success: [Wire.maybeWrapped("test", Test).pipe(HttpApiSchema.status(201)), Wire.maybeWrapped("test", Test)],
  // 400: a field is not valid, or shared steps are written out
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "createTest", summary: "Create test" })).annotate(
  Permission,
  "project:edit-tests"
)

export const getTest = HttpApiEndpoint.get("get", "/tests/:testId", {
  params: { testId: TestId },
  query: GetTestOptions,
  success: Wire.maybeWrapped("test", Test),
  // 404: no such test in this project, or no such version of it
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getTest", summary: "Get test" })).annotate(Permission, anyKey)

/** Never repeated by the client on 5xx or a broken connection: the second time would be a conflict with the first. */
export const updateTest = HttpApiEndpoint.patch("update", "/tests/:testId", {
  params: { testId: TestId },
  query: UpdateTestOptions,
  payload: UpdateTestRequest,
  success: Wire.maybeWrapped("test", Test),
  // 400: the patched test is not valid · 404: no such test · 409: it has another version by now; both are told
  error: [BadRequest, NotFound, Conflict, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "updateTest", summary: "Update test" })).annotate(
  Permission,
  "project:edit-tests"
)

/** Never repeated by the client on 5xx or a broken connection: the second time would say that there is no such test. */
export const deleteTest = HttpApiEndpoint.delete("delete", "/tests/:testId", {
  params: { testId: TestId },
  payload: DeleteTestRequest,
  success: DeletedTest,
  // 404: no such test in this project · 409: it has runs, and was not told to delete them
  error: [NotFound, Conflict, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "deleteTest", summary: "Delete test" })).annotate(
  Permission,
  "project:edit-tests"
)

export class TestsApi extends HttpApiGroup.make("tests")
  .add(createTest, getTest, updateTest, deleteTest)
  .middleware(ApiKey)
{}
