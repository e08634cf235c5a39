/**
 * A bug as a project knows it: found in one run or in many, and reviewed by a human.
 * Source: the vendor's pages "List Bugs" and "Get Bug".
 */
import * as Schema from "effect/Schema"
import { BugId, Category, Confidence, Severity } from "./Bug.ts"
import * as Raw from "./Raw.ts"
import * as Wire from "./Wire.ts"

const summary = {
  id: BugId,
  projectId: Wire.nullable(Schema.String),
  title: Schema.String,
  description: Wire.nullable(Schema.String),
  reproductionSteps: Wire.nullable(Schema.Unknown),
  severity: Wire.nullable(Severity),
  category: Wire.nullable(Category),
  confidence: Wire.nullable(Confidence),
  tags: Wire.list(Schema.String),
  details: Wire.openObject,
  status: Wire.nullable(Wire.openWord(["active", "archived"])),
  suppressReporting: Wire.nullable(Schema.Boolean),
  occurrenceCount: Wire.nullable(Schema.Finite),
  createdAt: Wire.timestamp,
  createdBy: Wire.nullable(Schema.String)
}

const summaryKeys = {
  projectId: "project_id",
  reproductionSteps: "reproduction_steps",
  suppressReporting: "suppress_reporting",
  occurrenceCount: "occurrence_count",
  createdAt: "created_at",
  createdBy: "created_by"
} as const

export const BugSummary = Raw.keep(Schema.Struct(summary).pipe(Wire.encodeKeys(summaryKeys)))
export type BugSummary = typeof BugSummary.Type

/** One sighting of a bug, with what its reviewer said. */
export const ReviewedOccurrence = Schema.Struct({
  id: Schema.String,
  runId: Wire.nullable(Schema.String),
  playerIndex: Wire.nullable(Schema.Finite),
  testStep: Wire.nullable(Schema.Unknown),
  turn: Wire.nullable(Schema.Unknown),
  detectedAt: Wire.timestamp,
  reviewedAt: Wire.timestamp,
  reviewedBy: Wire.nullable(Schema.String),
  reviewComment: Wire.nullable(Schema.String),
  title: Wire.nullable(Schema.String),
  testName: Wire.nullable(Schema.String),
  testVersion: Wire.nullable(Schema.Finite),
  testPlanName: Wire.nullable(Schema.String),
  severity: Wire.nullable(Severity),
  category: Wire.nullable(Category)
}).pipe(Wire.encodeKeys({
  runId: "multiplayer_run_id",
  playerIndex: "player_index",
  testStep: "test_step",
  detectedAt: "detected_at",
  reviewedAt: "reviewed_at",
  reviewedBy: "reviewed_by",
  reviewComment: "review_comment",
  testName: "test_name",
  testVersion: "test_version",
  testPlanName: "test_plan_name"
}))
export type ReviewedOccurrence = typeof ReviewedOccurrence.Type

/** A bug with all its occurrences. */
export const BugDetails = Raw.keep(
  Schema.Struct({ ...summary, occurrences: Wire.list(ReviewedOccurrence) }).pipe(Wire.encodeKeys(summaryKeys))
)
export type BugDetails = typeof BugDetails.Type
