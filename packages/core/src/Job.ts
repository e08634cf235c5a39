/**
 * A job: what a start puts into the queue. Once it leaves the queue it holds runs, one per attempt.
 * Source: the vendor's pages "List Jobs" and "Get Job".
 */
import * as Schema from "effect/Schema"
import * as Raw from "./Raw.ts"
import { RunId, RunResult, RunState } from "./Run.ts"
import * as Wire from "./Wire.ts"

/** Identifies a job: what a start answers and what stop takes. */
export const JobId = Schema.NonEmptyString.pipe(Schema.brand("JobId"))
export type JobId = typeof JobId.Type

/** The status words seen so far (the vendor's own list is cut), in upper case. */
export const JobStatus = Wire.upperCaseWord(["QUEUED", "STARTING", "RUNNING", "COMPLETED"])
export type JobStatus = typeof JobStatus.Type

/** A run as a job lists it; `players` is a count here. */
export const JobRun = Schema.Struct({
  runId: RunId,
  state: Wire.nullable(RunState),
  result: Wire.nullable(RunResult),
  startedAt: Wire.timestamp,
  completedAt: Wire.timestamp,
  players: Wire.nullable(Schema.Finite)
}).pipe(Wire.encodeKeys({ runId: "multiplayer_run_id", startedAt: "started_at", completedAt: "completed_at" }))
export type JobRun = typeof JobRun.Type

export const Job = Raw.keep(
  Schema.Struct({
    jobId: JobId,
    projectId: Wire.nullable(Schema.String),
    status: JobStatus,
    createdAt: Wire.timestamp,
    completedAt: Wire.timestamp,
    multiplayerTestId: Wire.nullable(Schema.String),
    testName: Wire.nullable(Schema.String),
    platform: Wire.nullable(Schema.String),
    buildId: Wire.nullable(Schema.String),
    testPlanExecutionId: Wire.nullable(Schema.String),
    /** Why the queue refused the job; a job with a reason is over and is not a pass. */
    queueRejectionReason: Wire.nullable(Schema.String),
    templatingEnabled: Wire.nullable(Schema.Boolean),
    templateData: Wire.openObject,
    /** Who stopped the job; the vendor's pages show only null, so the type is open. */
    stoppedBy: Wire.nullable(Schema.Unknown),
    tags: Wire.list(Schema.String),
    retries: Wire.nullable(Schema.Struct({ total: Schema.Finite, remaining: Schema.Finite })),
    runs: Wire.list(JobRun)
  }).pipe(Wire.encodeKeys({
    jobId: "job_id",
    projectId: "project_id",
    createdAt: "created_at",
    completedAt: "completed_at",
    multiplayerTestId: "multiplayer_test_id",
    testName: "test_name",
    buildId: "build_id",
    testPlanExecutionId: "test_plan_execution_id",
    queueRejectionReason: "queue_rejection_reason",
    templatingEnabled: "templating_enabled",
    templateData: "template_data",
    stoppedBy: "stopped_by"
  }))
)
export type Job = typeof Job.Type
