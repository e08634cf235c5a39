/**
 * The way of a request, on each of the three origins: it is logged, meets the weather, reaches its handler, and what it
 * changed is kept.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as GenerationGate from "./GenerationGate.ts"
import type { LoggedRequest, Origin } from "./RequestLog.ts"
import { RequestLog, write } from "./RequestLog.ts"
import { Keep } from "./StateFile.ts"
import * as Storm from "./Storm.ts"
import * as Visitor from "./Visitor.ts"
import * as WeatherGate from "./WeatherGate.ts"

/** Puts the routes of an origin behind it. What the contract cannot read gets a 400 with words, as from the remote API. */
export const layer = (origin: Origin) =>
  HttpRouter.middleware(
    Effect.gen(function*() {
      const log = yield* RequestLog
      const throughWeather = yield* WeatherGate.make
      const inGeneration = yield* GenerationGate.make
      const keep = yield* Keep
      return (handled) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.flatMap(Clock.currentTimeMillis, (at) => {
            const entry = entryOf(origin, request, at)
            const readable = Effect.catchDefect(
              Effect.map(handled, asJson),
              (defect) => HttpApiError.HttpApiSchemaError.is(defect) ? refuse(defect.cause.message) : Effect.die(defect)
            )
            if (isAboutEmulator(entry)) return Visitor.isForeign(request.headers) ? keepOut : readable
            write(log, entry)
            const told = origin === "api" ? inGeneration(readable) : readable
            return throughWeather(changes(entry) ? Effect.tap(told, keep) : told, entry, (storm) => {
              entry.weather.push(Storm.describe(storm))
            }).pipe(
              Effect.tapCause((cause) =>
                Effect.map(HttpServerError.causeResponse(cause), ([response]) => {
                  entry.status = Cause.hasInterrupts(cause) || isLost(cause) ? null : response.status
                })
              ),
              Effect.map((response) => {
                entry.status = response.status
                return response
              })
            )
          }))
    }),
    { global: true }
  )

const entryOf = (origin: Origin, request: HttpServerRequest.HttpServerRequest, at: number): LoggedRequest => {
  const mark = request.url.indexOf("?")
  return {
    origin,
    method: request.method,
    path: mark < 0 ? request.url : request.url.slice(0, mark),
    query: mark < 0 ? {} : Object.fromEntries(new URLSearchParams(request.url.slice(mark + 1))),
    headers: { ...request.headers },
    at,
    status: null,
    weather: []
  }
}

const isAboutEmulator = ({ path }: LoggedRequest): boolean =>
  path === "/" || path === "/docs" || path === "/openapi.json" || path.startsWith("/_emulator")

/** A GET of part URLs grants something. */
const changes = ({ method, path }: LoggedRequest): boolean => method !== "GET" || path.endsWith("/upload/parts")

const isLost = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) => Cause.isDieReason(reason) && WeatherGate.ConnectionLost.is(reason.defect))

/** The server's own words about a body of a wrong type, as the API has all of its errors. */
const asJson = (response: HttpServerResponse.HttpServerResponse) =>
  response.status === 415 && response.body._tag === "Uint8Array"
    ? HttpServerResponse.jsonUnsafe({ error: new TextDecoder().decode(response.body.body) }, { status: 415 })
    : response

const keepOut = Effect.succeed(
  HttpServerResponse.jsonUnsafe({ error: "pages of another site may not ask for this" }, { status: 403 })
)

const refuse = (error: string) => Effect.succeed(HttpServerResponse.jsonUnsafe({ error }, { status: 400 }))
