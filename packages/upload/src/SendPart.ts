/** One part, from the file into the storage, as often as it makes sense. */
import type { UploadedPart } from "@nunu-effect/core/UploadTicket"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import type { PartBody, PutFailed } from "./PartTransport.ts"
import { PartTransport } from "./PartTransport.ts"
import type { PartUrlsFailed } from "./UploadError.ts"
import { PartFailed } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { Part } from "./UploadPlan.ts"
import type { SourceReader, UploadSource } from "./UploadSource.ts"
import { SourceError } from "./UploadSource.ts"

/** A part that is stored. */
export interface SentPart extends UploadedPart {
  /** Of the bytes that were read, in hex; null where integrity is off. */
  readonly md5: string | null
  /** How many PUTs it took. */
  readonly attempts: number
}

/**
 * Sends a part. A broken connection, 408, 429, 5xx and a missing ETag are tried again, 5 times in all, after 1, 2, 4 and
 * 8 seconds (each drawn from 50 to 100 %, never before a Retry-After); an expired URL is replaced, 3 times at most.
 */
export const sendPart = Effect.fnUntraced(function*(options: {
  readonly source: UploadSource
  readonly reader: SourceReader
  readonly part: Part
  readonly url: (options: { readonly fresh: boolean }) => Effect.Effect<Redacted.Redacted, PartUrlsFailed | PartFailed>
  /** There are fresh URLs for it; a single PUT has but the one. */
  readonly replaceable: boolean
  readonly emit: (event: UploadEvent) => Effect.Effect<void>
}): Effect.fn.Return<SentPart, PartFailed | PartUrlsFailed | SourceError, PartTransport> {
  const transport = yield* PartTransport
  const { emit, part, reader, source } = options
  const { offset, partNumber, size } = part
  let attempt = 0
  let repeats = 0
  let replaced = 0
  while (true) {
    attempt++
    const url = yield* options.url({ fresh: attempt > 1 })
    yield* emit(UploadEvent.PartStarted({ partNumber, attempt }))
    let bytes = 0
    const body: PartBody = {
      size,
      read: (buffer, position) => readFully(source, reader, buffer, offset + position),
      onSent: (count) => {
        bytes += count
        return emit(UploadEvent.BytesSent({ partNumber, bytes: count }))
      }
    }
    const outcome = yield* transport.put(url, body).pipe(
      Effect.map((etag) => ({ etag, failure: undefined })),
      Effect.catchTag("PutFailed", (failure) => Effect.succeed({ etag: undefined, failure }))
    )
    if (outcome.etag !== undefined) {
      yield* emit(UploadEvent.PartCompleted({ partNumber, bytes: size }))
      return { partNumber, etag: withoutQuotes(outcome.etag), md5: null, attempts: attempt }
    }
    const { failure } = outcome
    const again = failure.expired
      ? options.replaceable && ++replaced <= maxReplacements
      : failure.retryable && ++repeats <= maxRepeats
    if (!again) {
      return yield* new PartFailed({ partNumber, attempts: attempt, status: failure.status, detail: failure.detail })
    }
    const wait = failure.expired ? Duration.zero : yield* backoff(failure, repeats)
    yield* emit(
      UploadEvent.PartRetried({ partNumber, why: failure.detail, waitMillis: Duration.toMillis(wait), bytes })
    )
    yield* Effect.sleep(wait)
  }
})

/** A file that ends before its time must not leave a connection waiting for the rest. */
const readFully = (
  source: UploadSource,
  reader: SourceReader,
  buffer: Uint8Array,
  position: number
): Effect.Effect<number, SourceError> =>
  Effect.flatMap(reader(buffer, position), (bytes) =>
    bytes > 0 || buffer.length === 0
      ? Effect.succeed(bytes)
      : Effect.fail(
        new SourceError({
          kind: "unreadable",
          message: `Cannot upload "${source.name}": it ended at byte ${position} of ${source.size}`
        })
      ))

const maxRepeats = 4

const maxReplacements = 3

const backoff = (failure: PutFailed, repeats: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => {
    const own = Duration.seconds(2 ** (repeats - 1) * (0.5 + random / 2))
    return failure.retryAfter === null ? own : Duration.max(own, failure.retryAfter)
  })

/** ETags come in quotes, and weak ones behind `W/`; the API wants them bare. */
const withoutQuotes = (etag: string): string => etag.replace(/^W\//, "").replaceAll("\"", "")
