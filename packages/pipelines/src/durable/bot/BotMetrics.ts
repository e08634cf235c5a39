/**
 * `/metrics`, for Prometheus: the releases by status, whether the bot is paused, and all that the process counts by
 * itself, such as the requests to the API, their repeats and the bytes of uploads.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Redacted from "effect/Redacted"
import { ReleaseStatus } from "../Release.ts"
import { ReleaseLog } from "../ReleaseLog.ts"
import { callerOfPage } from "./BotAccess.ts"
import { BotTokens } from "./BotTokens.ts"
import { ReleaseBot } from "./ReleaseBot.ts"

/** Releases in the book by `status`; `queued` is the length of the queue. */
export const releases = Metric.gauge("nunu.bot.releases", { description: "Releases by status" })

/** 1 while a release waits for a quota or a key and nothing new begins. */
export const paused = Metric.gauge("nunu.bot.paused", {
  description: "1 while a release waits for a quota or a key, and nothing new begins"
})

/** 1 while the bot is being stopped. */
export const draining = Metric.gauge("nunu.bot.draining", { description: "1 while the bot is being stopped" })

/** Serves `/metrics`; with a token of the bot, as the page needs one. */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const bot = yield* ReleaseBot
  const log = yield* ReleaseLog
  const tokens = yield* BotTokens
  yield* router.add(
    "GET",
    "/metrics",
    Effect.gen(function*() {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const token = /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1]
      if (token === undefined || tokens.isOpen) yield* Effect.provideService(callerOfPage, BotTokens, tokens)
      else if ((yield* tokens.ownerOf(Redacted.make(token))) === null) {
        return HttpServerResponse.text("Cannot answer without a token of this bot\n", { status: 401 })
      }
      const counts = yield* log.counts
      for (const status of ReleaseStatus.literals) {
        yield* Metric.update(Metric.withAttributes(releases, { status }), counts[status] ?? 0)
      }
      const state = yield* bot.state
      yield* Metric.update(paused, state.paused === null ? 0 : 1)
      yield* Metric.update(draining, state.draining ? 1 : 0)
      const text = yield* PrometheusMetrics.format({ metricNameMapper: (name) => counters.get(name) ?? name })
      return HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
    }).pipe(
      Effect.catch(({ _tag, message }) =>
        Effect.succeed(
          HttpServerResponse.text(`${message}\n`, {
            status: _tag === "TokenRefused" ? 401 : _tag === "OriginRefused" ? 403 : 503
          })
        )
      )
    )
  )
}))

/** Prometheus wants counters to say so at the end of their names. */
const counters: ReadonlyMap<string, string> = new Map(
  [
    "nunu.client.attempts",
    "nunu.client.retries",
    "nunu.upload.bytes",
    "nunu.bot.notifications"
  ].map((name): [string, string] => [name, `${name}_total`])
    .concat([["nunu.client.throttled", "nunu_client_throttled_milliseconds_total"]])
)
