/**
 * The body of a response, read whole and once, up to a cap that is measured while reading: beyond it the connection is
 * dropped, so that an endless answer costs neither memory nor time.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"

/** The longest body of an answer of the API that is read, in bytes. @default 16 MiB */
export const MaxBytes = Context.Reference<number>("@nunu-effect/core/ResponseBody/MaxBytes", {
  defaultValue: () => 16 * 1024 ** 2
})

/** The body of a success is left to whoever called, to be read as a stream. @default false */
export const Streamed = Context.Reference<boolean>("@nunu-effect/core/ResponseBody/Streamed", {
  defaultValue: () => false
})

/** A body is longer than `MaxBytes`; `response` holds as much of it as was read. */
export class BodyTooLarge extends Data.TaggedError("BodyTooLarge")<{
  readonly maxBytes: number
  readonly response: HttpClientResponse.HttpClientResponse
}> {}

/** Reads the body; gives the response with the body in memory. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | BodyTooLarge> => {
  const { headers } = response
  const declared = Number(headers["content-length"] ?? NaN)
  // A client keeps to the length that is declared, but for a body that it unpacks.
  return declared <= maxBytes && headers["content-encoding"] === undefined
    ? Effect.map(response.arrayBuffer, (bytes) => withBody(response, headers, bytes))
    : readMeasured(response, maxBytes)
}

const readMeasured = (response: HttpClientResponse.HttpClientResponse, maxBytes: number) =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return response.stream.pipe(
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        chunks.push(chunk)
        return size > maxBytes
          ? Effect.fail(
            new BodyTooLarge({ maxBytes, response: withBody(response, response.headers, joined(chunks.slice(0, 1))) })
          )
          : Effect.void
      }),
      Effect.catchIf(isEmptyBody, () => Effect.void),
      Effect.map(() => withBody(response, response.headers, joined(chunks)))
    )
  })

/** The same response, but for its body: what decodes it neither waits nor reads twice. */
const withBody = (
  response: HttpClientResponse.HttpClientResponse,
  headers: HttpClientResponse.HttpClientResponse["headers"],
  bytes: ArrayBuffer
): HttpClientResponse.HttpClientResponse => {
  const text = Effect.sync(() => decoder.decode(bytes))
  return Object.create(response, {
    headers: { value: headers },
    arrayBuffer: { value: Effect.succeed(bytes) },
    text: { value: text },
    json: {
      value: Effect.flatMap(text, (text) =>
        Effect.try({
          try: (): unknown => text === "" ? null : JSON.parse(text),
          catch: (cause) =>
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.DecodeError({ request: response.request, response, cause })
            })
        }))
    },
    stream: { value: Stream.succeed(new Uint8Array(bytes)) }
  })
}

const joined = (chunks: ReadonlyArray<Uint8Array>): ArrayBuffer => {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0))
  let position = 0
  for (const chunk of chunks) {
    whole.set(chunk, position)
    position += chunk.byteLength
  }
  return whole.buffer
}

const isEmptyBody = (error: unknown): error is HttpClientError.HttpClientError =>
  HttpClientError.isHttpClientError(error) && error.reason._tag === "EmptyBodyError"

const decoder = new TextDecoder()
