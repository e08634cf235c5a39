/** The folders whose files a bot may upload: who has a token must not get at what else the bot can read. */
import { SourceError, type UploadSource } from "@nunu-effect/upload/UploadSource"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"

/**
 * Gives the real path of a file, or says what is wrong with it. Links are followed before it is looked at: one that
 * leads out of the folders is refused as any other file outside.
 */
export const locate = Effect.fnUntraced(function*(
  file: string,
  roots: ReadonlyArray<string>
): Effect.fn.Return<string, string, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (!path.isAbsolute(file)) return yield* Effect.fail("Expected an absolute path")
  if (roots.length === 0) return yield* Effect.fail("Expected a build: this bot has no folders to read files from")
  const folders = yield* Effect.forEach(roots, (root) => Effect.orElseSucceed(fs.realPath(root), () => root))
  const isInside = (place: string) => folders.some((folder) => place.startsWith(withSlash(folder, path.sep)))
  const outside = `Expected a file in one of the bot's folders: ${roots.join(", ")}`
  // Whether something outside exists is not told either.
  const real = yield* Effect.mapError(fs.realPath(file), () => isInside(path.normalize(file)) ? missing : outside)
  if (!isInside(real)) return yield* Effect.fail(outside)
  const { type } = yield* Effect.mapError(fs.stat(real), () => missing)
  return type === "File" ? real : yield* Effect.fail("Expected a file that the bot can read, not a folder or a device")
})

/**
 * Opens files within the folders only. What was a file of theirs when it was submitted may be a link to another place by
 * the time that the release begins.
 */
export const opening =
  <R>(roots: ReadonlyArray<string>, open: (file: string) => Effect.Effect<UploadSource, SourceError, R>) =>
  (file: string): Effect.Effect<UploadSource, SourceError, R | FileSystem.FileSystem | Path.Path> =>
    locate(file, roots).pipe(
      Effect.mapError((message) =>
        new SourceError({ kind: "unusable", message: `Cannot upload "${file}": ${message}` })
      ),
      Effect.andThen(open(file))
    )

const missing = "Expected a file that the bot can read: there is none of this name"

const withSlash = (folder: string, separator: string): string =>
  folder.endsWith(separator) ? folder : folder + separator
