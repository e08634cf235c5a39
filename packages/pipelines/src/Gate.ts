/** The gate: from which severity on, of which confidence and category, a bug fails a release. */
import * as Bug from "@nunu-effect/core/Bug"
import type * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as JsonFile from "./JsonFile.ts"

/** Severities from the least to the worst. */
export const severities = ["low", "medium", "high", "critical"] as const

/** Confidences from the least to the surest. */
export const confidences = ["low", "medium", "high"] as const

/** A bug meets a threshold when it meets all of its parts. */
export const Threshold = Schema.Struct({
  severity: Schema.Literals(severities).annotate({ description: "From this severity on" }),
  confidence: Schema.optionalKey(
    Schema.Literals(confidences).annotate({ description: "From this confidence on; without it, of any" })
  ),
  categories: Schema.optionalKey(
    Schema.Array(Bug.Category).check(Schema.isNonEmpty()).annotate({
      description: "Of one of these categories; without it, of any. A bug whose category is not known is of each"
    })
  )
})
export type Threshold = typeof Threshold.Type

/** What fails a release beside runs that did not succeed. */
export interface Gate {
  /** A bug that meets any of these fails; without one, no bug does. */
  readonly failOn: ReadonlyArray<Threshold>
}

/** The gate as a file for version control. */
export const GateFile = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  version: Schema.Literal(1),
  failOn: Schema.Array(Threshold).annotate({ description: "A bug that meets any of these fails the release" })
}).annotate({ title: "nunu gate", description: "Which bugs fail a release" })

/** Gives the JSON Schema of a gate file. */
export const jsonSchema = (): JsonSchema.JsonSchema => JsonFile.jsonSchemaOf(GateFile)

/** Bugs of severity high and critical fail. */
export const defaultGate: Gate = { failOn: [{ severity: "high" }] }

/** Reads a gate file; fails with all its faults. */
export const read = (file: string): Effect.Effect<Gate, JsonFile.InvalidFile, FileSystem.FileSystem> =>
  JsonFile.read(GateFile, { file, kind: "gate" })

/** What the gate looks at in a bug. */
export interface Judgeable {
  readonly severity: string | null
  readonly confidence: string | null
  readonly category: string | null
}

/**
 * Tells whether a bug meets a threshold of the gate. A word that is not known counts as the worst, and a category that
 * is not known as each of them: what is new must not slip through.
 */
export const isOver = (bug: Judgeable, gate: Gate): boolean =>
  gate.failOn.some(({ categories, confidence, severity }) =>
    rank(severities, bug.severity) >= rank(severities, severity) &&
    rank(confidences, bug.confidence) >= rank(confidences, confidence ?? "low") &&
    (categories === undefined || isOneOf(categories, bug.category))
  )

/** How bad a severity is, from 0; one that is not known is the worst. */
export const severityRank = (severity: string | null): number => rank(severities, severity)

/** Says a gate in words, such as `high or medium:high (crash, ui)`. */
export const describe = ({ failOn }: Gate): string =>
  failOn.length === 0 ?
    "none" :
    failOn.map(({ categories, confidence, severity }) =>
      severity + (confidence === undefined ? "" : `:${confidence}`) +
      (categories === undefined ? "" : ` (${categories.join(", ")})`)
    ).join(" or ")

const rank = (words: ReadonlyArray<string>, word: string | null): number => {
  const index = words.indexOf(word?.toLowerCase() ?? "")
  return index === -1 ? words.length : index
}

const isOneOf = (categories: ReadonlyArray<string>, category: string | null): boolean => {
  const word = category?.toLowerCase() ?? ""
  return !knownCategories.has(word) || categories.some((one) => one.toLowerCase() === word)
}

const knownCategories: ReadonlySet<string> = new Set(["ui", "gameplay", "performance", "crash", "audio", "visual"])
