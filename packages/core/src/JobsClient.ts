/** The methods of `nunu.jobs`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, KeyedCallError, NotFound } from "./ApiError.ts"
import { callEndpoint } from "./Call.ts"
import type { Job, JobId } from "./Job.ts"
import * as JobsApi from "./JobsApi.ts"
import type { Page } from "./Page.ts"

export interface JobsClient {
  /** Lists jobs, newest first. */
  readonly list: (options?: JobsApi.ListJobsOptions) => Effect.Effect<Page<Job>, BadRequest | KeyedCallError>
  readonly get: (jobId: JobId) => Effect.Effect<Job, NotFound | KeyedCallError>
}

export const make = (api: HttpApiClient.Client.Group<typeof JobsApi.JobsApi, never, never>): JobsClient => ({
  list: (query = {}) => callEndpoint(JobsApi.listJobs, api.list({ query })),
  get: (jobId) => callEndpoint(JobsApi.getJob, api.get({ params: { jobId } }))
})
