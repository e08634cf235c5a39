/**
 * Files as sources on Node, by `node:fs` itself: only that gives modification times in nanoseconds, and reading is on the
 * hot path of an upload.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as fs from "node:fs"
import { resolve } from "node:path"
import type { SourceIdentity, SourceReader, UploadSource } from "./UploadSource.ts"
import { fromFile as checkedFile, SourceError, watched } from "./UploadSource.ts"

/** Opens a file as a source, as `UploadSource.fromFile` does. */
export const fromFile = Effect.fnUntraced(function*(file: string): Effect.fn.Return<
  UploadSource,
  SourceError,
  FileSystem.FileSystem | Path.Path
> {
  const { name } = yield* checkedFile(file)
  const unreadable = (cause: NodeJS.ErrnoException) =>
    new SourceError({ kind: "unreadable", message: `Cannot read "${file}": ${cause.message}` })
  const absolute = resolve(file)
  return yield* watched({
    name,
    // Not by another thread: that takes a hundred times as long, twice a part, and a tenth of all CPU of an upload.
    look: Effect.try({
      try: (): SourceIdentity | null => {
        const now = fs.statSync(absolute, { bigint: true, throwIfNoEntry: false })
        return now === undefined
          ? null
          : { path: absolute, size: Number(now.size), mtime: String(now.mtimeNs), inode: String(now.ino) }
      },
      // What node:fs throws is an `ErrnoException`.
      catch: (cause) => unreadable(cause as NodeJS.ErrnoException)
    }),
    open: Effect.map(
      Effect.acquireRelease(
        Effect.callback<number, SourceError>((resume) =>
          fs.open(
            absolute,
            "r",
            (error, descriptor) => resume(error === null ? Effect.succeed(descriptor) : Effect.fail(unreadable(error)))
          )
        ),
        (descriptor) => Effect.callback<void>((resume) => fs.close(descriptor, () => resume(Effect.void)))
      ),
      (descriptor): SourceReader => (buffer, position) =>
        Effect.callback((resume) =>
          fs.read(
            descriptor,
            buffer,
            0,
            buffer.length,
            position,
            (error, bytes) => resume(error === null ? Effect.succeed(bytes) : Effect.fail(unreadable(error)))
          )
        )
    )
  })
})
