/**
 * Puts one part into the storage: the only place where the bytes of a build are sent.
 *
 * A client of its own, not the API's: no API key, no trace headers, no redirects, and always a Content-Length, without
 * which storage of S3's kind answers 411.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Stall from "./Stall.ts"
import type { PutFailed, Stored } from "./StorageAnswer.ts"
import { connectionFailed, readAnswer, targetOf } from "./StorageAnswer.ts"
import type { SourceChanged, SourceError } from "./UploadSource.ts"

/** The bytes of a part: read as they are sent, so that memory does not depend on how many there are. */
export interface PartBody {
  /** Bytes. */
  readonly size: number
  /**
   * Fills `buffer` from `position` of the part on; gives how many bytes it got. It never gets 0 before the end. It is
   * called in the order of the bytes, each once: they are hashed on the way.
   */
  readonly read: (buffer: Uint8Array, position: number) => Effect.Effect<number, SourceError | SourceChanged>
  /** Is told of bytes that went to the connection. */
  readonly onSent: (bytes: number) => Effect.Effect<void>
}

export class PartTransport extends Context.Service<PartTransport, {
  /**
   * Sends a part to a presigned URL. A connection that takes no byte for 30 s, and an answer that does not come for 60 s
   * after the last byte, fail as a broken connection does.
   */
  readonly put: (
    url: Redacted.Redacted,
    body: PartBody
  ) => Effect.Effect<Stored, PutFailed | SourceError | SourceChanged>
}>()("@nunu-effect/upload/PartTransport") {}

/** Bytes are read and sent in blocks of this size: smaller ones take more CPU, larger ones only more memory. */
export const blockSize = 512 * 1024

/** Sends through an `HttpClient`, which should be one that nothing else uses. */
export const layerHttpClient: Layer.Layer<PartTransport, never, HttpClient.HttpClient> = Layer.effect(
  PartTransport,
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    return PartTransport.of({
      put: Effect.fnUntraced(function*(url, body) {
        const target = yield* targetOf(url)
        // A failing body reaches us as a broken connection, or as a refusal: what broke it is remembered here.
        let sourceError: SourceError | SourceChanged | undefined
        const stall = yield* Stall.make
        const stream = Stream.tapError(streamOf(body, stall), (error) => Effect.sync(() => sourceError = error))
        const answer = client.execute(
          HttpClientRequest.put(target).pipe(
            HttpClientRequest.setBody(HttpBody.stream(stream, "application/octet-stream", body.size))
          )
        ).pipe(
          Effect.tap(() => Effect.sync(stall.answering)),
          Effect.flatMap((response) => Effect.map(response.text, (text) => ({ response, text }))),
          Effect.mapError((error) => connectionFailed(error.cause))
        )
        return yield* Effect.raceFirst(answer, stall.watch(() => 0)).pipe(
          Effect.flatMap(({ response, text }) => readAnswer(response.status, response.headers, text)),
          Effect.mapError((failure) => sourceError ?? failure)
        )
      }, untraced)
    })
  })
)

/** Who pulls has taken what came before. Slices: a line that takes 9 kB/s must be seen to move within the 30 s. */
const streamOf = (body: PartBody, stall: Stall.Stall): Stream.Stream<Uint8Array, SourceError | SourceChanged> => {
  let block = new Uint8Array(0)
  return Stream.unfold(0, (position) =>
    Effect.gen(function*() {
      if (position >= body.size) {
        stall.answering()
        return undefined
      }
      stall.taken()
      if (block.length === 0) {
        const buffer = new Uint8Array(Math.min(blockSize, body.size - position))
        block = buffer.subarray(0, yield* body.read(buffer, position))
      }
      const slice = block.subarray(0, sliceSize)
      block = block.subarray(slice.length)
      yield* body.onSent(slice.length)
      stall.handed()
      return [slice, position + slice.length] as const
    }))
}

const sliceSize = blockSize / 2

/** Presigned URLs are credentials: no span may carry one, and no trace header may reach the storage. */
const untraced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )
