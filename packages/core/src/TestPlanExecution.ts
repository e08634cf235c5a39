/**
 * An execution: one start of a test plan, with counts of its tests.
 * Source: the vendor's page "List Test Plan Executions"; the single view is not documented and read as one of the list.
 */
import * as Schema from "effect/Schema"
import * as Raw from "./Raw.ts"
import * as Wire from "./Wire.ts"

/** Identifies an execution: what the start of a plan answers. */
export const TestPlanExecutionId = Schema.NonEmptyString.pipe(Schema.brand("TestPlanExecutionId"))
export type TestPlanExecutionId = typeof TestPlanExecutionId.Type

/** How far an execution is, in upper case. */
export const TestPlanExecutionStatus = Wire.upperCaseWord(["QUEUED", "IN_PROGRESS", "COMPLETED"])
export type TestPlanExecutionStatus = typeof TestPlanExecutionStatus.Type

/** How many tests of an execution stand how; null where it was not told. */
export const TestStatusCounts = Schema.Struct({
  passed: Wire.nullable(Schema.Finite),
  failed: Wire.nullable(Schema.Finite),
  stopped: Wire.nullable(Schema.Finite),
  queued: Wire.nullable(Schema.Finite),
  running: Wire.nullable(Schema.Finite),
  skipped: Wire.nullable(Schema.Finite)
})
export type TestStatusCounts = typeof TestStatusCounts.Type

export const TestPlanExecution = Raw.keep(
  Schema.Struct({
    id: TestPlanExecutionId,
    testPlanId: Wire.nullable(Schema.String),
    testPlanName: Wire.nullable(Schema.String),
    buildId: Wire.nullable(Schema.String),
    buildName: Wire.nullable(Schema.String),
    status: TestPlanExecutionStatus,
    startedAt: Wire.timestamp,
    startedBy: Wire.nullable(Schema.String),
    completedAt: Wire.timestamp,
    totalTests: Wire.nullable(Schema.Finite),
    testStatus: Wire.nullable(TestStatusCounts),
    /** Milliseconds, may be fractional. */
    durationMs: Wire.nullable(Schema.Finite)
  }).pipe(Wire.encodeKeys({
    testPlanId: "test_plan_id",
    testPlanName: "test_plan_name",
    buildId: "build_id",
    buildName: "build_name",
    startedAt: "started_at",
    startedBy: "started_by",
    completedAt: "completed_at",
    totalTests: "total_tests",
    testStatus: "test_status",
    durationMs: "duration_ms"
  }))
)
export type TestPlanExecution = typeof TestPlanExecution.Type
