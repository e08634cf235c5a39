/** What is uploaded: a name, a size, and bytes that can be read from any place, more than once. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"

/** The source cannot be used or read; `message` says what to do. */
export class SourceError extends Data.TaggedError("SourceError")<{
  /** `unusable`: it was never something to upload. `unreadable`: it could not be read to its end. */
  readonly kind: "unusable" | "unreadable"
  readonly message: string
  readonly cause?: PlatformError
}> {}

/** The source is not what it was when it was opened: what was sent of it may be of neither state. */
export class SourceChanged extends Data.TaggedError("SourceChanged")<{
  readonly name: string
  /** `removed`: there is nothing at its path any more. `inode`: another file was put there. */
  readonly changed: ReadonlyArray<"size" | "mtime" | "inode" | "removed">
}> {
  override get message(): string {
    const words = { size: "its size", mtime: "its modification time", inode: "its inode", removed: "it was removed" }
    return `Cannot upload "${this.name}" as it changed on the way: ${
      this.changed.map((what) => words[what]).join(", ")
    }. Upload it again when nobody writes to it`
  }
}

/** What tells whether a source is still the one it was. Null where the source has no such thing. */
export interface SourceIdentity {
  /** Absolute. */
  readonly path: string | null
  /** Bytes. */
  readonly size: number
  /** When it was last written, in nanoseconds since 1970, in decimal digits. */
  readonly mtime: string | null
  readonly inode: string | null
}

export interface UploadSource {
  /** The name of the file, without folders. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Looks at the source as it is now. */
  readonly identity: Effect.Effect<SourceIdentity, SourceError>
  /** Fails when the source is not any more what it was when this value was made. */
  readonly verify: Effect.Effect<void, SourceError | SourceChanged>
  /** Opens the bytes for as long as a scope lasts. Readers of one source do not disturb each other. */
  readonly open: Effect.Effect<SourceReader, SourceError, Scope.Scope>
}

/** Reads into `buffer` from `position` on; gives how many bytes it got, 0 at the end. */
export type SourceReader = (buffer: Uint8Array, position: number) => Effect.Effect<number, SourceError>

/**
 * Opens a file as a source. It must be a regular file; a directory or an `.app` bundle has to be zipped first. Its
 * modification time is known in milliseconds only; `UploadSourceNode.fromFile` knows nanoseconds.
 */
export const fromFile = Effect.fnUntraced(function*(file: string): Effect.fn.Return<
  UploadSource,
  SourceError,
  FileSystem.FileSystem | Path.Path
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const info = yield* Effect.mapError(fs.stat(file), (cause) =>
    new SourceError({
      kind: "unusable",
      message: cause.reason._tag === "NotFound"
        ? `Cannot upload "${file}": there is no such file`
        : `Cannot upload "${file}": ${cause.message}`,
      cause
    }))
  if (info.type === "Directory") {
    return yield* new SourceError({
      kind: "unusable",
      message: `Cannot upload "${file}": it is a directory, zip it first`
    })
  }
  if (info.type !== "File") {
    return yield* new SourceError({ kind: "unusable", message: `Cannot upload "${file}": it is not a regular file` })
  }
  const unreadable = (cause: PlatformError) =>
    new SourceError({ kind: "unreadable", message: `Cannot read "${file}": ${cause.message}`, cause })
  const absolute = path.resolve(file)
  return yield* watched({
    name: path.basename(file),
    look: fs.stat(file).pipe(
      Effect.map((now): SourceIdentity => ({
        path: absolute,
        size: Number(now.size),
        mtime: Option.getOrNull(Option.map(now.mtime, (mtime) => String(BigInt(mtime.getTime()) * 1_000_000n))),
        inode: Option.getOrNull(Option.map(now.ino, String))
      })),
      Effect.catch((cause) => cause.reason._tag === "NotFound" ? Effect.succeed(null) : Effect.fail(unreadable(cause)))
    ),
    open: fs.open(file, { flag: "r" }).pipe(
      Effect.map((opened): SourceReader => (buffer, position) =>
        Effect.mapError(opened.read(buffer, { position: BigInt(position) }), unreadable)
      ),
      Effect.mapError(unreadable)
    )
  })
})

/** Makes a source of a file as it is now; `verify` compares with that. */
export const watched = Effect.fnUntraced(function*(file: {
  readonly name: string
  /** Null when there is nothing any more. */
  readonly look: Effect.Effect<SourceIdentity | null, SourceError>
  readonly open: UploadSource["open"]
}): Effect.fn.Return<UploadSource, SourceError> {
  const { look, name, open } = file
  const removed = new SourceChanged({ name, changed: ["removed"] })
  const identity = Effect.filterOrFail(
    look,
    Predicate.isNotNull,
    () => new SourceError({ kind: "unreadable", message: removed.message })
  )
  const was = yield* identity
  const verify = Effect.flatMap(look, (now) => {
    if (now === null) return Effect.fail(removed)
    const changed = (["size", "mtime", "inode"] as const).filter((what) => now[what] !== was[what])
    return changed.length === 0 ? Effect.void : Effect.fail(new SourceChanged({ name, changed }))
  })
  return { name, size: was.size, identity, verify, open }
})

/** A source of bytes that are in memory already. */
export const fromBytes = (name: string, bytes: Uint8Array): UploadSource => ({
  name,
  size: bytes.length,
  identity: Effect.succeed({ path: null, size: bytes.length, mtime: null, inode: null }),
  verify: Effect.void,
  open: Effect.succeed((buffer, position) =>
    Effect.sync(() => {
      const chunk = bytes.subarray(position, position + buffer.length)
      buffer.set(chunk)
      return chunk.length
    })
  )
})
