/**
 * Stopping runs, by job. The API answers 200 (all stopped), 207 (some) and 404 (none matched) with the same shape.
 * Source: the vendor's page "Stop Runs".
 */
import * as Schema from "effect/Schema"
import { JobId } from "./Job.ts"
import * as Wire from "./Wire.ts"

export const StopRunsRequest = Schema.Struct({ jobIds: Schema.NonEmptyArray(JobId) }).pipe(
  Wire.encodeKeys({ jobIds: "job_ids" })
)
export type StopRunsRequest = typeof StopRunsRequest.Type

/** What became of one job. Ids of other projects are missing from the results altogether. */
export const StopResult = Schema.Struct({
  jobId: JobId,
  ok: Schema.Boolean,
  status: Wire.nullable(Schema.Finite),
  message: Wire.nullable(Schema.String),
  error: Wire.nullable(Schema.String)
}).pipe(Wire.encodeKeys({ jobId: "job_id" }))
export type StopResult = typeof StopResult.Type

export const StoppedRuns = Schema.Struct({
  ok: Schema.Boolean,
  message: Wire.nullable(Schema.String),
  receivedCount: Wire.nullable(Schema.Finite),
  stoppedCount: Wire.nullable(Schema.Finite),
  results: Schema.Array(StopResult)
}).pipe(Wire.encodeKeys({ receivedCount: "received_count", stoppedCount: "stopped_count" }))
export type StoppedRuns = typeof StoppedRuns.Type

/** Tells whether a job is over after a stop: it was stopped, or it had ended before ("Job already completed"). */
export const isOver = (result: StopResult): boolean =>
  result.ok || /already (been )?(completed|stopped|finished)/i.test(result.error ?? result.message ?? "")
