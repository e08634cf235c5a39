/**
 * Presigned URLs of parts, just in time: fetched about two windows ahead, up to ten at a time, and kept for at most 50
 * minutes of their hour. A part whose URL is known never waits for a call.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { MultipartTicket } from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { PartFailed, PartUrlsFailed } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"

export interface PartUrls {
  /** Gives the URL of a part; with `fresh`, one that was not given before. `width`: how many parts are sent at once. */
  readonly get: (
    partNumber: number,
    options: { readonly fresh: boolean; readonly width: number }
  ) => Effect.Effect<Redacted.Redacted, PartUrlsFailed | PartFailed>
}

/** The URLs of the parts that are to be sent, in the order of sending. Calls under way end with the scope. */
export const make = Effect.fnUntraced(function*(
  ticket: MultipartTicket,
  options: {
    readonly parts: ReadonlyArray<number>
    readonly emit: (event: UploadEvent) => Effect.Effect<void>
  }
): Effect.fn.Return<PartUrls, never, Nunu | Scope.Scope> {
  const nunu = yield* Nunu
  const scope = yield* Effect.scope
  const { emit, parts } = options
  const places = new Map(parts.map((partNumber, place) => [partNumber, place]))
  const known = new Map<number, { readonly url: Redacted.Redacted; readonly until: number }>()
  const had = new Set<number>()
  const fetchedAhead = new Set<number>()
  const waiting = new Map<number, Deferred.Deferred<Redacted.Redacted, PartUrlsFailed | PartFailed>>()
  /** The place of the furthest part that was asked for. */
  let reached = -1
  let ahead = 0
  let calling = false

  const find = (partNumber: number, now: number): Redacted.Redacted | undefined => {
    const found = known.get(partNumber)
    return found !== undefined && found.until > now ? found.url : undefined
  }

  /** What to ask for next; nothing ends the calling. */
  const nextCall = (now: number): ReadonlyArray<number> => {
    const next = parts.slice(reached + 1, reached + 1 + ahead + perCall)
    const needed = Array.from(waiting.keys())
    // What was asked for ahead of time in vain is asked for again when a part waits, not over and over.
    const wanted = next.filter((partNumber) =>
      find(partNumber, now) === undefined && (needed.length > 0 || !fetchedAhead.has(partNumber))
    )
    const enough = needed.length === 0 && next.length - wanted.length >= ahead
    const call = enough ? [] : [...needed, ...wanted].slice(0, perCall)
    calling = call.length > 0
    return call
  }

  const fetch = Effect.fnUntraced(function*(partNumbers: ReadonlyArray<number>) {
    const missing = new Set(partNumbers.filter((partNumber) => waiting.has(partNumber)))
    const until = (yield* Clock.currentTimeMillis) + keepMillis
    const call = nunu.builds.partUrls({ uploadId: ticket.uploadId, objectKey: ticket.objectKey, partNumbers })
    const exit = yield* Effect.exit(Effect.mapError(call, (error: ApiError) => new PartUrlsFailed({ error })))
    for (const partNumber of partNumbers) fetchedAhead.add(partNumber)
    // Answers may come in any order, twice, or for parts that nobody asked for.
    const found = exit._tag === "Success" ? exit.value.filter(({ partNumber }) => partNumbers.includes(partNumber)) : []
    const refreshed = new Set(found.map(({ partNumber }) => partNumber).filter((partNumber) => had.has(partNumber)))
    for (const { partNumber, url } of found) {
      known.set(partNumber, { url, until })
      had.add(partNumber)
      missing.delete(partNumber)
      yield* settle(partNumber, Exit.succeed(url))
    }
    // Who began to wait when the call was under way is asked for once more.
    for (const partNumber of missing) {
      const detail = "the API gave no URL for it"
      const failed = new PartFailed({ partNumber, attempts: 0, status: null, detail })
      yield* settle(partNumber, exit._tag === "Failure" ? Exit.failCause(exit.cause) : Exit.fail(failed))
    }
    if (refreshed.size > 0) yield* emit(UploadEvent.UrlsRefreshed({ parts: refreshed.size }))
  })

  const settle = (partNumber: number, exit: Exit.Exit<Redacted.Redacted, PartUrlsFailed | PartFailed>) =>
    Effect.suspend(() => {
      const deferred = waiting.get(partNumber)
      waiting.delete(partNumber)
      return deferred === undefined ? Effect.void : Deferred.done(deferred, exit)
    })

  /** One call at a time, until nobody waits and enough is known ahead. */
  const calls = Effect.gen(function*() {
    while (true) {
      const partNumbers = nextCall(yield* Clock.currentTimeMillis)
      if (partNumbers.length === 0) return
      yield* fetch(partNumbers)
    }
  }).pipe(
    // Nobody may wait for calls that have ended.
    Effect.onError((cause) =>
      Effect.suspend(() => {
        calling = false
        return Effect.forEach(
          Array.from(waiting.keys()),
          (partNumber) => settle(partNumber, Exit.failCause(cause)),
          { discard: true }
        )
      })
    )
  )

  const call = Effect.suspend(() => {
    if (calling) return Effect.void
    calling = true
    return Effect.asVoid(Effect.forkIn(calls, scope))
  })

  return {
    get: Effect.fnUntraced(function*(partNumber, { fresh, width }) {
      reached = Math.max(reached, places.get(partNumber) ?? reached)
      ahead = 2 * width
      if (fresh) known.delete(partNumber)
      const url = find(partNumber, yield* Clock.currentTimeMillis)
      if (url !== undefined) {
        yield* call
        return url
      }
      const deferred = waiting.get(partNumber) ?? Deferred.makeUnsafe()
      waiting.set(partNumber, deferred)
      yield* call
      return yield* Deferred.await(deferred)
    })
  }
})

/** The vendor advises 3 to 10 URLs a call. */
const perCall = 10

const keepMillis = 50 * 60 * 1000
