/** The endpoints under `/test-plan-executions`. Statuses: the vendor's page "List Test Plan Executions" and its command line. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { common, Permission } from "./Endpoint.ts"
import * as Page from "./Page.ts"
import { TestPlanExecution, TestPlanExecutionId } from "./TestPlanExecution.ts"
import * as Wire from "./Wire.ts"

/** Filters are in lower case. Sorted by `start_time`, `desc` unless asked otherwise. */
export const ListTestPlanExecutionsOptions = Schema.Struct({
  testPlanId: Schema.optionalKey(Schema.String),
  buildId: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(Wire.openWord(["queued", "in_progress", "completed"])),
  sortBy: Schema.optionalKey(Wire.openWord(["start_time", "test_plan_name", "build_name"])),
  sortOrder: Schema.optionalKey(Wire.openWord(["asc", "desc"])),
  ...Page.options
}).pipe(Wire.encodeKeys({
  testPlanId: "test_plan_id",
  buildId: "build_id",
  sortBy: "sort_by",
  sortOrder: "sort_order",
  pageSize: "page_size"
}))
export type ListTestPlanExecutionsOptions = typeof ListTestPlanExecutionsOptions.Type

export const listTestPlanExecutions = HttpApiEndpoint.get("list", "/test-plan-executions", {
  query: ListTestPlanExecutionsOptions,
  success: Page.Page(TestPlanExecution),
  // 400: a filter that is not valid
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "listTestPlanExecutions", summary: "List test plan executions" }))
  .annotate(Permission, "project:read-runs")

export const getTestPlanExecution = HttpApiEndpoint.get("get", "/test-plan-executions/:executionId", {
  params: { executionId: TestPlanExecutionId },
  success: TestPlanExecution,
  // 404: no such execution in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getTestPlanExecution", summary: "Get test plan execution" }))
  .annotate(Permission, "project:read-runs")

export class TestPlanExecutionsApi extends HttpApiGroup.make("testPlanExecutions")
  .add(listTestPlanExecutions, getTestPlanExecution)
  .middleware(ApiKey)
{}
