/** The emulator's own pages: `/`, `/docs` and their style. Nothing in them runs, and nothing comes from elsewhere. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { AdminApi } from "./AdminApi.ts"
import * as DashboardPage from "./DashboardPage.ts"
import { style } from "./DashboardStyle.ts"
import * as DocsPage from "./DocsPage.ts"
import { EmulatedApi, EmulatedArtifactHost } from "./EmulatedApi.ts"
import { EmulatorState } from "./EmulatorState.ts"
import type { Html } from "./Html.ts"
import * as Invariants from "./Invariants.ts"
import * as JobRegister from "./JobRegister.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { RequestLog } from "./RequestLog.ts"
import { Weather } from "./Weather.ts"

export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const state = yield* EmulatorState
  const log = yield* RequestLog
  const weather = yield* Weather
  const register = yield* JobRegister.make
  const services = yield* Effect.context<EmulatorState | ObjectStorage | RequestLog>()
  const dashboard = Effect.gen(function*() {
    const { headers, url } = yield* HttpServerRequest.HttpServerRequest
    const now = yield* Clock.currentTimeMillis
    const uploads = Array.from(state.uploads.values()).toReversed()
    const jobs = register.find()
    return pageOf(DashboardPage.draw({
      baseUrl: `http://${headers["host"] ?? "localhost"}/api/v1`,
      generation: state.generation,
      speed: state.speed,
      now,
      uploads: uploads.slice(0, most),
      runs: jobs.slice(0, most).map((job) => register.view(job, now)),
      requests: log.entries.slice(-most).toReversed(),
      totals: { uploads: uploads.length, runs: jobs.length, requests: log.entries.length },
      violations: yield* Effect.provideContext(Invariants.soFar, services),
      storms: yield* weather.storms,
      weatherSeed: yield* weather.seed,
      refresh: /[?&]still\b/.test(url) ? null : 2
    }))
  })
  yield* router.add("GET", "/", dashboard)
  yield* router.add("GET", "/docs", Effect.sync(() => pageOf(DocsPage.draw(documents()))))
  yield* router.add(
    "GET",
    "/_emulator/style.css",
    HttpServerResponse.text(style, {
      contentType: "text/css; charset=utf-8",
      headers: { "cache-control": "max-age=3600" }
    })
  )
}))

const most = 50

const documents = () => [OpenApi.fromApi(EmulatedApi), OpenApi.fromApi(EmulatedArtifactHost), OpenApi.fromApi(AdminApi)]

const pageOf = ({ text }: Html) =>
  HttpServerResponse.text(text, {
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy":
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store"
    }
  })
