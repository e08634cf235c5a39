/**
 * The endpoints under `/runs`. Statuses: the vendor's pages "List Runs", "Start Run", "Get Run", "Get Live Run", "Get Run
 * Bugs", "Stop Runs".
 */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, NotFound, QuotaExceeded } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { RunBugs } from "./Bug.ts"
import { common, Permission, Repeatable } from "./Endpoint.ts"
import { JobId } from "./Job.ts"
import { LiveRun } from "./LiveRun.ts"
import * as Page from "./Page.ts"
import { Run, RunId } from "./Run.ts"
import { StartedRuns, StartRunRequest } from "./StartRun.ts"
import { StoppedRuns, StopRunsRequest } from "./StopRuns.ts"
import * as Wire from "./Wire.ts"

/**
 * Filters are in lower case although answers are in upper case. `tags`: all must match. `bugs`: seen in an example of the
 * vendor's, which does not say what it does; bugs that come in a run are in `Raw.of(run)`.
 */
export const ListRunsOptions = Schema.Struct({
  state: Schema.optionalKey(Wire.openWord(["running", "completed", "all"])),
  multiplayerTestId: Schema.optionalKey(Schema.String),
  jobId: Schema.optionalKey(JobId),
  testPlanExecutionId: Schema.optionalKey(Schema.String),
  testType: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(Wire.commaSeparated(Schema.String)),
  bugs: Schema.optionalKey(Wire.booleanText),
  ...Page.options
}).pipe(Wire.encodeKeys({
  multiplayerTestId: "multiplayer_test_id",
  jobId: "job_id",
  testPlanExecutionId: "test_plan_execution_id",
  testType: "test_type",
  pageSize: "page_size"
}))
export type ListRunsOptions = typeof ListRunsOptions.Type

export const listRuns = HttpApiEndpoint.get("list", "/runs", {
  query: ListRunsOptions,
  success: Page.Page(Run),
  // 400: a filter that is not valid
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "listRuns", summary: "List runs" })).annotate(
  Permission,
  "project:read-runs"
)

/** Never repeated by the client on 5xx or a broken connection: it may start, and bill, a second run. */
export const startRun = HttpApiEndpoint.post("start", "/runs", {
  payload: StartRunRequest,
  success: [StartedRuns.pipe(HttpApiSchema.status(201)), StartedRuns.pipe(HttpApiSchema.status(200))],
  // 400: not exactly one of test, plan and instructions · 402: quota · 404: test or deployment unknown
  error: [BadRequest, QuotaExceeded, NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "startRun", summary: "Start run" })).annotate(
  Permission,
  "project:operate-runs"
)

export const getRun = HttpApiEndpoint.get("get", "/runs/:runId", {
  params: { runId: RunId },
  success: Wire.maybeWrapped("run", Run),
  // 404: no such run in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getRun", summary: "Get run" })).annotate(
  Permission,
  "project:read-runs"
)

/** `includeScreenshot`: the API's own default is true, and the answer then large. */
export const LiveRunOptions = Schema.Struct({ includeScreenshot: Schema.optionalKey(Wire.booleanText) }).pipe(
  Wire.encodeKeys({ includeScreenshot: "include_screenshot" })
)
export type LiveRunOptions = typeof LiveRunOptions.Type

export const getLiveRun = HttpApiEndpoint.get("live", "/runs/:runId/live", {
  params: { runId: RunId },
  query: LiveRunOptions,
  success: LiveRun,
  // 404: no such run in this project, or it is not live
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getLiveRun", summary: "Get live run" })).annotate(
  Permission,
  "project:read-runs"
)

export const getRunBugs = HttpApiEndpoint.get("bugs", "/runs/:runId/bugs", {
  params: { runId: RunId },
  success: RunBugs,
  // 404: no such run in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getRunBugs", summary: "Get run bugs" })).annotate(
  Permission,
  "project:read-runs"
)

/** Stopping twice is stopping once, so it is repeatable. 200: all · 207: some · 404: none matched; one shape. */
export const stopRuns = HttpApiEndpoint.post("stop", "/runs/stop", {
  payload: StopRunsRequest,
  success: [
    StoppedRuns,
    StoppedRuns.pipe(HttpApiSchema.status(207)),
    StoppedRuns.pipe(HttpApiSchema.status(404))
  ],
  // 400: no job id given
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "stopRuns", summary: "Stop runs" })).annotate(
  Permission,
  "project:operate-runs"
).annotate(Repeatable, true)

export class RunsApi extends HttpApiGroup.make("runs")
  .add(listRuns, startRun, getRun, getLiveRun, getRunBugs, stopRuns)
  .middleware(ApiKey)
{}
