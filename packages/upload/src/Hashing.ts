/**
 * The MD5 of what is read of a part, as far as it is read: integrity compares it with the storage's ETag.
 *
 * By default on the thread that also moves the bytes; `HashingNode` does it on threads of its own.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto" // of every runtime for servers; Effect's own MD5 takes whole messages only

/** A hash cannot be finished, as the thread that computed it is gone. A new one can be begun. */
export class HashLost extends Data.TaggedError("HashLost")<{ readonly message: string }> {}

/** One MD5 in the making. */
export interface Hash {
  /**
   * Takes the next bytes. They may be read after this has completed: memory that was given here is filled again only
   * after `Hashing.released`.
   */
  readonly update: (bytes: Uint8Array) => Effect.Effect<void>
  /** Gives the MD5 of all bytes in hex, once. */
  readonly digest: Effect.Effect<string, HashLost>
}

export interface Hashing {
  /** Begins an MD5, which is given up when the scope ends. */
  readonly make: Effect.Effect<Hash, never, Scope.Scope>
  /** Waits until no hash reads the memory of `buffer` any more. */
  readonly released: (buffer: Uint8Array) => Effect.Effect<void>
}

/** Hashes on the calling thread. */
export const inline: Hashing = {
  make: Effect.sync(() => {
    const hash = createHash("md5")
    return {
      update: (bytes) =>
        Effect.sync(() => {
          hash.update(bytes)
        }),
      digest: Effect.sync(() => hash.digest("hex"))
    }
  }),
  released: () => Effect.void
}

/** How MD5s are computed. @default inline */
export const Hashing = Context.Reference<Hashing>("@nunu-effect/upload/Hashing", { defaultValue: () => inline })
