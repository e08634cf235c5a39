/** All the parts of one upload that are missing yet, side by side. */
import * as Effect from "effect/Effect"
import * as Hedge from "./Hedge.ts"
import { PartTransport } from "./PartTransport.ts"
import type { PartUrls } from "./PartUrls.ts"
import * as RetryBudget from "./RetryBudget.ts"
import type { IntegrityOptions, SendPartError, SentPart } from "./SendPart.ts"
import { sendPart } from "./SendPart.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { Part } from "./UploadPlan.ts"
import type { SourceReader, UploadSource } from "./UploadSource.ts"
import type { Width } from "./UploadWindow.ts"
import { UploadWindow } from "./UploadWindow.ts"

/** Sends parts through a sliding window: the next one starts as soon as any is done. Gives them in their order. */
export const sendParts = Effect.fnUntraced(function*<E>(
  options: {
    readonly source: UploadSource
    readonly reader: SourceReader
    /** Those that are missing, of `totalParts`. */
    readonly parts: ReadonlyArray<Part>
    readonly totalParts: number
    readonly urls: Pick<PartUrls, "get">
    /** There are fresh URLs; a single PUT has but the one. */
    readonly replaceable: boolean
    readonly concurrency: Width
    /** Sends slow parts at the end of the queue once more, see `Hedge`. @default false */
    readonly hedge?: boolean | undefined
    readonly emit: (event: UploadEvent) => Effect.Effect<void>
    /** Takes a stored part down: only then it counts as done, and its place is free for the next. */
    readonly onStored: (part: SentPart) => Effect.Effect<void, E>
  } & IntegrityOptions
): Effect.fn.Return<ReadonlyArray<SentPart>, SendPartError | E, PartTransport> {
  const transport = yield* PartTransport
  const { concurrency, emit, parts, totalParts, urls } = options
  const budget = RetryBudget.make({ parts: parts.length, totalParts })
  return yield* Effect.scoped(Effect.gen(function*() {
    const share = yield* (yield* UploadWindow).join({
      concurrency,
      parts: parts.length,
      onWidth: (change) => emit(UploadEvent.ConcurrencyChanged(change))
    })
    const hedge = options.hedge === true
      ? yield* Hedge.make<SendPartError, PartTransport>(share, emit)
      : undefined
    const send = (part: Part) =>
      share.withPlace((place) => {
        const copy: Hedge.SendCopy<SendPartError, PartTransport> = ({ emit, place, second }) =>
          sendPart({
            ...options,
            emit,
            part,
            budget: second ? RetryBudget.empty : budget,
            url: ({ fresh }) => urls.get(part.partNumber, { fresh, width: share.width() })
          }).pipe(Effect.provideService(PartTransport, place.through(transport)))
        return (hedge === undefined ? copy({ place, emit, second: false }) : hedge.send(part, place, copy)).pipe(
          Effect.tap(options.onStored),
          Effect.tap(budget.stored)
        )
      })
    return yield* Effect.forEach(parts, send, { concurrency: mostOpen })
  }))
})

/** Parts that are under way, wait for another attempt or ask for a place: enough of each for the widest window. */
const mostOpen = 160
