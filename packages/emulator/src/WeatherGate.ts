/** What weather does to a request on its way to the handlers, and to the answer on its way back. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Storm from "./Storm.ts"
import * as Throttle from "./Throttle.ts"
import { Weather } from "./Weather.ts"
import { xml } from "./Xml.ts"

/** The defect by which a request ends in process when its connection is dropped. */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", {}) {
  override readonly message = "Cannot answer in this weather: the connection is dropped"
  static readonly is = Schema.is(ConnectionLost)
}

/** Breaks the connection of the request that is under way, without an answer; on a port the server has to say how. */
export const DropConnection = Context.Reference<Effect.Effect<never, never, HttpServerRequest.HttpServerRequest>>(
  "@nunu-effect/emulator/WeatherGate/DropConnection",
  { defaultValue: () => Effect.die(new ConnectionLost()) }
)

/** Makes the function that leads a request through the weather; `onMeet` is told of each storm that it meets. */
export const make = Effect.gen(function*() {
  const weather = yield* Weather
  const drop = yield* DropConnection
  return <E, R>(
    handled: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
    subject: Storm.Subject,
    onMeet: (storm: Storm.Storm) => void
  ) =>
    Effect.flatMap(weather.meet(subject), (next) => {
      const through: Effect.Effect<
        HttpServerResponse.HttpServerResponse,
        E,
        R | HttpServerRequest.HttpServerRequest
      > = Effect.suspend(() => {
        const storm = next()
        if (storm === null) return handled
        onMeet(storm)
        return apply(storm, { drop, on: isLine(storm) ? through : handled, subject })
      })
      return through
    })
})

/** A line lets a request through, to whatever comes after it; of the others, each request meets one. */
const isLine = ({ kind }: Storm.Storm): boolean => kind === "latency" || kind === "slow"

const apply = <E, R>(
  storm: Storm.Storm,
  { drop, on, subject }: {
    readonly subject: Storm.Subject
    readonly on: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
    readonly drop: Effect.Effect<never, never, HttpServerRequest.HttpServerRequest>
  }
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | HttpServerRequest.HttpServerRequest> => {
  switch (storm.kind) {
    case "answer":
      return storm.executed === true
        ? Effect.andThen(on, answerOf(storm, subject))
        : Effect.andThen(readAll, answerOf(storm, subject))
    case "html":
      return Effect.as(readAll, HttpServerResponse.html(page).pipe(HttpServerResponse.setStatus(storm.status ?? 200)))
    case "drop":
      return Effect.andThen(readSome(storm.afterBytes ?? 0), drop)
    case "lose":
      return Effect.andThen(on, drop)
    case "stall":
      return Effect.andThen(
        readSome(storm.seconds === undefined ? storm.afterBytes ?? 0 : 0),
        storm.seconds === undefined ? Effect.interruptible(Effect.never) : Effect.andThen(wait(storm.seconds), on)
      )
    case "latency":
      return Effect.andThen(wait(storm.seconds), on)
    case "slow":
      return Throttle.exchange(on, storm.bytesPerSecond)
    case "truncate":
      return Effect.map(on, halved)
    case "etag":
      return Effect.map(on, (response) =>
        storm.value === null
          ? HttpServerResponse.removeHeader(response, "etag")
          : HttpServerResponse.setHeader(response, "etag", `"${storm.value}"`))
  }
}

/** Handlers cannot be interrupted from the outside until they are reached: a client that goes away must not be kept. */
const wait = (seconds: number) => Effect.interruptible(Effect.sleep(seconds * 1000))

/** A server that refuses before it has read everything may not be heard, which is another weather. */
const readAll = Effect.suspend(() => readSome(Infinity))

const readSome = (bytes: number) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    let read = 0
    return bytes === 0 ? Effect.void : Effect.interruptible(
      Stream.runForEachWhile(request.stream, (chunk) => Effect.sync(() => (read += chunk.length) < bytes))
    )
  }).pipe(Effect.ignore)

const answerOf = (storm: typeof Storm.Answer.Type, { origin }: Storm.Subject) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { body, contentType = "application/json", retryAfter, retryAfterAs, status } = storm
    const response = body !== undefined
      ? HttpServerResponse.text(body, { status, contentType })
      : origin === "storage"
      ? xml(status, codes[status] ?? "InternalError", `The emulator's weather: ${status}`)
      : HttpServerResponse.jsonUnsafe({ error: `The emulator's weather: ${status}` }, { status })
    return retryAfter === undefined ? response : HttpServerResponse.setHeader(
      response,
      "retry-after",
      retryAfterAs === "date" ? new Date(now + retryAfter * 1000).toUTCString() : String(retryAfter)
    )
  })

const halved = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
  const { body } = response
  return body._tag === "Uint8Array"
    ? HttpServerResponse.setBody(
      response,
      HttpBody.uint8Array(body.body.subarray(0, Math.floor(body.body.length / 2)), body.contentType)
    )
    : response
}

/** In the words of S3 and R2. */
const codes: Readonly<Record<number, string>> = {
  403: "AccessDenied",
  404: "NoSuchUpload",
  429: "TooManyRequests",
  500: "InternalError",
  503: "SlowDown"
}

const page = "<!doctype html><html><head><title>Gateway</title></head><body><h1>Please sign in</h1></body></html>"
