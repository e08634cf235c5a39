/**
 * Bug occurrences: what the agents found in one run. The same bug seen twice has one `bugId` and two occurrences.
 * Source: the vendor's page "Get Run Bugs", early (`bug_occurrences`) and latest (`data` with `pagination`) shapes.
 */
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Page from "./Page.ts"
import * as Raw from "./Raw.ts"
import { RunId } from "./Run.ts"
import * as Wire from "./Wire.ts"

/** Identifies a bug across runs, such as `bug_8a1b2c3d`. */
export const BugId = Schema.String.pipe(Schema.brand("BugId"))
export type BugId = typeof BugId.Type

/** How bad a bug is, from `low` to `critical`. */
export const Severity = Wire.openWord(["low", "medium", "high", "critical"])
export type Severity = typeof Severity.Type

/** What kind of fault a bug is. */
export const Category = Wire.openWord(["ui", "gameplay", "performance", "crash", "audio", "visual"])
export type Category = typeof Category.Type

/** How sure the AI is of a bug. */
export const Confidence = Wire.openWord(["low", "medium", "high"])
export type Confidence = typeof Confidence.Type

export const BugOccurrence = Raw.keep(
  Schema.Struct({
    id: Schema.String,
    bugId: Wire.nullable(BugId),
    title: Schema.String,
    description: Wire.nullable(Schema.String),
    category: Wire.nullable(Category),
    severity: Wire.nullable(Severity),
    confidence: Wire.nullable(Confidence),
    reproductionSteps: Wire.nullable(Schema.Unknown),
    playerNumber: Wire.nullable(Schema.Finite),
    testStep: Wire.nullable(Schema.Unknown),
    turn: Wire.nullable(Schema.Unknown),
    detectedAt: Wire.timestamp,
    details: Wire.openObject
  }).pipe(Wire.encodeKeys({
    bugId: "bug_id",
    reproductionSteps: "reproduction_steps",
    playerNumber: "player_number",
    testStep: "test_step",
    detectedAt: "detected_at"
  }))
)
export type BugOccurrence = typeof BugOccurrence.Type

const Latest = Page.Page(BugOccurrence)

const Early = Schema.Struct({
  multiplayer_run_id: Wire.nullable(RunId),
  bug_occurrences: Schema.Array(BugOccurrence)
}).pipe(Schema.decodeTo(Schema.toType(Latest), {
  decode: SchemaGetter.transform((early) => ({
    data: early.bug_occurrences,
    pagination: Page.whole(early.bug_occurrences.length)
  })),
  encode: SchemaGetter.transform((page) => ({ multiplayer_run_id: null, bug_occurrences: page.data }))
}))

/** The bugs of a run: one full page, whichever generation answered. */
export const RunBugs = Schema.Union([Latest, Early])
export type RunBugs = typeof RunBugs.Type
