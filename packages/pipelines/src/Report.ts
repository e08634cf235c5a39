/** Reports as files: which format a name stands for, and how a report is written so that nobody reads half of one. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Random from "effect/Random"
import type { PipelineResult } from "./PipelineResult.ts"
import type { HtmlOptions } from "./report/Html.ts"
import * as Html from "./report/Html.ts"
import * as Json from "./report/Json.ts"
import * as JUnit from "./report/JUnit.ts"
import * as Markdown from "./report/Markdown.ts"
import * as Sarif from "./report/Sarif.ts"

/** The formats that a file can have; the name ends in a dot and one of these. */
export const formats = ["json", "md", "xml", "sarif", "html"] as const
export type Format = typeof formats[number]

/** Tells the format by the end of a file's name, in any case of letters; null for another. */
export const formatOf = (file: string): Format | null =>
  formats.find((format) => file.toLowerCase().endsWith(`.${format}`)) ?? null

/** Writes a result in a format. */
export const render = (result: PipelineResult, format: Format, options: HtmlOptions = {}): string => {
  switch (format) {
    case "json":
      return Json.render(result)
    case "md":
      return Markdown.render(result)
    case "xml":
      return JUnit.render(result)
    case "sarif":
      return Sarif.render(result)
    case "html":
      return Html.render(result, options)
  }
}

/** A report that could not be written; what it would have said is not lost with it. */
export class ReportUnwritten extends Data.TaggedError("ReportUnwritten")<{
  readonly file: string
  readonly error: PlatformError.PlatformError
}> {
  override get message(): string {
    return `Cannot write the report "${this.file}": ${this.error.reason.message}`
  }
}

/** Writes a text as a whole or not at all, and makes the folders that are missing. */
export const write = Effect.fn("nunu.writeReport")(
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
  (effect, file) => Effect.mapError(effect, (error) => new ReportUnwritten({ file, error }))
)
