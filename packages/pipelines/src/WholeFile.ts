/** Files that are written as a whole or not at all, so that nobody reads half of one. */
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Random from "effect/Random"

/** A file that could not be written; what was there before is there still. */
export class FileUnwritten extends Data.TaggedError("FileUnwritten")<{
  readonly file: string
  readonly error: PlatformError.PlatformError
}> {
  override get message(): string {
    return `Cannot write "${this.file}": ${LedgerFailed.wordsOf(this.error)}`
  }
}

/** Writes a text as a whole or not at all, and makes the folders that are missing. */
export const write = Effect.fn("nunu.writeFile")(
  function*(file: string, text: string): Effect.fn.Return<
    void,
    PlatformError.PlatformError,
    FileSystem.FileSystem | Path.Path
  > {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(path.dirname(path.resolve(file)), { recursive: true })
    const number = yield* Random.nextIntBetween(0, 36 ** 6)
    const unfinished = `${file}.${number.toString(36)}.tmp`
    yield* fs.writeFileString(unfinished, text).pipe(
      Effect.andThen(fs.rename(unfinished, file)),
      Effect.onError(() => Effect.ignore(fs.remove(unfinished, { force: true })))
    )
  },
  (effect, file) => Effect.mapError(effect, (error) => new FileUnwritten({ file, error }))
)
