/** Compares what an earlier run has stored with the file as it is now. */
import * as Effect from "effect/Effect"
import type { Hash } from "./Hashing.ts"
import { Hashing } from "./Hashing.ts"
import type { Part } from "./UploadPlan.ts"
import type { Stored } from "./UploadRecord.ts"
import type { SourceReader } from "./UploadSource.ts"
import { SourceError } from "./UploadSource.ts"

/** Reads parts anew; gives the numbers of those whose MD5 is that of what was stored, as far as that is known. */
export const matching = Effect.fnUntraced(function*(
  reader: SourceReader,
  parts: ReadonlyArray<{ readonly part: Part; readonly stored: Stored }>
): Effect.fn.Return<ReadonlySet<number>, SourceError> {
  const matches = new Set<number>()
  const buffer = new Uint8Array(blockSize)
  for (const { part, stored } of parts) {
    const expected = stored.md5 ?? (/^[0-9a-f]{32}$/i.test(stored.etag) ? stored.etag.toLowerCase() : null)
    if (expected !== null && (yield* md5Of(reader, part, buffer)) === expected) matches.add(part.partNumber)
  }
  return matches
})

const md5Of = Effect.fnUntraced(
  function*(reader: SourceReader, { offset, size }: Part, buffer: Uint8Array) {
    const hashing = yield* Hashing
    const hash: Hash = yield* hashing.make
    let position = 0
    while (position < size) {
      yield* hashing.released(buffer)
      const block = buffer.subarray(0, Math.min(buffer.length, size - position))
      const bytes = yield* reader(block, offset + position)
      if (bytes === 0) return null // the file has become shorter
      yield* hash.update(block.subarray(0, bytes))
      position += bytes
    }
    return yield* Effect.mapError(
      hash.digest,
      ({ message }) => new SourceError({ kind: "unreadable", message: `Cannot verify what was sent: ${message}` })
    )
  },
  Effect.scoped
)

const blockSize = 1024 ** 2
