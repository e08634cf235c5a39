/**
 * The endpoints under `/test-plans`. Statuses: the vendor's pages "Create Test Plan", "Get Test Plan", "Update Test
 * Plan", "Run Test Plan".
 */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { BadRequest, NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { common, Permission } from "./Endpoint.ts"
import { StartedRuns } from "./StartRun.ts"
import { CreateTestPlanRequest, StartTestPlanRequest, TestPlan, TestPlanId, UpdateTestPlanRequest } from "./TestPlan.ts"

/** Never repeated by the client on 5xx or a broken connection: it may make a second plan. */
export const createTestPlan = HttpApiEndpoint.post("create", "/test-plans", {
  payload: CreateTestPlanRequest,
  success: TestPlan.pipe(HttpApiSchema.status(201)),
  // 400: a field is missing or not valid
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "createTestPlan", summary: "Create test plan" })).annotate(
  Permission,
  "project:edit-tests"
)

export const getTestPlan = HttpApiEndpoint.get("get", "/test-plans/:testPlanId", {
  params: { testPlanId: TestPlanId },
  success: TestPlan,
  // 404: no such plan in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getTestPlan", summary: "Get test plan" })).annotate(
  Permission,
  "project:read-runs"
)

/** Never repeated by the client on 5xx or a broken connection: it may undo what somebody else changed meanwhile. */
export const updateTestPlan = HttpApiEndpoint.patch("update", "/test-plans/:testPlanId", {
  params: { testPlanId: TestPlanId },
  payload: UpdateTestPlanRequest,
  success: TestPlan,
  // 400: the patched plan is not valid · 404: no such plan in this project
  error: [BadRequest, NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "updateTestPlan", summary: "Update test plan" })).annotate(
  Permission,
  "project:edit-tests"
)

/** Never repeated by the client on 5xx or a broken connection: it may start, and bill, every test a second time. */
export const startTestPlan = HttpApiEndpoint.post("start", "/test-plans/:testPlanId/runs", {
  params: { testPlanId: TestPlanId },
  payload: StartTestPlanRequest,
  success: [StartedRuns.pipe(HttpApiSchema.status(201)), StartedRuns.pipe(HttpApiSchema.status(200))],
  // 400: a field is missing or not valid · 404: plan or deployment unknown
  error: [BadRequest, NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "startTestPlanRun", summary: "Start test plan" })).annotate(
  Permission,
  "project:operate-runs"
)

export class TestPlansApi extends HttpApiGroup.make("testPlans")
  .add(createTestPlan, getTestPlan, updateTestPlan, startTestPlan)
  .middleware(ApiKey)
{}
