/**
 * Where uploaded bytes go. Parts are written as they come, each at its own place in the object; the ETag of a part is
 * its MD5, as in S3 and R2. What is stored can be read back as a whole only when it is kept.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/** The body ended early or late: nothing was stored. */
export class IncompleteBody extends Schema.TaggedError<IncompleteBody>()("IncompleteBody", {
  expected: Schema.Finite,
  received: Schema.Finite
}) {}

export interface StoredObject {
  readonly size: number
  /** Of the whole object, in hex. */
  readonly md5: string
  /** The MD5 of each piece, in hex, where a size of pieces was asked for. */
  readonly pieces?: ReadonlyArray<string>
}

export class ObjectStorage extends Context.Service<ObjectStorage, {
  /** Writes `size` bytes of an object from `offset` on; gives their MD5 in hex. */
  readonly write: <E>(options: {
    readonly objectKey: string
    readonly offset: number
    readonly size: number
    readonly body: Stream.Stream<Uint8Array, E>
  }) => Effect.Effect<string, E | IncompleteBody | PlatformError>
  /** Removes an object and all of its parts. */
  readonly remove: (objectKey: string) => Effect.Effect<void, PlatformError>
  /** Reads an object through, if wanted in pieces of so many bytes; null when its bytes are not kept. */
  readonly inspect: (objectKey: string, pieceSize?: number) => Effect.Effect<StoredObject | null, PlatformError>
}>()("@nunu-effect/emulator/ObjectStorage") {}
