/** Fetches the screenshots that a run left, so that the HTML report can show them without a key and without a network. */
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Artifact, Player } from "@nunu-effect/core/Run"
import * as Bytes from "effect/Bytes"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Stream from "effect/Stream"
import type { PipelineResult } from "./PipelineResult.ts"
import { jobsOf } from "./PipelineResult.ts"
import type { Picture } from "./report/Html.ts"
import { isPicture, pictureKey } from "./report/PlayerView.ts"

export interface PicturesOptions {
  /** How many are fetched at most; of each player the last, then of each the last but one, and so on. @default 24 */
  readonly max?: number
  /** Bytes of the largest that is fetched. @default 1 MiB */
  readonly maxBytes?: number
}

/**
 * Fetches pictures by the keys that the HTML report looks for. It never fails: what cannot be fetched within 30 seconds,
 * is too large, or is no picture by its first bytes is linked in the report instead.
 */
export const collectPictures = Effect.fn("nunu.collectPictures")(function*(
  result: PipelineResult,
  { max = 24, maxBytes = 2 ** 20 }: PicturesOptions = {}
): Effect.fn.Return<ReadonlyMap<string, Picture>, never, Nunu> {
  const pictures = new Map<string, Picture>()
  yield* Effect.forEach(
    wanted(result, maxBytes).slice(0, max),
    ({ artifact, player }) =>
      Effect.map(fetch(player, artifact, maxBytes), (picture) => {
        if (picture !== null) pictures.set(pictureKey(player, artifact), picture)
      }),
    { concurrency: 4, discard: true }
  ).pipe(Effect.timeout("30 seconds"), Effect.ignore)
  return pictures
})

interface Wanted {
  readonly player: Player
  readonly artifact: Artifact
}

const wanted = (result: PipelineResult, maxBytes: number): ReadonlyArray<Wanted> =>
  jobsOf(result).flatMap(({ run }) => run?.players ?? []).flatMap((player) =>
    player.artifacts
      .filter(({ filename, size }) => isPicture(filename) && (size ?? 0) <= maxBytes)
      .toReversed()
      .map((artifact, place) => ({ player, artifact, place }))
  ).toSorted((a, b) => a.place - b.place)

const fetch = Effect.fnUntraced(
  function*({ id }: Player, { filename }: Artifact, maxBytes: number) {
    const nunu = yield* Nunu
    const { bytes } = yield* nunu.artifacts.download({ compositeRunId: id, filename })
    let size = 0
    const blocks = yield* Stream.runCollect(Stream.takeWhile(bytes, (block) => (size += block.length) <= maxBytes))
    const mediaType = size > maxBytes ? null : mediaTypeOf(blocks[0] ?? new Uint8Array())
    return mediaType === null ? null : { mediaType, base64: Base64.encode(Bytes.concat(blocks)) }
  },
  Effect.orElseSucceed(() => null)
)

/** By the first bytes: a name and a header can say anything. */
const mediaTypeOf = (bytes: Uint8Array): Picture["mediaType"] | null => {
  const starts = (...first: ReadonlyArray<number>) => first.every((byte, index) => bytes[index] === byte)
  return starts(0x89, 0x50, 0x4e, 0x47)
    ? "image/png"
    : starts(0xff, 0xd8, 0xff)
    ? "image/jpeg"
    : starts(0x47, 0x49, 0x46, 0x38)
    ? "image/gif"
    : starts(0x52, 0x49, 0x46, 0x46) && bytes[8] === 0x57 && bytes[9] === 0x45
    ? "image/webp"
    : null
}
