/**
 * JSON files that people write, review and keep in version control: read with all their faults at once, each with its
 * path, and printed so that a change shows as few lines as it has.
 */
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"

/** One fault: where in the file, such as `failOn[0].severity`, and what was expected there. */
export interface Fault {
  readonly path: string
  readonly message: string
}

/** A file that cannot be used, with all that is wrong with it. */
export class InvalidFile extends Data.TaggedError("InvalidFile")<{
  /** What the file is to be: `gate` or `baseline`. */
  readonly kind: string
  readonly file: string
  readonly faults: ReadonlyArray<Fault>
}> {
  override get message(): string {
    const faults = this.faults.map(({ message, path }) => path === "" ? message : `${path}: ${message}`)
    return `Cannot use "${this.file}" as a ${this.kind}: ${faults.join("; ")}`
  }
}

/** Reads a text; fields that are not known are faults, as a misspelt one would change nothing and nobody would notice. */
export const parse = <A>(
  schema: Schema.Codec<A, unknown>,
  text: string
): Result.Result<A, ReadonlyArray<Fault>> =>
  Result.flatMap(
    Result.try({
      try: (): unknown => JSON.parse(text.replace(/^\ufeff/, "")),
      catch: (error) => [{ path: "", message: `it is not JSON: ${error instanceof Error ? error.message : ""}` }]
    }),
    (value) =>
      Result.mapError(
        SchemaParser.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(value),
        faultsOf
      )
  )

/** Reads a file. */
export const read = Effect.fnUntraced(function*<A>(
  schema: Schema.Codec<A, unknown>,
  { file, kind }: { readonly file: string; readonly kind: string }
): Effect.fn.Return<A, InvalidFile, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const refuse = (faults: ReadonlyArray<Fault>) => new InvalidFile({ kind, file, faults })
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    (error) =>
      refuse([{
        path: "",
        message: error.reason._tag === "NotFound" ? "there is no such file" : LedgerFailed.wordsOf(error)
      }])
  )
  return yield* Effect.mapError(Effect.fromResult(parse(schema, text)), refuse)
})

/** Prints a value as a text for version control: two spaces, one field a line, a line feed at the end. */
export const print = <A, I>(schema: Schema.Codec<A, I>, value: A): string =>
  `${JSON.stringify(SchemaParser.encodeSync(schema)(value), null, 2)}\n`

/** Gives the JSON Schema of a file, which editors check it against. `excess`: what fields are that it does not name. */
export const jsonSchemaOf = (
  schema: Schema.Constraint,
  excess: "error" | "ignore" = "error"
): JsonSchema.JsonSchema => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema, { onExcessProperty: excess })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...root,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
}

/**
 * Tells where each fault is, and what was expected there. Of what could have several forms only the faults of the form
 * that it is closest to: those of another one would lead astray.
 */
export const faultsOf = (issue: SchemaIssue.Issue): ReadonlyArray<Fault> => faultsAt([], issue)

const faultsAt = (at: ReadonlyArray<PropertyKey>, issue: SchemaIssue.Issue): ReadonlyArray<Fault> => {
  if (issue._tag === "Pointer") return faultsAt([...at, ...issue.path], issue.issue)
  if (issue._tag === "Composite") return issue.issues.flatMap((issue) => faultsAt(at, issue))
  if (issue._tag === "AnyOf" && issue.issues.length > 0) {
    const forms = issue.issues.map((issue) => faultsAt(at, issue))
    const fewest = Math.min(...forms.map((faults) => faults.length))
    return forms.filter((faults) => faults.length === fewest).flat()
  }
  return toIssues(issue).issues.map(({ message, path = [] }) => ({
    path: pathOf([...at, ...path.map((key) => typeof key === "object" ? key.key : key)]),
    message: message.charAt(0).toLowerCase() + message.slice(1)
  }))
}

const pathOf = (keys: ReadonlyArray<PropertyKey>): string =>
  keys.map((key, index) => typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`).join("")

const toIssues = SchemaIssue.makeFormatterStandardSchemaV1()
