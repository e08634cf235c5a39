/**
 * Lists as streams: pages are fetched as they are needed. Pages are counted by offset, so that a list that grows at its
 * head while it is read repeats items: each is given once.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Page } from "./Page.ts"

export interface Options<A> {
  /** What tells items apart. */
  readonly id: (item: A) => string
  /** How many items to give at most. @default all */
  readonly maxItems?: number
  /** Items a page, 1 to 100. @default 100, or `maxItems` if that is less */
  readonly pageSize?: number
}

/**
 * Makes a stream of a list's items, newest first as the API gives them. Nothing is asked for before it is needed, and
 * nothing after the last item that is.
 *
 * ```ts
 * import { EmulatorNode } from "@nunu-effect/emulator"
 * import { Nunu, PageStream } from "@nunu-effect/core"
 * import { Effect, Stream } from "effect"
 *
 * const failed = Effect.gen(function*() {
 *   const nunu = yield* Nunu.Nunu
 *   return yield* PageStream.make((page) => nunu.runs.list({ state: "completed", ...page }), { id: (run) => run.runId })
 *     .pipe(Stream.filter((run) => run.result !== "SUCCESS"), Stream.runCollect)
 * })
 * const runs = await Effect.runPromise(failed.pipe(Effect.provide(EmulatorNode.layerNunu())))
 * runs.length // => 0
 * ```
 */
export const make = <A, E, R>(
  list: (page: { readonly page: number; readonly pageSize: number }) => Effect.Effect<Page<A>, E, R>,
  { id, maxItems = Infinity, pageSize = Math.max(1, Math.min(100, maxItems)) }: Options<A>
): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    return Stream.paginate(0, (page) =>
      Effect.map(list({ page, pageSize }), ({ data, pagination }) => {
        const fresh = data.filter((item) => {
          const key = id(item)
          return !seen.has(key) && seen.add(key)
        })
        const isLast = data.length === 0 || page + 1 >= pagination.totalPages
        return [fresh, isLast ? Option.none() : Option.some(page + 1)] as const
      }))
  }).pipe(maxItems === Infinity ? (stream) => stream : Stream.take(maxItems))
