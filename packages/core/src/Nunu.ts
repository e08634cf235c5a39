/**
 * The client of the API. Start here.
 *
 * `Nunu` is a service of typed methods, one per endpoint of `NunuApi`; each fails with exactly what its endpoint can
 * answer. `layer` makes it from values, `layerConfig` from the environment; both need an `HttpClient`.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type {
  ApiError,
  BadRequest,
  CallError,
  KeyedCallError,
  NotFound,
  PayloadTooLarge,
  QuotaExceeded
} from "./ApiError.ts"
import { decodeStatus } from "./ApiError.ts"
import * as ApiKey from "./ApiKey.ts"
import type { ConfigurationError } from "./BaseUrl.ts"
import type { RunBugs } from "./Bug.ts"
import type { Build, BuildId } from "./Build.ts"
import * as BuildsApi from "./BuildsApi.ts"
import { call, callEndpoint } from "./Call.ts"
import type { Job, JobId } from "./Job.ts"
import * as JobsApi from "./JobsApi.ts"
import { defaultBaseUrl, NunuApi } from "./NunuApi.ts"
import * as NunuHttpClient from "./NunuHttpClient.ts"
import type { Page } from "./Page.ts"
import type { Run, RunId } from "./Run.ts"
import * as RunsApi from "./RunsApi.ts"
import type { StartedRuns, StartRunRequest } from "./StartRun.ts"
import type { StoppedRuns } from "./StopRuns.ts"
import type {
  CancelUploadRequest,
  CompletedUpload,
  CompleteUploadRequest,
  InitiateUploadRequest,
  PartUrl,
  PartUrlsRequest,
  UploadTicket
} from "./UploadTicket.ts"

export class Nunu extends Context.Service<Nunu, {
  readonly runs: {
    /** Lists runs, newest first. */
    readonly list: (options?: RunsApi.ListRunsOptions) => Effect.Effect<Page<Run>, BadRequest | KeyedCallError>
    /** Starts runs. Not repeated on 5xx or a broken connection: it may have started, and bill, already. */
    readonly start: (
      request: StartRunRequest
    ) => Effect.Effect<StartedRuns, BadRequest | QuotaExceeded | NotFound | KeyedCallError>
    readonly get: (runId: RunId) => Effect.Effect<Run, NotFound | KeyedCallError>
    /** Gives the bugs found in a run so far. */
    readonly bugs: (runId: RunId) => Effect.Effect<RunBugs, NotFound | KeyedCallError>
    /** Stops the runs of jobs. Jobs that ended before are told in the results, not as an error. */
    readonly stop: (
      jobIds: readonly [JobId, ...Array<JobId>]
    ) => Effect.Effect<StoppedRuns, BadRequest | KeyedCallError>
  }
  readonly jobs: {
    /** Lists jobs, newest first. */
    readonly list: (options?: JobsApi.ListJobsOptions) => Effect.Effect<Page<Job>, BadRequest | KeyedCallError>
    readonly get: (jobId: JobId) => Effect.Effect<Job, NotFound | KeyedCallError>
  }
  readonly builds: {
    readonly get: (buildId: BuildId) => Effect.Effect<Build, NotFound | KeyedCallError>
    /** Reserves storage. Not repeated on 5xx or a broken connection: each one is a reservation of its own. */
    readonly initiateUpload: (
      request: InitiateUploadRequest
    ) => Effect.Effect<UploadTicket, BadRequest | QuotaExceeded | PayloadTooLarge | KeyedCallError>
    /** Gives presigned URLs of parts, in no promised order; they live about an hour. Sends no API key. */
    readonly partUrls: (
      request: PartUrlsRequest
    ) => Effect.Effect<ReadonlyArray<PartUrl>, BadRequest | NotFound | CallError>
    readonly completeUpload: (
      request: CompleteUploadRequest
    ) => Effect.Effect<CompletedUpload, BadRequest | NotFound | KeyedCallError>
    /** Frees what an upload has reserved. `NotFound` when it is gone already. */
    readonly cancelUpload: (
      request: CancelUploadRequest
    ) => Effect.Effect<{ readonly success: boolean }, NotFound | KeyedCallError>
  }
  /** Calls a route that this library does not know, with the same key, repeats and errors. Gives the body as JSON. */
  readonly request: (request: OpenRequest) => Effect.Effect<Schema.Json, ApiError>
}>()("@nunu-effect/core/Nunu") {}

/** A request to an undocumented route. */
export interface OpenRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Below the base URL, such as `/deployments`. */
  readonly path: `/${string}`
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: Schema.Json
  /** Doing it twice is doing it once, so it may be repeated after 5xx and broken connections. @default GET only */
  readonly repeatable?: boolean
}

export interface Options {
  readonly apiKey: Redacted.Redacted
  /** https, or http for loopback. @default "https://nunu.ai/api/v1" */
  readonly baseUrl?: string
}

export const make = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<
  Nunu["Service"],
  ConfigurationError,
  HttpClient.HttpClient
> {
  yield* ApiKey.check(options.apiKey)
  const httpClient = yield* NunuHttpClient.make(options.baseUrl ?? defaultBaseUrl)
  const api = yield* HttpApiClient.makeWith(NunuApi, { httpClient }).pipe(
    Effect.provide(ApiKey.layerClient(options.apiKey))
  )
  return Nunu.of({
    runs: {
      list: (query = {}) => callEndpoint(RunsApi.listRuns, api.runs.list({ query })),
      start: (payload) => callEndpoint(RunsApi.startRun, api.runs.start({ payload })),
      get: (runId) => callEndpoint(RunsApi.getRun, api.runs.get({ params: { runId } })),
      bugs: (runId) => callEndpoint(RunsApi.getRunBugs, api.runs.bugs({ params: { runId } })),
      stop: (jobIds) => callEndpoint(RunsApi.stopRuns, api.runs.stop({ payload: { jobIds } }))
    },
    jobs: {
      list: (query = {}) => callEndpoint(JobsApi.listJobs, api.jobs.list({ query })),
      get: (jobId) => callEndpoint(JobsApi.getJob, api.jobs.get({ params: { jobId } }))
    },
    builds: {
      get: (buildId) => callEndpoint(BuildsApi.getBuild, api.builds.get({ params: { buildId } })),
      initiateUpload: (payload) => callEndpoint(BuildsApi.initiateUpload, api.builds.initiateUpload({ payload })),
      partUrls: (query) => callEndpoint(BuildsApi.getPartUrls, api.builds.partUrls({ query })),
      completeUpload: (payload) => callEndpoint(BuildsApi.completeUpload, api.builds.completeUpload({ payload })),
      cancelUpload: (query) => callEndpoint(BuildsApi.cancelUpload, api.builds.cancelUpload({ query }))
    },
    request: (request) => openCall(httpClient, options.apiKey, request)
  })
})

export const layer = (options: Options): Layer.Layer<Nunu, ConfigurationError, HttpClient.HttpClient> =>
  Layer.effect(Nunu, make(options))

const openCall = (
  httpClient: HttpClient.HttpClient,
  apiKey: Redacted.Redacted,
  { body, method, path, query, repeatable }: OpenRequest
): Effect.Effect<Schema.Json, ApiError> => {
  const request = HttpClientRequest.make(method)(path).pipe(
    HttpClientRequest.setUrlParams(query ?? {}),
    HttpClientRequest.setHeader("x-api-key", Redacted.value(apiKey)),
    body === undefined ? identity : HttpClientRequest.bodyJsonUnsafe(body)
  )
  return call(
    { operation: `call ${method} ${path}`, repeatable: repeatable ?? method === "GET", refusesInput: true },
    Effect.flatMap(httpClient.execute(request), (response) =>
      response.status < 300
        ? response.json
        : Effect.flatMap(response.json, (json) =>
          Effect.flatMap(decodeStatus(response.status, json), (error) => Effect.fail(error))))
  )
}

/**
 * Reads `NUNU_API_TOKEN` (or `NUNU_API_KEY`) and `NUNU_API_URL` (default: the vendor's; a value that ends in `/api`
 * gets `/v1`), or `NUNU_BASE_URL`, which is the host only.
 */
export const layerConfig: Layer.Layer<Nunu, Config.ConfigError | ConfigurationError, HttpClient.HttpClient> = Layer
  .effect(
    Nunu,
    Effect.gen(function*() {
      const apiKey = yield* Config.Redacted("NUNU_API_TOKEN").pipe(Config.orElse(() => Config.Redacted("NUNU_API_KEY")))
      const url = yield* Config.option(Config.String("NUNU_API_URL"))
      const host = yield* Config.option(Config.String("NUNU_BASE_URL"))
      const baseUrl = Option.orElse(url, () => Option.map(host, (host) => `${host.replace(/\/+$/, "")}/api/v1`))
      return yield* make({ apiKey, baseUrl: Option.getOrElse(baseUrl, () => defaultBaseUrl) })
    })
  )
