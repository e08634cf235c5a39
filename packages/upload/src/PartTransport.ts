/**
 * Puts one part into the storage: the only place where the bytes of a build are sent.
 *
 * A client of its own, not the API's: no API key, no trace headers, no redirects, and always a Content-Length, without
 * which storage of S3's kind answers 411.
 */
import { networkCode } from "@nunu-effect/core/NunuHttpClient"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { SourceError } from "./UploadSource.ts"

/** One attempt at a part failed. */
export class PutFailed extends Data.TaggedError("PutFailed")<{
  /** Null when the connection broke or was never made. */
  readonly status: number | null
  /** The storage's words (`Code: Message`), or what happened to the connection. */
  readonly detail: string
  /** The URL is too old: a fresh one may work. */
  readonly expired: boolean
  /** Sending the same bytes again may work. */
  readonly retryable: boolean
  readonly retryAfter: Duration.Duration | null
}> {}

/** The bytes of a part: read as they are sent, so that memory does not depend on how many there are. */
export interface PartBody {
  /** Bytes. */
  readonly size: number
  /** Fills `buffer` from `position` of the part on; gives how many bytes it got. It never gets 0 before the end. */
  readonly read: (buffer: Uint8Array, position: number) => Effect.Effect<number, SourceError>
  /** Is told of bytes that went to the connection. */
  readonly onSent: (bytes: number) => Effect.Effect<void>
}

export class PartTransport extends Context.Service<PartTransport, {
  /** Sends a part to a presigned URL; gives the ETag as the storage gave it. */
  readonly put: (url: Redacted.Redacted, body: PartBody) => Effect.Effect<string, PutFailed | SourceError>
}>()("@nunu-effect/upload/PartTransport") {}

/** Bytes are read and sent in blocks of this size: 64 KiB would cost twice the CPU. */
export const blockSize = 1024 ** 2

/** Sends through an `HttpClient`, which should be one that nothing else uses. */
export const layerHttpClient: Layer.Layer<PartTransport, never, HttpClient.HttpClient> = Layer.effect(
  PartTransport,
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    return PartTransport.of({
      put: Effect.fnUntraced(function*(url, body) {
        // A failing body reaches us as a broken connection, or as a refusal: what broke it is remembered here.
        let sourceError: SourceError | undefined
        const stream = Stream.tapError(streamOf(body), (error) => Effect.sync(() => sourceError = error))
        return yield* client.execute(
          HttpClientRequest.put(Redacted.value(url)).pipe(
            HttpClientRequest.setBody(HttpBody.stream(stream, "application/octet-stream", body.size))
          )
        ).pipe(
          Effect.flatMap((response) => Effect.map(response.text, (text) => ({ response, text }))),
          Effect.mapError((error) => connectionFailed(error.cause)),
          Effect.flatMap(({ response, text }) => readAnswer(response.status, response.headers, text)),
          Effect.mapError((failure) => sourceError ?? failure)
        )
      }, untraced)
    })
  })
)

const streamOf = (body: PartBody): Stream.Stream<Uint8Array, SourceError> =>
  Stream.unfold(0, (position) =>
    Effect.gen(function*() {
      if (position >= body.size) return undefined
      const buffer = new Uint8Array(Math.min(blockSize, body.size - position))
      const bytes = yield* body.read(buffer, position)
      yield* body.onSent(bytes)
      return [buffer.subarray(0, bytes), position + bytes] as const
    }))

/** Presigned URLs are credentials: no span may carry one, and no trace header may reach the storage. */
const untraced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )

/** Reads the storage's answer to a PUT: its ETag, or what its XML says went wrong. */
export const readAnswer = Effect.fnUntraced(function*(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  text: string
): Effect.fn.Return<string, PutFailed> {
  const etag = headers["etag"]
  const ok = status >= 200 && status < 300
  if (ok && etag !== undefined && !isEmptyTag(etag)) return etag
  const code = tagOf(text, "Code")
  const message = tagOf(text, "Message")
  const expired = /^(ExpiredRequest|ExpiredToken)$/.test(code ?? "") || /request has expired/i.test(message ?? "")
  return yield* new PutFailed({
    status,
    detail: ok ? "the storage gave no ETag" : message === null ? code ?? "the storage refused" : `${code}: ${message}`,
    expired,
    retryable: ok || status === 429 || RetryPolicy.isTransientStatus(status),
    retryAfter: RetryPolicy.retryAfter({ headers }, yield* Clock.currentTimeMillis)
  })
})

/** Tells a broken connection. Clients' own messages may hold the presigned URL, so URLs are taken out. */
export const connectionFailed = (cause: unknown): PutFailed => {
  const words = cause instanceof Error ? cause.message.replace(/https?:\/\/\S+/g, "<url>") : "no answer"
  const code = networkCode(cause)
  const detail = code === null || words.includes(code) ? words : `${code} ${words}`
  return new PutFailed({
    status: null,
    detail: `the connection failed: ${detail}`,
    expired: false,
    retryable: true,
    retryAfter: null
  })
}

/** A header with nothing in it acknowledges nothing: no part could be completed with it. */
const isEmptyTag = (etag: string): boolean => /^(W\/)?"*$/.test(etag)

const tagOf = (xml: string, tag: string): string | null =>
  new RegExp(`<${tag}>([^<]{1,500})</${tag}>`).exec(xml)?.[1] ?? null
