/** One part, from the file into the storage, as often as it makes sense. */
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import type { UploadedPart } from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import { Hashing } from "./Hashing.ts"
import type { PartBody } from "./PartTransport.ts"
import { PartTransport } from "./PartTransport.ts"
import type { RetryBudget } from "./RetryBudget.ts"
import { PutFailed, withoutQuotes, withoutSecrets } from "./StorageAnswer.ts"
import type { PartUrlsFailed, RetriesSpent } from "./UploadError.ts"
import { IntegrityMismatch, PartFailed } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { Part } from "./UploadPlan.ts"
import type { SourceChanged, SourceReader, UploadSource } from "./UploadSource.ts"
import { SourceError } from "./UploadSource.ts"

/** Counts the bytes of parts that the storage has taken. */
export const storedBytes = Metric.counter("nunu.upload.bytes", {
  description: "Bytes of parts that the storage has taken",
  incremental: true
})

/** A part that is stored. */
export interface SentPart extends UploadedPart {
  /** Of the bytes that were read, in hex; null where integrity is off. */
  readonly md5: string | null
  /** How many PUTs it took. */
  readonly attempts: number
}

/** What may be said about the bytes of an upload. */
export interface IntegrityOptions {
  /** Compares the MD5 of what was read with the storage's ETag, where that is one. @default "md5" */
  readonly integrity?: "md5" | "off" | undefined
  /** Goes on when the file changes on the way: its build may then be of neither state. @default false */
  readonly allowSourceChange?: boolean | undefined
}

export interface SendPartOptions extends IntegrityOptions {
  readonly source: UploadSource
  readonly reader: SourceReader
  readonly part: Part
  readonly url: (options: { readonly fresh: boolean }) => Effect.Effect<Redacted.Redacted, PartUrlsFailed | PartFailed>
  /** There are fresh URLs for it; a single PUT has but the one. */
  readonly replaceable: boolean
  /** Is asked before each repeat. @default as many as the part has by itself */
  readonly budget?: Pick<RetryBudget, "take">
  readonly emit: (event: UploadEvent) => Effect.Effect<void>
}

export type SendPartError = PartFailed | PartUrlsFailed | IntegrityMismatch | RetriesSpent | SourceError | SourceChanged

/**
 * Sends a part. What may pass (a broken connection or one that stands still, 408 or RequestTimeout, 429, 5xx, a missing ETag, one that is
 * not the MD5 of what was read) is tried again after 1, 2, 4 and 8 seconds, each drawn from 50 to 100 % and never before
 * a Retry-After. It fails with the fifth attempt since one that got further than all before; sooner when the budget is
 * spent or the storage wants to be left alone for longer than the policy's `maxRetryAfter`. An expired URL is replaced at
 * once, 3 times at most.
 */
export const sendPart = Effect.fnUntraced(
  function*(options: SendPartOptions): Effect.fn.Return<SentPart, SendPartError, PartTransport> {
    const { emit, part: { partNumber, size } } = options
    let attempts = 0
    let repeats = 0
    let replaced = 0
    let furthest = 0
    while (true) {
      attempts++
      const url = yield* options.url({ fresh: attempts > 1 })
      yield* emit(UploadEvent.PartStarted({ partNumber, attempt: attempts }))
      let bytes = 0
      const onSent = (count: number) => {
        bytes += count
        return emit(UploadEvent.BytesSent({ partNumber, bytes: count }))
      }
      const { failure, stored } = yield* attempt(options, url, onSent).pipe(
        Effect.map((stored) => ({ stored, failure: undefined })),
        Effect.catchTag(["PutFailed", "OtherBytes"], (failure) => Effect.succeed({ stored: undefined, failure }))
      )
      if (stored !== undefined) {
        yield* Metric.update(storedBytes, size)
        yield* emit(UploadEvent.PartCompleted({ partNumber, bytes: size }))
        return { ...stored, partNumber, attempts }
      }
      const why = failure._tag === "OtherBytes" ? failure.message : withoutSecrets(failure.detail, url)
      const status = failure._tag === "OtherBytes" ? null : failure.status
      let wait = Duration.zero
      if (failure._tag === "PutFailed" && (failure.expired || !failure.retryable)) {
        const again = failure.expired && options.replaceable && ++replaced <= maxReplacements
        if (!again) return yield* new PartFailed({ partNumber, attempts, status, detail: why })
      } else {
        if (bytes > furthest) repeats = 0
        furthest = Math.max(furthest, bytes)
        if (++repeats > maxRepeats) {
          return yield* failure._tag === "OtherBytes"
            ? new IntegrityMismatch({ partNumber, attempts, md5: failure.md5, etag: failure.etag })
            : new PartFailed({ partNumber, attempts, status, detail: why })
        }
        const asked = failure._tag === "PutFailed" ? failure.retryAfter ?? Duration.zero : Duration.zero
        if (Duration.isGreaterThan(asked, (yield* RetryPolicy.RetryPolicy).maxRetryAfter)) {
          const retryAt = DateTime.makeUnsafe((yield* Clock.currentTimeMillis) + Duration.toMillis(asked))
          return yield* new PartFailed({ partNumber, attempts, status, detail: why, retryAt })
        }
        wait = Duration.max(yield* backoff(repeats), asked)
        if (options.budget !== undefined) yield* options.budget.take({ partNumber, status, detail: why })
      }
      yield* emit(UploadEvent.PartRetried({ partNumber, why, waitMillis: Duration.toMillis(wait), bytes }))
      yield* Effect.sleep(wait)
    }
  }
)

/** The storage's MD5 is not that of what was read. */
class OtherBytes extends Data.TaggedError("OtherBytes")<{ readonly md5: string; readonly etag: string }> {
  override get message(): string {
    return `the storage has other bytes than were read: ETag ${this.etag}, MD5 ${this.md5}`
  }
}

/** One PUT, and what was read and stored by it compared. */
const attempt = Effect.fnUntraced(
  function*(
    options: SendPartOptions,
    url: Redacted.Redacted,
    onSent: PartBody["onSent"]
  ) {
    const { part: { offset, size }, reader, source } = options
    const transport = yield* PartTransport
    const hashing = yield* Hashing
    const unchanged = options.allowSourceChange === true ? Effect.void : source.verify
    yield* unchanged
    const hash = options.integrity === "off" ? undefined : yield* hashing.make
    let got = 0
    const stored = yield* transport.put(url, {
      size,
      read: (buffer, position) =>
        hashing.released(buffer).pipe(
          Effect.andThen(reader(buffer, offset + position)),
          Effect.tap((bytes) => {
            if (bytes === 0 && buffer.length > 0) {
              // A file that ends before its time must not leave a connection waiting for the rest.
              return Effect.andThen(unchanged, endedAt(source, offset + position))
            }
            got += bytes
            return hash === undefined ? Effect.void : hash.update(buffer.subarray(0, bytes))
          })
        ),
      onSent
    })
    if (got < size) return yield* retryable("the storage answered before it had all bytes")
    const md5 = hash === undefined ? null : yield* Effect.catch(hash.digest, (lost) => retryable(lost.message))
    yield* unchanged
    if (md5 !== null && stored.md5 !== null && stored.md5 !== md5) {
      return yield* new OtherBytes({ md5, etag: stored.md5 })
    }
    return { etag: withoutQuotes(stored.etag), md5 }
  },
  Effect.scoped
)

const retryable = (detail: string): PutFailed =>
  new PutFailed({ status: null, detail, expired: false, retryable: true, retryAfter: null })

const endedAt = (source: UploadSource, position: number): SourceError =>
  new SourceError({
    kind: "unreadable",
    message: `Cannot upload "${source.name}": it ended at byte ${position} of ${source.size}`
  })

const maxRepeats = 4

const maxReplacements = 3

const backoff = (repeats: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => Duration.seconds(2 ** (repeats - 1) * (0.5 + random / 2)))
