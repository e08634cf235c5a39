/**
 * The contract: the remote API as one value, but for what is served on the artifact host. The typed client, the emulator's server and the OpenAPI document all come
 * from it.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import { BugsApi } from "./BugsApi.ts"
import { BuildsApi } from "./BuildsApi.ts"
import { JobsApi } from "./JobsApi.ts"
import { withoutClientSide } from "./OpenApiDocument.ts"
import { RunsApi } from "./RunsApi.ts"
import { SharedStepsApi } from "./SharedStepsApi.ts"
import { TestPlanExecutionsApi } from "./TestPlanExecutionsApi.ts"
import { TestPlansApi } from "./TestPlansApi.ts"
import { TestsApi } from "./TestsApi.ts"

/** Where the vendor serves the API. */
export const defaultBaseUrl = "https://nunu.ai/api/v1"

export class NunuApi extends HttpApi.make("nunu")
  .add(RunsApi, JobsApi, BuildsApi, BugsApi, TestPlansApi, TestPlanExecutionsApi, TestsApi, SharedStepsApi)
  .annotateMerge(OpenApi.annotations({ title: "nunu.ai Public API", version: "1", transform: withoutClientSide }))
  // Of a request every fault is told at once; of an answer the first is enough.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
{}
