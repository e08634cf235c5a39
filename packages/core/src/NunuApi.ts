/**
 * The contract: the remote API as one value. The typed client, the emulator's server and the OpenAPI document all come
 * from it.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import { BuildsApi } from "./BuildsApi.ts"
import { JobsApi } from "./JobsApi.ts"
import { RunsApi } from "./RunsApi.ts"

/** Where the vendor serves the API. */
export const defaultBaseUrl = "https://nunu.ai/api/v1"

export class NunuApi extends HttpApi.make("nunu")
  .add(RunsApi, JobsApi, BuildsApi)
  .annotateMerge(OpenApi.annotations({ title: "nunu.ai Public API", version: "1" }))
  // Of a request every fault is told at once; of an answer the first is enough.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
{}
