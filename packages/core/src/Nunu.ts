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
import type { ApiError } from "./ApiError.ts"
import { decodeStatus } from "./ApiError.ts"
import * as ApiKey from "./ApiKey.ts"
import { ArtifactHostApi, defaultArtifactsUrl } from "./ArtifactHostApi.ts"
import * as ArtifactsClient from "./ArtifactsClient.ts"
import type { ConfigurationError } from "./BaseUrl.ts"
import * as BaseUrl from "./BaseUrl.ts"
import * as BugsClient from "./BugsClient.ts"
import * as BuildsClient from "./BuildsClient.ts"
import { call } from "./Call.ts"
import * as JobsClient from "./JobsClient.ts"
import * as KnowledgeClient from "./KnowledgeClient.ts"
import { defaultBaseUrl, NunuApi } from "./NunuApi.ts"
import * as NunuHttpClient from "./NunuHttpClient.ts"
import * as RunsClient from "./RunsClient.ts"
import * as SharedStepsClient from "./SharedStepsClient.ts"
import * as TestPlanExecutionsClient from "./TestPlanExecutionsClient.ts"
import * as TestPlansClient from "./TestPlansClient.ts"
import * as TestsClient from "./TestsClient.ts"

export class Nunu extends Context.Service<Nunu, {
  readonly runs: RunsClient.RunsClient
  readonly jobs: JobsClient.JobsClient
  readonly builds: BuildsClient.BuildsClient
  readonly bugs: BugsClient.BugsClient
  readonly testPlans: TestPlansClient.TestPlansClient
  readonly testPlanExecutions: TestPlanExecutionsClient.TestPlanExecutionsClient
  readonly tests: TestsClient.TestsClient
  readonly sharedSteps: SharedStepsClient.SharedStepsClient
  /** Files that players left. On the artifact host, as are those of `knowledge`. */
  readonly artifacts: ArtifactsClient.ArtifactsClient
  /** Files that agents may read while they play. */
  readonly knowledge: KnowledgeClient.KnowledgeClient
  /** What it is connected to: handles of one target mean nothing at another. */
  readonly target: Target
  /** Calls a route that this library does not know, with the same key, repeats and errors. Gives the body as JSON. */
  readonly request: (request: OpenRequest) => Effect.Effect<Schema.Json, ApiError>
}>()("@nunu-effect/core/Nunu") {}

/** Where requests go, and for which project where that was said. */
export interface Target {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly projectId: string | null
  /** Of the key that it was made with, see `ApiKey.markOf`: another key may be that of another project. */
  readonly keyMark: string
}

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
  /** Or an effect that gives it, for a key that may change: asked before each request. */
  readonly apiKey: ApiKey.Source
  /** https, or http for loopback. @default "https://nunu.ai/api/v1" */
  readonly baseUrl?: string
  /** Of artifacts and knowledge; gets the same key. @default "https://bouncer.nunu.ai" */
  readonly artifactsUrl?: string
  /** The project of a key that opens several; uploads name it. */
  readonly projectId?: string | undefined
  /**
   * All paths of the API are those of the project, below `/project/{projectId}`: not documented, but what the vendor's
   * own command line does. @default false
   */
  readonly projectScoped?: boolean
}

export const make = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<
  Nunu["Service"],
  ConfigurationError,
  HttpClient.HttpClient
> {
  const apiKey = Redacted.isRedacted(options.apiKey) ? options.apiKey : yield* options.apiKey
  yield* ApiKey.check(apiKey)
  const baseUrl = yield* Effect.flatMap(scopedUrl(options), BaseUrl.parse)
  const httpClient = yield* NunuHttpClient.make(baseUrl)
  const artifactClient = yield* NunuHttpClient.make(options.artifactsUrl ?? defaultArtifactsUrl)
  const keyed = Effect.provide(ApiKey.layerClient(options.apiKey))
  const api = yield* HttpApiClient.makeWith(NunuApi, { httpClient }).pipe(keyed)
  const artifactHost = yield* HttpApiClient.makeWith(ArtifactHostApi, { httpClient: artifactClient }).pipe(keyed)
  return Nunu.of({
    runs: RunsClient.make(api.runs),
    jobs: JobsClient.make(api.jobs),
    builds: BuildsClient.make(api.builds, options.projectId),
    bugs: BugsClient.make(api.bugs),
    testPlans: TestPlansClient.make(api.testPlans),
    testPlanExecutions: TestPlanExecutionsClient.make(api.testPlanExecutions),
    tests: TestsClient.make(api.tests),
    sharedSteps: SharedStepsClient.make(api.sharedSteps),
    artifacts: ArtifactsClient.make(artifactHost.artifacts, artifactClient, options.apiKey),
    knowledge: KnowledgeClient.make(artifactHost.knowledge),
    target: { baseUrl, projectId: options.projectId ?? null, keyMark: ApiKey.markOf(apiKey) },
    request: (request) => openCall(httpClient, options.apiKey, request)
  })
})

export const layer = (options: Options): Layer.Layer<Nunu, ConfigurationError, HttpClient.HttpClient> =>
  Layer.effect(Nunu, make(options))

/** Where the API is: for all projects of the key, or for one. */
const scopedUrl = ({ baseUrl = defaultBaseUrl, projectId, projectScoped = false }: Options) => {
  if (!projectScoped) return Effect.succeed(baseUrl)
  return projectId !== undefined && /^[\w-]+$/.test(projectId)
    ? Effect.map(BaseUrl.parse(baseUrl), (url) => `${url}/project/${projectId}`)
    : Effect.fail(
      new BaseUrl.ConfigurationError({
        message: `Cannot use project id "${projectId ?? ""}": it must have letters, digits, - and _ only`
      })
    )
}

const openCall = (
  httpClient: HttpClient.HttpClient,
  apiKey: ApiKey.Source,
  { body, method, path, query, repeatable }: OpenRequest
): Effect.Effect<Schema.Json, ApiError> => {
  const request = HttpClientRequest.make(method)(path).pipe(
    HttpClientRequest.setUrlParams(query ?? {}),
    body === undefined ? identity : HttpClientRequest.bodyJsonUnsafe(body)
  )
  return call(
    { operation: `call ${method} ${path}`, repeatable: repeatable ?? method === "GET", refusesInput: true },
    Effect.flatMap(Effect.flatMap(ApiKey.sign(request, apiKey), httpClient.execute), (response) =>
      response.status < 300
        ? response.json
        : Effect.flatMap(response.json, (json) =>
          Effect.flatMap(decodeStatus(response.status, json), (error) => Effect.fail(error))))
  )
}

/**
 * Reads `NUNU_API_TOKEN` (or `NUNU_API_KEY`) and `NUNU_API_URL` (default: the vendor's; a value that ends in `/api`
 * gets `/v1`), or `NUNU_BASE_URL`, which is the host only; `NUNU_PROJECT_ID`, which uploads name; `NUNU_ARTIFACTS_URL`,
 * the host of artifacts and knowledge.
 */
export const layerConfig: Layer.Layer<Nunu, Config.ConfigError | ConfigurationError, HttpClient.HttpClient> = Layer
  .effect(
    Nunu,
    Effect.gen(function*() {
      const apiKey = yield* Config.Redacted("NUNU_API_TOKEN").pipe(Config.orElse(() => Config.Redacted("NUNU_API_KEY")))
      const url = yield* Config.option(Config.String("NUNU_API_URL"))
      const host = yield* Config.option(Config.String("NUNU_BASE_URL"))
      const baseUrl = Option.orElse(url, () => Option.map(host, (host) => `${host.replace(/\/+$/, "")}/api/v1`))
      const artifactsUrl = yield* Config.option(Config.String("NUNU_ARTIFACTS_URL"))
      const projectId = Option.getOrUndefined(yield* Config.option(Config.String("NUNU_PROJECT_ID")))
      return yield* make({
        apiKey,
        baseUrl: Option.getOrElse(baseUrl, () => defaultBaseUrl),
        artifactsUrl: Option.getOrElse(artifactsUrl, () => defaultArtifactsUrl),
        projectId
      })
    })
  )
