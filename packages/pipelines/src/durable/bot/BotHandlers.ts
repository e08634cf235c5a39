/** Serves the HTTP API of a bot. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import * as Stream from "effect/Stream"
import * as JsonFile from "../../JsonFile.ts"
import { isEnded, ReleaseStatus } from "../Release.ts"
import { LoggedEvent } from "../ReleaseEvent.ts"
import { ReleaseLog } from "../ReleaseLog.ts"
import { Caller } from "./BotAccess.ts"
import { BotApi, view, WellFormed } from "./BotApi.ts"
import { BotUnavailable, SubmissionRefused } from "./BotError.ts"
import { ReleaseBot } from "./ReleaseBot.ts"

interface Followed {
  readonly headers: { readonly "last-event-id"?: number }
  readonly query: { readonly after?: number }
}

export const layerReleases = HttpApiBuilder.group(
  BotApi,
  "releases",
  Effect.fnUntraced(function*(handlers) {
    const bot = yield* ReleaseBot
    const log = yield* ReleaseLog
    /** Where a client goes on; from the start if that is a place of another book, as this one is not so long. */
    const placeOf = Effect.fnUntraced(function*({ headers, query }: Followed) {
      const after = headers["last-event-id"] ?? query.after ?? 0
      const last = yield* Effect.mapError(log.last, ({ message }) => new BotUnavailable({ message }))
      return after > last ? 0 : after
    })
    return handlers.handleAll({
      submit: Effect.fnUntraced(function*({ payload }) {
        const { isNew, record } = yield* bot.submit(payload)
        return yield* respond(view(record), isNew ? 201 : 200)
      }),
      list: Effect.fnUntraced(function*({ query: { status, ...others } }) {
        const words = status?.split(",").filter((word) => word !== "")
        const unknown = words?.filter((word) => !isStatus(word)) ?? []
        if (unknown.length > 0) {
          const message = `Expected words of ${ReleaseStatus.literals.join(", ")}, not ${unknown.join(", ")}`
          return yield* new SubmissionRefused({
            message: `Cannot list releases: status: ${message}`,
            faults: [{ path: "status", message }]
          })
        }
        const records = yield* bot.list({
          ...others,
          ...(words === undefined ? {} : { status: words.filter(isStatus) })
        })
        return { releases: records.map(view) }
      }),
      get: ({ params }) => Effect.map(bot.get(params.releaseId), view),
      report: ({ params }) =>
        Effect.map(
          bot.report(params.releaseId),
          (report) => HttpServerResponse.text(report, { contentType: "application/json" })
        ),
      cancel: Effect.fnUntraced(function*({ params }) {
        const { name } = yield* Caller
        return view(yield* bot.cancel(params.releaseId, { by: name }))
      }),
      approve: Effect.fnUntraced(function*({ params, payload: { approved, comment = "" } }) {
        const { name } = yield* Caller
        return view(yield* bot.approve(params.releaseId, { by: name, approved, comment }))
      }),
      retry: ({ params }) => Effect.map(bot.retry(params.releaseId), view),
      events: Effect.fnUntraced(function*({ headers, params: { releaseId }, query }) {
        const { status } = yield* bot.get(releaseId)
        const after = yield* placeOf({ headers, query })
        if (isEnded(status) && (yield* bot.events({ releaseId, after, limit: 1 })).length === 0) {
          return HttpServerResponse.empty({ status: 204 }) // tells a browser to ask no more
        }
        return sent(
          Stream.takeUntil(bot.follow({ releaseId, after }), ({ event }) => event._tag === "Ended")
        )
      }),
      allEvents: (followed) => Effect.map(placeOf(followed), (after) => sent(bot.follow({ after })))
    })
  })
)

export const layerHealth = HttpApiBuilder.group(
  BotApi,
  "health",
  Effect.fnUntraced(function*(handlers) {
    const bot = yield* ReleaseBot
    return handlers.handleAll({
      health: Effect.fnUntraced(function*() {
        const { draining, paused, unfinished } = yield* bot.state
        const status = draining ? "draining" as const : paused === null ? "ok" as const : "paused" as const
        return yield* respond({
          status,
          paused: paused === null ? null : { why: paused.why, since: paused.since },
          unfinished: Object.values(unfinished).reduce((sum, count) => sum + count, 0)
        }, draining ? 503 : 200)
      })
    })
  })
)

/** Tells all that is wrong with a request, each fault with its place. */
export const layerWellFormed = HttpApiMiddleware.layerSchemaErrorTransform(
  WellFormed,
  ({ cause: { issue }, kind }) =>
    kind === "Body" || kind === "ResponseHeaders"
      ? Effect.die(issue) // our own answer
      : Effect.fail(refusedFor(JsonFile.faultsOf(issue)))
)

const refusedFor = (faults: ReadonlyArray<JsonFile.Fault>): SubmissionRefused =>
  new SubmissionRefused({
    message: `Cannot use the request: ${
      faults.map(({ message, path }) => path === "" ? message : `${path}: ${message}`).join("; ")
    }`,
    faults
  })

const respond = (body: unknown, status: number) => Effect.succeed(HttpServerResponse.jsonUnsafe(body, { status }))

const isStatus = Schema.is(ReleaseStatus)

/**
 * Events as a stream that ends no sooner than they do: without a line from time to time, a proxy in between would take it
 * for dead. A failure of the store ends it, and the client comes back with the place where it was.
 */
const sent = (events: Stream.Stream<LoggedEvent, BotUnavailable>) =>
  HttpServerResponse.stream(
    events.pipe(
      Stream.map((logged) => `id: ${logged.seq}\nevent: ${logged.event._tag}\ndata: ${write(logged)}\n\n`),
      Stream.catch((error) => Stream.fromEffectDrain(Effect.logWarning(error.message))),
      // The first at once: to a browser a connection is open when something has come.
      Stream.merge(Stream.map(Stream.tick("15 seconds"), () => ": still here\n\n"), { haltStrategy: "left" }),
      Stream.encodeText
    ),
    { contentType: "text/event-stream", headers: { "cache-control": "no-store", "x-accel-buffering": "no" } }
  )

const encode = SchemaParser.encodeSync(Schema.toCodecJson(LoggedEvent))

const write = (logged: LoggedEvent): string => JSON.stringify(encode(logged))
