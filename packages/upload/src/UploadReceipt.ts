/** What an upload came to. */
import type { BuildId } from "@nunu-effect/core/Build"
import * as Effect from "effect/Effect"
import { inline } from "./Hashing.ts"

export interface UploadReceipt {
  readonly buildId: BuildId
  /** Bytes. */
  readonly size: number
  readonly parts: number
  /** How many of the parts an earlier run had sent. */
  readonly resumedParts: number
  /** How many PUTs it took in all runs; more than `parts` when some were repeated. */
  readonly attempts: number
  /** Bytes of attempts that failed in this run: they went to the connection and had to go again. */
  readonly resentBytes: number
  /** Of the whole file in hex, where it was one part and integrity is on; else it would take another reading. */
  readonly md5: string | null
  /** What the storage should say of the whole: of several parts, the MD5 of their MD5s and their number. Null where parts' ETags are no MD5s. */
  readonly etag: string | null
  /** Epoch milliseconds: when this run began. */
  readonly startedAt: number
  /** Of this run. */
  readonly durationMillis: number
}

interface FinishedPart {
  readonly etag: string
  readonly md5: string | null
  readonly attempts: number
}

/** Makes the receipt of parts in their order. */
export const make = Effect.fnUntraced(function*(options: {
  readonly buildId: BuildId
  readonly size: number
  readonly parts: ReadonlyArray<FinishedPart>
  readonly multipart: boolean
  readonly resumedParts: number
  readonly resentBytes: number
  readonly startedAt: number
  readonly now: number
}): Effect.fn.Return<UploadReceipt> {
  const { buildId, multipart, parts, resentBytes, resumedParts, size, startedAt } = options
  return {
    buildId,
    size,
    parts: parts.length,
    resumedParts,
    attempts: parts.reduce((sum, part) => sum + part.attempts, 0),
    resentBytes,
    md5: parts.length === 1 ? parts[0]?.md5 ?? null : null,
    etag: multipart ? yield* compositeEtag(parts.map(({ etag }) => etag)) : parts[0]?.etag ?? null,
    startedAt,
    durationMillis: options.now - startedAt
  }
})

/** Computes the ETag that storage of S3's kind gives an object of several parts. */
export const compositeEtag = (etags: ReadonlyArray<string>): Effect.Effect<string | null> =>
  etags.length === 0 || etags.some((etag) => !/^[0-9a-f]{32}$/i.test(etag))
    ? Effect.succeed(null)
    : Effect.gen(function*() {
      const hash = yield* inline.make
      yield* hash.update(Buffer.from(etags.join(""), "hex"))
      return `${yield* hash.digest}-${etags.length}`
    }).pipe(Effect.scoped, Effect.orElseSucceed(() => null))
