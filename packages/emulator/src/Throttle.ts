/** A slow line: bytes pass at a rate, by the Clock. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"

/** Lets a handler read its request, and its answer be sent, at so many bytes a second. */
export const exchange = <E, R>(
  handled: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  bytesPerSecond: number
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | HttpServerRequest.HttpServerRequest> =>
  Effect.updateService(handled, HttpServerRequest.HttpServerRequest, (request) =>
    // Everything but the stream is the request's own, whatever server it came from.
    Object.create(request, { stream: { get: () => stream(request.stream, bytesPerSecond) } }) as typeof request)
    .pipe(Effect.map((response) => {
      const { body } = response
      return body._tag === "Uint8Array" && body.body.length > 0
        ? HttpServerResponse.setBody(
          response,
          HttpBody.stream(
            stream(Stream.fromIterable(pieces(body.body, bytesPerSecond)), bytesPerSecond),
            body.contentType,
            body.contentLength
          )
        )
        : response
    }))

/** Delays the chunks of a stream so that no more than so many bytes a second have passed at any time. */
export const stream = <E, R>(
  chunks: Stream.Stream<Uint8Array, E, R>,
  bytesPerSecond: number
): Stream.Stream<Uint8Array, E, R> =>
  Stream.unwrap(Effect.map(Clock.currentTimeMillis, (begun) => {
    let passed = 0
    return Stream.mapEffect(chunks, (chunk) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        passed += chunk.length
        const early = begun + passed / bytesPerSecond * 1000 - now
        return early > 0 ? Effect.as(Effect.sleep(early), chunk) : Effect.succeed(chunk)
      }))
  }))

/** About ten a second: a client that counts bytes shall see them come. */
const pieces = function*(bytes: Uint8Array, bytesPerSecond: number): Generator<Uint8Array> {
  const size = Math.max(1, Math.floor(bytesPerSecond / 10))
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
