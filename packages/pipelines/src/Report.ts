/** Reports by format, and the format by the name of a file. */
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
