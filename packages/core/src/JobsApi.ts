/** The endpoints under `/jobs`. Statuses: the vendor's pages "List Jobs", "Get Job". */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { common, Permission } from "./Endpoint.ts"
import { Job, JobId } from "./Job.ts"
import * as Page from "./Page.ts"
import * as Wire from "./Wire.ts"

/** `tags`: all must match, which makes a unique tag a way to find what a lost answer started. */
export const ListJobsOptions = Schema.Struct({
  status: Schema.optionalKey(Wire.openWord(["queued", "running", "completed", "all"])),
  testPlanExecutionId: Schema.optionalKey(Schema.String),
  multiplayerTestId: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(Wire.commaSeparated(Schema.String)),
  ...Page.options
}).pipe(Wire.encodeKeys({
  testPlanExecutionId: "test_plan_execution_id",
  multiplayerTestId: "multiplayer_test_id",
  pageSize: "page_size"
}))
export type ListJobsOptions = typeof ListJobsOptions.Type

export const listJobs = HttpApiEndpoint.get("list", "/jobs", {
  query: ListJobsOptions,
  success: Page.Page(Job),
  // 400: a filter that is not valid
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "listJobs", summary: "List jobs" })).annotate(
  Permission,
  "project:read-runs"
)

export const getJob = HttpApiEndpoint.get("get", "/jobs/:jobId", {
  params: { jobId: JobId },
  success: Job,
  // 404: no such job in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getJob", summary: "Get job" })).annotate(
  Permission,
  "project:read-runs"
)

export class JobsApi extends HttpApiGroup.make("jobs").add(listJobs, getJob).middleware(ApiKey) {}
