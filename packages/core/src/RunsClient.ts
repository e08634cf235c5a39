/** The methods of `nunu.runs`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, KeyedCallError, NotFound, QuotaExceeded } from "./ApiError.ts"
import type { RunBugs } from "./Bug.ts"
import { callEndpoint } from "./Call.ts"
import type { JobId } from "./Job.ts"
import type { LiveRun } from "./LiveRun.ts"
import type { Page } from "./Page.ts"
import type { Run, RunId } from "./Run.ts"
import * as RunsApi from "./RunsApi.ts"
import type { StartedRuns, StartRunRequest } from "./StartRun.ts"
import type { StoppedRuns } from "./StopRuns.ts"

export interface RunsClient {
  /** Lists runs, newest first. */
  readonly list: (options?: RunsApi.ListRunsOptions) => Effect.Effect<Page<Run>, BadRequest | KeyedCallError>
  /** Starts runs. Not repeated on 5xx or a broken connection: it may have started, and bill, already. */
  readonly start: (
    request: StartRunRequest
  ) => Effect.Effect<StartedRuns, BadRequest | QuotaExceeded | NotFound | KeyedCallError>
  readonly get: (runId: RunId) => Effect.Effect<Run, NotFound | KeyedCallError>
  /** Gives what the players of a run do at this moment. Without screenshots unless asked for: they are large. */
  readonly live: (runId: RunId, options?: RunsApi.LiveRunOptions) => Effect.Effect<LiveRun, NotFound | KeyedCallError>
  /** Gives the bugs found in a run so far. */
  readonly bugs: (runId: RunId) => Effect.Effect<RunBugs, NotFound | KeyedCallError>
  /** Stops the runs of jobs. Jobs that ended before are told in the results, not as an error. */
  readonly stop: (
    jobIds: readonly [JobId, ...Array<JobId>]
  ) => Effect.Effect<StoppedRuns, BadRequest | KeyedCallError>
}

export const make = (api: HttpApiClient.Client.Group<typeof RunsApi.RunsApi, never, never>): RunsClient => ({
  list: (query = {}) => callEndpoint(RunsApi.listRuns, api.list({ query })),
  start: (payload) => callEndpoint(RunsApi.startRun, api.start({ payload })),
  get: (runId) => callEndpoint(RunsApi.getRun, api.get({ params: { runId } })),
  live: (runId, { includeScreenshot = false } = {}) =>
    callEndpoint(RunsApi.getLiveRun, api.live({ params: { runId }, query: { includeScreenshot } })),
  bugs: (runId) => callEndpoint(RunsApi.getRunBugs, api.bugs({ params: { runId } })),
  stop: (jobIds) => callEndpoint(RunsApi.stopRuns, api.stop({ payload: { jobIds } }))
})
