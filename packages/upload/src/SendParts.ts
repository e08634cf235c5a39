/** All the parts of one upload that are missing yet, side by side. */
import * as Effect from "effect/Effect"
import type { PartTransport } from "./PartTransport.ts"
import type { PartUrls } from "./PartUrls.ts"
import type { SentPart } from "./SendPart.ts"
import { sendPart } from "./SendPart.ts"
import type { PartFailed, PartUrlsFailed } from "./UploadError.ts"
import type { UploadEvent } from "./UploadEvent.ts"
import type { Part } from "./UploadPlan.ts"
import type { SourceError, SourceReader, UploadSource } from "./UploadSource.ts"

/** Sends parts through a sliding window: the next one starts as soon as any is done. Gives them in their order. */
export const sendParts = <E>(options: {
  readonly source: UploadSource
  readonly reader: SourceReader
  readonly parts: ReadonlyArray<Part>
  readonly urls: Pick<PartUrls, "get">
  /** There are fresh URLs; a single PUT has but the one. */
  readonly replaceable: boolean
  readonly concurrency: number
  readonly emit: (event: UploadEvent) => Effect.Effect<void>
  /** Takes a stored part down: only then it counts as done. */
  readonly onStored: (part: SentPart) => Effect.Effect<void, E>
}): Effect.Effect<ReadonlyArray<SentPart>, PartFailed | PartUrlsFailed | SourceError | E, PartTransport> =>
  Effect.forEach(
    options.parts,
    (part) =>
      Effect.tap(
        sendPart({ ...options, part, url: (fresh) => options.urls.get(part.partNumber, fresh) }),
        options.onStored
      ),
    { concurrency: options.concurrency }
  )
