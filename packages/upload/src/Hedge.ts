/**
 * Second copies of the slowest parts: at the very end of a queue, when places of the window are idle, a part that has
 * taken long is sent once more, and whichever copy is stored first counts. Never while any part waits for a place.
 *
 * The storage keeps the write that comes last, and wants its ETag. So a copy is stopped only as long as the storage
 * cannot have all of it; else it is waited for. Where ETags are MD5s both have the same; where they are not, and nobody
 * can tell which write was the last, the part is sent once more.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { blockSize } from "./PartTransport.ts"
import type { SentPart } from "./SendPart.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { Part } from "./UploadPlan.ts"
import type { Place, Share } from "./UploadWindow.ts"

type Emit = (event: UploadEvent) => Effect.Effect<void>

/** Sends a copy of a part in a place, telling what happens. A second one is not tried again. */
export type SendCopy<E, R> = (
  copy: { readonly place: Place; readonly emit: Emit; readonly second: boolean }
) => Effect.Effect<SentPart, E, R>

export interface Hedge<E, R> {
  /** Sends a part in a place, and a second copy of it in another when it turns out to be slow. */
  readonly send: (part: Part, place: Place, copy: SendCopy<E, R>) => Effect.Effect<SentPart, E, R>
}

/** Watches the parts of one upload until the scope ends. */
export const make = Effect.fnUntraced(function*<E, R>(
  share: Share,
  emit: Emit
): Effect.fn.Return<Hedge<E, R>, never, R | Scope.Scope> {
  const running = new Set<Running<E, R>>()
  const durations: Array<number> = []

  const sendSecond = Effect.fnUntraced(function*(slow: Running<E, R>, second: Copy) {
    const sent = yield* share.withIdlePlace((place) =>
      slow.copy({ place, emit: followed(second, () => Effect.void), second: true })
    )
    if (Option.isNone(sent)) slow.second = null
    else if (!mayBeWhole(slow.part, slow.first)) yield* Deferred.succeed(slow.won, sent.value)
    return sent
  })

  const look = Effect.gen(function*() {
    if (durations.length < enough) return
    const now = yield* Clock.currentTimeMillis
    const usual = durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)] ?? Infinity
    const slow = Array.from(running).filter((entry) => now - entry.begun > 2 * usual && entry.second === null)
    for (const entry of slow.toSorted((a, b) => a.begun - b.begun)) {
      if (mayBeWhole(entry.part, entry.first)) continue
      const copy: Copy = { sent: 0, attempts: 0 }
      entry.second = { copy, fiber: yield* Effect.forkScoped(sendSecond(entry, copy)) }
    }
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookMillis), look)))

  return {
    send: Effect.fnUntraced(function*(part, place, copy) {
      const begun = yield* Clock.currentTimeMillis
      const first: Copy = { sent: 0, attempts: 0 }
      const entry: Running<E, R> = { part, begun, copy, first, second: null, won: yield* Deferred.make<SentPart>() }
      running.add(entry)
      const sent = yield* Effect.raceFirst(
        Effect.flatMap(
          copy({ place, emit: followed(first, emit), second: false }),
          (sent) => settle(entry, place, sent)
        ),
        Effect.tap(Deferred.await(entry.won), () => tellRest(entry, emit))
      ).pipe(Effect.ensuring(Effect.sync(() => running.delete(entry))))
      durations.push((yield* Clock.currentTimeMillis) - begun)
      return { ...sent, attempts: first.attempts + (entry.second?.copy.attempts ?? 0) }
    })
  }
})

interface Copy {
  /** Bytes of its present attempt. */
  sent: number
  attempts: number
}

interface Running<E, R> {
  readonly part: Part
  /** Epoch milliseconds. */
  readonly begun: number
  readonly copy: SendCopy<E, R>
  readonly first: Copy
  second: { readonly copy: Copy; readonly fiber: Fiber.Fiber<Option.Option<SentPart>, E> } | null
  /** The second copy is stored, and the first cannot be. */
  readonly won: Deferred.Deferred<SentPart>
}

/** The first copy is stored: ends the second, and finds out which of the two the storage has. */
const settle = Effect.fnUntraced(function*<E, R>(
  { copy, part, second }: Running<E, R>,
  place: Place,
  sent: SentPart
): Effect.fn.Return<SentPart, E, R> {
  if (second === null) return sent
  if (!mayBeWhole(part, second.copy)) {
    yield* Fiber.interrupt(second.fiber)
    return sent
  }
  const exit = yield* Fiber.await(second.fiber)
  const other = Exit.isSuccess(exit) ? Option.getOrUndefined(exit.value) : undefined
  return sent.etag === other?.etag || sent.etag === sent.md5
    ? sent
    : yield* copy({ place, emit: () => Effect.void, second: false })
})

/** A second copy is not told of while it is under way: what is missing to the whole is told at its end. */
const tellRest = Effect.fnUntraced(function*<E, R>({ first, part }: Running<E, R>, emit: Emit) {
  const { partNumber, size } = part
  yield* emit(UploadEvent.BytesSent({ partNumber, bytes: size - first.sent }))
  yield* emit(UploadEvent.PartCompleted({ partNumber, bytes: size }))
})

const followed = (copy: Copy, emit: Emit): Emit => (event) => {
  if (event._tag === "PartStarted") {
    copy.sent = 0
    copy.attempts++
  }
  if (event._tag === "BytesSent") copy.sent += event.bytes
  if (event._tag === "PartRetried") copy.sent = 0
  return emit(event)
}

/** A transport writes one block and reads the next before it tells of either. */
const mayBeWhole = (part: Part, copy: Copy): boolean => part.size - copy.sent <= 2 * blockSize

/** Parts that have to be stored before it is known what is slow. */
const enough = 3

const lookMillis = 1000
