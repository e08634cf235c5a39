/** The HTTP API of a bot as one value: its server, its typed client and its OpenAPI document come from it. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { ReleaseOutcome, ReleaseRequest, ReleaseStatus } from "../Release.ts"
import { LoggedEvent } from "../ReleaseEvent.ts"
import type { ReleaseRecord } from "../ReleaseLog.ts"
import { BotAccess } from "./BotAccess.ts"
import { BotUnavailable, ReleaseConflict, ReleaseUnknown, SubmissionRefused } from "./BotError.ts"
import { Submission } from "./Submission.ts"

const { approval, branch, gate, releaseId, source, timeoutSeconds } = ReleaseRequest.fields

/** A release as it is shown. What it was asked to run is told without template data, which may hold passwords. */
export const ReleaseView = Schema.Struct({
  releaseId,
  branch,
  source,
  gate,
  timeoutSeconds,
  approval,
  run: Schema.Struct({
    multiplayerTestId: Schema.optionalKey(Schema.String),
    testPlanId: Schema.optionalKey(Schema.String),
    instructions: Schema.optionalKey(Schema.String),
    deploymentConfigId: Schema.String,
    name: Schema.optionalKey(Schema.String)
  }),
  status: ReleaseStatus,
  /** Null until it is over. */
  outcome: Schema.NullOr(ReleaseOutcome),
  /** Epoch milliseconds. */
  submittedAt: Schema.Int,
  /** Epoch milliseconds. */
  updatedAt: Schema.Int
})
export type ReleaseView = typeof ReleaseView.Type

/** Shows a release. */
export const view = ({ outcome, request, status, submittedAt, updatedAt }: ReleaseRecord): ReleaseView => {
  const { baseline: _, run, version: __, ...shown } = request
  const { deploymentConfigId, instructions, multiplayerTestId, name, testPlanId } = run
  return {
    ...shown,
    run: {
      deploymentConfigId,
      ...(multiplayerTestId === undefined ? {} : { multiplayerTestId }),
      ...(testPlanId === undefined ? {} : { testPlanId }),
      ...(instructions === undefined ? {} : { instructions }),
      ...(name === undefined ? {} : { name })
    },
    status,
    outcome,
    submittedAt,
    updatedAt
  }
}

/** How the bot is, for whoever watches over it. */
export const Health = Schema.Struct({
  /** `paused`: a release waits for a quota or a key, and nothing new begins. */
  status: Schema.Literals(["ok", "paused", "draining"]),
  paused: Schema.NullOr(Schema.Struct({ why: Schema.Literals(["quota", "key"]), since: Schema.Int })),
  /** Releases that are not over. */
  unfinished: Schema.Int
})

/** Tells what is wrong with a request that cannot be read. */
export class WellFormed extends HttpApiMiddleware.Service<WellFormed>()("@nunu-effect/pipelines/WellFormed", {
  error: SubmissionRefused
}) {}

const params = { releaseId }

/** One event: `id` is its place in the log, `event` its kind. */
const Events = HttpApiSchema.StreamSse({
  events: Schema.Struct({ id: Schema.String, event: Schema.String, data: Schema.fromJsonString(LoggedEvent) })
})

const followed = {
  headers: {
    /** Where a connection that broke goes on; browsers send it by themselves. */
    "last-event-id": Schema.optionalKey(Schema.NumberFromString.check(Schema.isInt()))
  },
  query: { after: Schema.optionalKey(Schema.NumberFromString.check(Schema.isInt())) }
}

const summary = (identifier: string, summary: string) => OpenApi.annotations({ identifier, summary })

export class ReleasesGroup extends HttpApiGroup.make("releases")
  .add(
    HttpApiEndpoint.post("submit", "/releases", {
      payload: Submission,
      // 201: a new release · 200: its id and request are known already
      success: [ReleaseView.pipe(HttpApiSchema.status(201)), ReleaseView],
      error: [SubmissionRefused, ReleaseConflict, BotUnavailable]
    }).annotateMerge(summary("submitRelease", "Submit a release; the same one twice is one")),
    HttpApiEndpoint.get("list", "/releases", {
      query: {
        /** Separated by commas. */
        status: Schema.optionalKey(Schema.String),
        branch: Schema.optionalKey(Schema.String),
        limit: Schema.optionalKey(
          Schema.NumberFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 500 }))
        ),
        /** The last one of a page begins the next. */
        before: Schema.optionalKey(releaseId)
      },
      success: Schema.Struct({ releases: Schema.Array(ReleaseView) }),
      error: [SubmissionRefused, BotUnavailable]
    }).annotateMerge(summary("listReleases", "List releases, newest first")),
    HttpApiEndpoint.get("get", "/releases/:releaseId", {
      params,
      success: ReleaseView,
      error: [ReleaseUnknown, BotUnavailable]
    }).annotateMerge(summary("getRelease", "Get a release")),
    HttpApiEndpoint.get("report", "/releases/:releaseId/report", {
      params,
      success: Schema.Record(Schema.String, Schema.Json),
      // 404: no such release, or it is not over
      error: [ReleaseUnknown, BotUnavailable]
    }).annotateMerge(summary("getReport", "Get the report of a release that is over")),
    HttpApiEndpoint.post("cancel", "/releases/:releaseId/cancel", {
      params,
      success: ReleaseView.pipe(HttpApiSchema.status(202)),
      error: [ReleaseUnknown, BotUnavailable]
    }).annotateMerge(summary("cancelRelease", "Stop a release and undo what it has begun")),
    HttpApiEndpoint.post("approve", "/releases/:releaseId/approve", {
      params,
      payload: Schema.Struct({
        /** False ends the release. */
        approved: Schema.Boolean,
        comment: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2000)))
      }),
      success: ReleaseView.pipe(HttpApiSchema.status(202)),
      // 409: it does not wait for an approval
      error: [ReleaseUnknown, ReleaseConflict, BotUnavailable]
    }).annotateMerge(summary("approveRelease", "Say whether a release that waits for it may go on")),
    HttpApiEndpoint.post("retry", "/releases/:releaseId/retry", {
      params,
      success: ReleaseView.pipe(HttpApiSchema.status(202)),
      error: [ReleaseUnknown, BotUnavailable]
    }).annotateMerge(summary("retryRelease", "Let a release that is held for a quota or a key try again at once")),
    HttpApiEndpoint.get("events", "/releases/:releaseId/events", {
      params,
      ...followed,
      // 204: it is over, and there is nothing after that place
      success: [Events, HttpApiSchema.NoContent],
      error: [ReleaseUnknown, BotUnavailable]
    }).annotateMerge(summary("followRelease", "Follow a release, until it is over")),
    HttpApiEndpoint.get("allEvents", "/events", {
      ...followed,
      success: Events,
      error: [BotUnavailable]
    }).annotateMerge(summary("followReleases", "Follow all releases"))
  )
  .middleware(WellFormed)
  .middleware(BotAccess) // the last is the first that a request meets
{}

export class HealthGroup extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("health", "/health", {
      // 503: it is being stopped, or cannot reach its store
      success: [Health, Health.pipe(HttpApiSchema.status(503))],
      error: BotUnavailable
    }).annotateMerge(summary("getHealth", "How the bot is; needs no token"))
  )
{}

export class BotApi extends HttpApi.make("nunu-bot")
  .add(ReleasesGroup, HealthGroup)
  .annotateMerge(OpenApi.annotations({ title: "nunu release bot", version: "1" }))
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
{}

/** Gives the OpenAPI document of a bot. */
export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(BotApi)
