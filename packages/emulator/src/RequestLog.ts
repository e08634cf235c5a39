/** Every request that the emulator has seen, in order of arrival. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { Keep } from "./StateFile.ts"
import * as Storm from "./Storm.ts"
import * as WeatherGate from "./WeatherGate.ts"

/** Which of the three origins a request came to. */
export type Origin = "api" | "storage" | "artifacts"

export interface LoggedRequest {
  readonly origin: Origin
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Epoch milliseconds. */
  readonly at: number
  /** Null while it is under way, and for good when the client went away before the answer. */
  status: number | null
  /** What weather it met, in words. */
  readonly weather: Array<string>
}

export class RequestLog extends Context.Service<RequestLog, {
  /** In order of arrival; of very many only the last ones are kept. */
  readonly entries: Array<LoggedRequest>
  /** What came to the storage and should not have, in words; all of it. */
  readonly leaks: Array<string>
}>()("@nunu-effect/emulator/RequestLog") {
  /** A log of its own for each emulator. */
  static readonly layer = Layer.fresh(Layer.sync(RequestLog, () => ({ entries: [], leaks: [] })))
}

/** Reads a logged request as one line: what, where, and how it ended. Credentials in the query are covered. */
export const format = (request: LoggedRequest): string => {
  const query = Object.entries(request.query)
    .map(([name, value]) => `${name}=${isCredential(name) ? "<redacted>" : value}`)
    .join("&")
  const weather = request.weather.length === 0 ? "" : ` (${request.weather.join(", ")})`
  return `${request.origin} ${request.method} ${request.path}${query === "" ? "" : `?${query}`} -> ${
    request.status ?? "gone"
  }${weather}`
}

const isCredential = (name: string): boolean => /^(upload_?id|x-amz-signature)$/i.test(name)

/**
 * Logs all requests of a router, and turns what the contract cannot read into a 400 with words, as the remote API does.
 */
export const layerMiddleware = <R0 = never>(
  origin: Origin,
  inner: Effect.Effect<Inner, never, R0> = Effect.succeed(asItIs)
) =>
  HttpRouter.middleware(
    Effect.gen(function*() {
      const log = yield* RequestLog
      const throughWeather = yield* WeatherGate.make
      const throughInner = yield* inner
      const keep = yield* Keep
      return (handled) =>
        Effect.gen(function*() {
          const request = yield* HttpServerRequest.HttpServerRequest
          const url = new URL(request.url, "http://emulator")
          const entry: LoggedRequest = {
            origin,
            method: request.method,
            path: url.pathname,
            query: Object.fromEntries(url.searchParams),
            headers: { ...request.headers },
            at: yield* Clock.currentTimeMillis,
            status: null,
            weather: []
          }
          const readable = Effect.catchDefect(
            handled,
            (defect) => HttpApiError.HttpApiSchemaError.is(defect) ? refuse(defect.cause.message) : Effect.die(defect)
          )
          if (isAboutEmulator(entry)) {
            return yield* readable
          }
          write(log, entry)
          const done = changes(entry) ? Effect.tap(throughInner(readable), keep) : throughInner(readable)
          const response = yield* throughWeather(done, entry, (storm) => {
            entry.weather.push(Storm.describe(storm))
          }).pipe(
            Effect.tapCause((cause) =>
              Effect.map(HttpServerError.causeResponse(cause), ([response]) => {
                entry.status = Cause.hasInterrupts(cause) || isLost(cause) ? null : response.status
              })
            )
          )
          entry.status = response.status
          return response
        })
    }),
    { global: true }
  )

const write = ({ entries, leaks }: RequestLog["Service"], entry: LoggedRequest): void => {
  if (entries.length >= mostEntries) entries.splice(0, mostEntries / 2)
  entries.push(entry)
  if (entry.origin !== "storage") return
  const strangers = Object.keys(entry.headers).filter((name) => forbiddenOnStorage.has(name))
  if (strangers.length > 0) leaks.push(`${entry.method} to the storage carried ${strangers.join(", ")}`)
}

const mostEntries = 20_000

const forbiddenOnStorage = new Set(["x-api-key", "authorization", "traceparent", "tracestate", "b3", "baggage"])

const isAboutEmulator = ({ path }: LoggedRequest): boolean =>
  path === "/" || path === "/docs" || path === "/openapi.json" || path.startsWith("/_emulator")

/** A GET of part URLs grants something. */
const changes = ({ method, path }: LoggedRequest): boolean => method !== "GET" || path.endsWith("/upload/parts")

/** What stands between the weather and the handlers. */
export type Inner = <E, R>(
  handled: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | HttpServerRequest.HttpServerRequest>

const asItIs: Inner = (handled) => handled

const isLost = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) => Cause.isDieReason(reason) && WeatherGate.ConnectionLost.is(reason.defect))

const refuse = (error: string) => Effect.succeed(HttpServerResponse.jsonUnsafe({ error }, { status: 400 }))
