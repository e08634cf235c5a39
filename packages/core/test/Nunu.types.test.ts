import { describe, expectTypeOf, it } from "@effect/vitest"
import type { Config, Effect, Layer, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type {
  ApiError,
  BadRequest,
  Conflict,
  Forbidden,
  NetworkError,
  NotFound,
  PayloadTooLarge,
  QuotaExceeded,
  ServerError,
  TooManyRequests,
  Unauthorized,
  UnexpectedResponse
} from "../src/ApiError.ts"
import type * as ArtifactDownload from "../src/ArtifactDownload.ts"
import type { RangeNotSatisfiable } from "../src/ArtifactFile.ts"
import type { ConfigurationError } from "../src/BaseUrl.ts"
import type * as Nunu from "../src/Nunu.ts"
import type { Run, RunResult } from "../src/Run.ts"

type Service = Nunu.Nunu["Service"]
type ErrorOf<F extends (...args: never) => Effect.Effect<unknown, unknown>> = Effect.Error<ReturnType<F>>
type ServicesOf<F extends (...args: never) => Effect.Effect<unknown, unknown, unknown>> = Effect.Services<ReturnType<F>>

type Any = TooManyRequests | ServerError | NetworkError | UnexpectedResponse
type Keyed = Any | Unauthorized | Forbidden

describe("each method fails with exactly what its endpoint can answer", () => {
  it("runs", () => {
    expectTypeOf<ErrorOf<Service["runs"]["list"]>>().toEqualTypeOf<BadRequest | Keyed>()
    expectTypeOf<ErrorOf<Service["runs"]["start"]>>().toEqualTypeOf<BadRequest | QuotaExceeded | NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["runs"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["runs"]["live"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["runs"]["bugs"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["runs"]["stop"]>>().toEqualTypeOf<BadRequest | Keyed>()
  })

  it("jobs", () => {
    expectTypeOf<ErrorOf<Service["jobs"]["list"]>>().toEqualTypeOf<BadRequest | Keyed>()
    expectTypeOf<ErrorOf<Service["jobs"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
  })

  it("builds", () => {
    expectTypeOf<ErrorOf<Service["builds"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["builds"]["initiateUpload"]>>().toEqualTypeOf<
      BadRequest | QuotaExceeded | PayloadTooLarge | Keyed
    >()
    expectTypeOf<ErrorOf<Service["builds"]["partUrls"]>>().toEqualTypeOf<BadRequest | NotFound | Any>()
    expectTypeOf<ErrorOf<Service["builds"]["completeUpload"]>>().toEqualTypeOf<BadRequest | NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["builds"]["cancelUpload"]>>().toEqualTypeOf<NotFound | Keyed>()
  })

  it("bugs", () => {
    expectTypeOf<ErrorOf<Service["bugs"]["list"]>>().toEqualTypeOf<BadRequest | Keyed>()
    expectTypeOf<ErrorOf<Service["bugs"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
  })

  it("test plans and their executions", () => {
    expectTypeOf<ErrorOf<Service["testPlans"]["create"]>>().toEqualTypeOf<BadRequest | Keyed>()
    expectTypeOf<ErrorOf<Service["testPlans"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["testPlans"]["update"]>>().toEqualTypeOf<BadRequest | NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["testPlans"]["start"]>>().toEqualTypeOf<BadRequest | NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["testPlanExecutions"]["list"]>>().toEqualTypeOf<BadRequest | Keyed>()
    expectTypeOf<ErrorOf<Service["testPlanExecutions"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
  })

  it("tests and shared steps", () => {
    expectTypeOf<ErrorOf<Service["tests"]["create"]>>().toEqualTypeOf<BadRequest | Keyed>()
    expectTypeOf<ErrorOf<Service["tests"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["tests"]["update"]>>().toEqualTypeOf<BadRequest | NotFound | Conflict | Keyed>()
    expectTypeOf<ErrorOf<Service["tests"]["delete"]>>().toEqualTypeOf<NotFound | Conflict | Keyed>()
    expectTypeOf<ErrorOf<Service["sharedSteps"]["get"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["sharedSteps"]["update"]>>().toEqualTypeOf<BadRequest | NotFound | Conflict | Keyed>()
  })

  it("artifacts and knowledge", () => {
    expectTypeOf<ErrorOf<Service["artifacts"]["list"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["artifacts"]["download"]>>().toEqualTypeOf<
      BadRequest | NotFound | RangeNotSatisfiable | Keyed
    >()
    expectTypeOf<ArtifactDownload.Download["bytes"]>().toEqualTypeOf<
      Stream.Stream<Uint8Array, NetworkError | UnexpectedResponse>
    >()
    expectTypeOf<ErrorOf<Service["knowledge"]["list"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["knowledge"]["ofProject"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["knowledge"]["ofAgent"]>>().toEqualTypeOf<NotFound | Keyed>()
    expectTypeOf<ErrorOf<Service["knowledge"]["ofTest"]>>().toEqualTypeOf<NotFound | Keyed>()
  })

  it("errors have a code, or null", () => {
    expectTypeOf<ApiError["code"]>().toEqualTypeOf<string | null>()
    expectTypeOf<RangeNotSatisfiable["code"]>().toEqualTypeOf<null>()
  })

  it("open requests", () => {
    expectTypeOf<ErrorOf<Service["request"]>>().toEqualTypeOf<ApiError>()
    expectTypeOf<ApiError>().toEqualTypeOf<Keyed | BadRequest | QuotaExceeded | NotFound | Conflict | PayloadTooLarge>()
    expectTypeOf<Effect.Success<ReturnType<Service["request"]>>>().toEqualTypeOf<Schema.Json>()
  })
})

describe("the client", () => {
  it("needs nothing once it is made", () => {
    type Groups = Omit<Service, "request">
    type Methods = { readonly [Group in keyof Groups]: Groups[Group][keyof Groups[Group]] }[keyof Groups]
    expectTypeOf<ServicesOf<Extract<Methods, (...args: never) => unknown>>>().toEqualTypeOf<never>()
    expectTypeOf<ServicesOf<Service["request"]>>().toEqualTypeOf<never>()
  })

  it("is made with an HttpClient, or fails for its settings", () => {
    expectTypeOf<ReturnType<typeof Nunu.layer>>().toEqualTypeOf<
      Layer.Layer<Nunu.Nunu, ConfigurationError, HttpClient.HttpClient>
    >()
    expectTypeOf<typeof Nunu.layerConfig>().toEqualTypeOf<
      Layer.Layer<Nunu.Nunu, Config.ConfigError | ConfigurationError, HttpClient.HttpClient>
    >()
  })
})

describe("a method takes", () => {
  it("the filters and wishes of its endpoint, all of them optional", () => {
    type ListRuns = NonNullable<Parameters<Service["runs"]["list"]>[0]>
    expectTypeOf<ListRuns["bugs"]>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<Parameters<Service["tests"]["update"]>[2]>().toEqualTypeOf<
      { readonly includeSharedSteps?: boolean } | undefined
    >()
    type CreateTest = Parameters<Service["tests"]["create"]>[0]
    expectTypeOf<CreateTest["folderId"]>().toEqualTypeOf<string | null | undefined>()
  })
})

describe("a run", () => {
  it("has a result that is one of the known words, or another", () => {
    expectTypeOf<"SUCCESS">().toExtend<RunResult>()
    expectTypeOf<string>().toExtend<RunResult>()
    expectTypeOf<Run["result"]>().toEqualTypeOf<RunResult | null>()
    expectTypeOf<Run["durationMs"]>().toEqualTypeOf<number | null>()
  })

  it("has an id that is not any string", () => {
    expectTypeOf<string>().not.toExtend<Run["runId"]>()
  })
})
