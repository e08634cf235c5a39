/**
 * The remote API in a box. Start here.
 *
 * `layer` serves it in process, without a port: it provides an `HttpClient` whose requests reach the emulator, so a
 * program runs as it is, also under `TestClock`. `EmulatorNode` serves it on ports.
 */
import type * as Build from "@nunu-effect/core/Build"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type { PlatformError } from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import { AdminApi } from "./AdminApi.ts"
import * as AdminHandlers from "./AdminHandlers.ts"
import * as ApiKeyCheck from "./ApiKeyCheck.ts"
import * as ArtifactsHandlers from "./ArtifactsHandlers.ts"
import * as BugsHandlers from "./BugsHandlers.ts"
import * as BuildsHandlers from "./BuildsHandlers.ts"
import * as Control from "./Control.ts"
import * as DashboardRoutes from "./DashboardRoutes.ts"
import * as Data from "./Data.ts"
import { EmulatedApi, EmulatedArtifactHost } from "./EmulatedApi.ts"
import type { Options, StartedJob, Upload } from "./EmulatorState.ts"
import * as EmulatorState from "./EmulatorState.ts"
import * as Invariants from "./Invariants.ts"
import * as KnowledgeHandlers from "./KnowledgeHandlers.ts"
import * as MediaRoutes from "./MediaRoutes.ts"
import type { StoredObject } from "./ObjectStorage.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import * as ProjectPaths from "./ProjectPaths.ts"
import type { LoggedRequest } from "./RequestLog.ts"
import * as RequestLog from "./RequestLog.ts"
import * as RequestMiddleware from "./RequestMiddleware.ts"
import * as RunsHandlers from "./RunsHandlers.ts"
import type * as Scenario from "./Scenario.ts"
import * as SharedStepsHandlers from "./SharedStepsHandlers.ts"
import type * as Snapshot from "./Snapshot.ts"
import * as StorageRoutes from "./StorageRoutes.ts"
import * as TestPlanExecutionsHandlers from "./TestPlanExecutionsHandlers.ts"
import * as TestPlansHandlers from "./TestPlansHandlers.ts"
import * as TestsHandlers from "./TestsHandlers.ts"
import * as Weather from "./Weather.ts"
import { ConnectionLost } from "./WeatherGate.ts"

/** Everything that a running emulator can be asked from the same process. */
export class Emulator extends Context.Service<Emulator, {
  /** With `/api/v1` at its end, ready to be a client's base URL. */
  readonly baseUrl: string
  readonly storageOrigin: string
  /** Of artifacts and knowledge. */
  readonly artifactsUrl: string
  readonly apiKey: Redacted.Redacted
  /** All requests so far, in order of arrival. */
  readonly requests: Effect.Effect<ReadonlyArray<LoggedRequest>>
  readonly uploads: Effect.Effect<ReadonlyArray<Upload>>
  readonly builds: Effect.Effect<ReadonlyArray<Build.Build>>
  readonly jobs: Effect.Effect<ReadonlyArray<StartedJob>>
  /** What the storage holds of a build; null when its bytes are only hashed or it is not there. */
  readonly stored: (buildId: string) => Effect.Effect<StoredObject | null, PlatformError>
  /** What a client did wrong; empty when all is well. */
  readonly violations: Effect.Effect<ReadonlyArray<string>>
  /** Bad weather, from now on or until now. */
  readonly weather: Weather.Weather["Service"]
  /** Adds builds, tests, test plans, shared steps and runs. */
  readonly seed: (data: Scenario.Data) => Effect.Effect<void>
  /** Is as at the start: state, log and weather. */
  readonly reset: Effect.Effect<void>
  /** The whole state, but for the bytes of uploads; `restore` puts it back. */
  readonly snapshot: Effect.Effect<Snapshot.Snapshot>
  readonly restore: (snapshot: Snapshot.Snapshot) => Effect.Effect<void>
}>()("@nunu-effect/emulator/Emulator") {}

/** Makes the service over the parts of an emulator; `baseUrl` is where its API is served. */
export const make = Effect.fnUntraced(function*(baseUrl: string) {
  const state = yield* EmulatorState.EmulatorState
  const storageOrigin = yield* EmulatorState.StorageOrigin
  const artifactsUrl = yield* EmulatorState.ArtifactsOrigin
  const storage = yield* ObjectStorage
  const log = yield* RequestLog.RequestLog
  const weather = yield* Weather.Weather
  const services = yield* Effect.context<EmulatorState.EmulatorState | ObjectStorage | RequestLog.RequestLog>()
  return Emulator.of({
    baseUrl,
    storageOrigin,
    artifactsUrl,
    apiKey: Redacted.make(state.apiKey),
    requests: Effect.sync(() => log.entries.slice()),
    uploads: Effect.sync(() => Array.from(state.uploads.values())),
    builds: Effect.sync(() => Array.from(state.builds.values())),
    jobs: Effect.sync(() => Array.from(state.jobs.values())),
    stored: (buildId) =>
      Effect.suspend(() => {
        const upload = state.uploads.get(buildId)
        return upload === undefined ? Effect.succeed(null) : storage.inspect(upload.objectKey)
      }),
    violations: Effect.provideContext(Invariants.violations, services),
    weather,
    ...(yield* Control.make)
  })
})

/** The API's routes, below `/api/v1`, with its OpenAPI document at `/openapi.json`. */
export const ApiRoutes = Layer.mergeAll(
  HttpApiBuilder.layer(EmulatedApi, { openapiPath: "/openapi.json" }),
  HttpApiBuilder.layer(AdminApi, { openapiPath: "/_emulator/openapi.json" }),
  DashboardRoutes.layer,
  AdminHandlers.layerNotFound,
  RequestMiddleware.layer("api")
).pipe(
  Layer.provide([
    RunsHandlers.layerRuns,
    RunsHandlers.layerJobs,
    BuildsHandlers.layer,
    BugsHandlers.layer,
    TestPlansHandlers.layer,
    TestPlanExecutionsHandlers.layer,
    TestsHandlers.layer,
    SharedStepsHandlers.layer,
    AdminHandlers.layer
  ]),
  Layer.provide(ApiKeyCheck.layer)
)

/** The routes of the artifact host. */
export const ArtifactRoutes = Layer.mergeAll(
  HttpApiBuilder.layer(EmulatedArtifactHost),
  ArtifactsHandlers.layerFolders,
  RequestMiddleware.layer("artifacts")
).pipe(
  Layer.provide([ArtifactsHandlers.layer, KnowledgeHandlers.layer]),
  Layer.provide(ApiKeyCheck.layer)
)

/** The storage's routes. */
export const StorageRoutesLayer = Layer.mergeAll(
  StorageRoutes.layer,
  MediaRoutes.layer,
  RequestMiddleware.layer("storage")
)

/** State, log and weather: what all origins share. */
export const layerShared = (options?: Options) =>
  Layer.mergeAll(
    Layer.effectDiscard(Effect.flatMap(EmulatorState.EmulatorState, ({ data }) => Data.seed(data))).pipe(
      Layer.provideMerge(EmulatorState.layer(options))
    ),
    RequestLog.RequestLog.layer,
    Weather.layer(options)
  )

/**
 * Serves the emulator in process, and provides the `HttpClient` that reaches it: any other host cannot be reached
 * through it. Needs an `ObjectStorage`.
 */
export const layer = (options?: Options): Layer.Layer<Emulator | HttpClient.HttpClient, never, ObjectStorage> =>
  Layer.effectContext(Effect.gen(function*() {
    const hosts = new Map([
      [apiHost, ProjectPaths.middleware(yield* HttpRouter.toHttpEffect(ApiRoutes))],
      [artifactsHost, yield* HttpRouter.toHttpEffect(ArtifactRoutes)],
      [storageHost, yield* HttpRouter.toHttpEffect(StorageRoutesLayer)]
    ])
    const client = HttpClient.make((request, url) => {
      const handler = hosts.get(url.host)
      if (handler === undefined) {
        return unreachable(request, `getaddrinfo ENOTFOUND ${url.host}`, "ENOTFOUND")
      }
      const answer = handler.pipe(
        Effect.catch((error) => Effect.map(HttpServerError.causeResponse(Cause.fail(error)), ([response]) => response)),
        Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromClientRequest(request)),
        Effect.scoped,
        Effect.catchDefect((defect) => ConnectionLost.is(defect) ? hungUp(request) : Effect.die(defect))
      )
      return url.host === storageHost ? answer : inFiberOfItsOwn(answer)
    })
    return Context.make(Emulator, yield* make(`http://${apiHost}/api/v1`)).pipe(
      Context.add(HttpClient.HttpClient, client)
    )
  })).pipe(
    Layer.provide(Layer.succeed(EmulatorState.StorageOrigin, `http://${storageHost}`)),
    Layer.provide(Layer.succeed(EmulatorState.ArtifactsOrigin, `http://${artifactsHost}`)),
    Layer.provide(layerShared(options)),
    Layer.provide(HttpServer.layerServices)
  )

/** The typed client, connected to the emulator with its key. */
export const layerNunu: Layer.Layer<Nunu.Nunu, never, Emulator | HttpClient.HttpClient> = Layer.unwrap(
  Effect.map(
    Emulator,
    ({ apiKey, artifactsUrl, baseUrl }) => Layer.orDie(Nunu.layer({ apiKey, artifactsUrl, baseUrl }))
  )
)

const unreachable = (request: HttpClientRequest.HttpClientRequest, message: string, code: string) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(message), { code }) })
    })
  )

const hungUp = (request: HttpClientRequest.HttpClientRequest) => unreachable(request, "socket hang up", "ECONNRESET")

/** A server goes on with what it was asked for when the client goes away. */
const inFiberOfItsOwn = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.forkDetach(effect), (fiber) => Fiber.join(fiber))

const apiHost = "api.nunu.localhost"
const artifactsHost = "artifacts.nunu.localhost"
const storageHost = "storage.nunu.localhost"
