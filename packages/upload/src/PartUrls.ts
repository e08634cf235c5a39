/** Presigned URLs of parts, just in time: fetched up to ten at a time, kept for at most 50 minutes of their hour. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { MultipartTicket } from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import { PartFailed, PartUrlsFailed } from "./UploadError.ts"

export interface PartUrls {
  /** Gives the URL of a part; with `fresh`, one that was not given before. */
  readonly get: (
    partNumber: number,
    options: { readonly fresh: boolean }
  ) => Effect.Effect<Redacted.Redacted, PartUrlsFailed | PartFailed>
}

export const make = Effect.fnUntraced(function*(
  ticket: MultipartTicket
): Effect.fn.Return<PartUrls, never, Nunu> {
  const nunu = yield* Nunu
  const oneAtATime = yield* Semaphore.make(1)
  const urls = new Map<number, { readonly url: Redacted.Redacted; readonly until: number }>()

  const fetch = Effect.fnUntraced(function*(first: number) {
    const count = Math.min(batchSize, ticket.totalParts - first + 1)
    const until = (yield* Clock.currentTimeMillis) + keepMillis
    const found = yield* nunu.builds.partUrls({
      uploadId: ticket.uploadId,
      objectKey: ticket.objectKey,
      partNumbers: Array.from({ length: count }, (_, index) => first + index)
    }).pipe(Effect.mapError((error: ApiError) => new PartUrlsFailed({ error })))
    // Answers may come in any order, twice, or for parts that nobody asked for.
    for (const { partNumber, url } of found) {
      if (partNumber >= first && partNumber < first + count) urls.set(partNumber, { url, until })
    }
  })

  return {
    get: Effect.fnUntraced(function*(partNumber, { fresh }) {
      if (fresh) urls.delete(partNumber)
      const known = urls.get(partNumber)
      if (known === undefined || known.until <= (yield* Clock.currentTimeMillis)) {
        urls.delete(partNumber)
        yield* fetch(partNumber)
      }
      const url = urls.get(partNumber)?.url
      if (url !== undefined) return url
      return yield* new PartFailed({ partNumber, attempts: 0, status: null, detail: "the API gave no URL for it" })
    }, oneAtATime.withPermit)
  }
})

/** The vendor advises 3 to 10 URLs a call. */
const batchSize = 10

const keepMillis = 50 * 60 * 1000
