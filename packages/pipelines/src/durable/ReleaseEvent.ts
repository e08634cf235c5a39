/** What happens to a release, as it is written down and shown. No secrets, no presigned URLs, no template data. */
import { BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import * as Schema from "effect/Schema"
import { ReleaseOutcome, ReleaseStatus } from "./Release.ts"

export const ReleaseEvent = Schema.Union([
  Schema.TaggedStruct("Queued", {}),
  /** Its turn has come. */
  Schema.TaggedStruct("Admitted", {}),
  /** At most one in some seconds. Bytes. */
  Schema.TaggedStruct("UploadProgress", { buildId: Schema.NullOr(BuildId), sent: Schema.Int, size: Schema.Int }),
  Schema.TaggedStruct("Uploaded", { buildId: BuildId, resumedParts: Schema.Int, parts: Schema.Int }),
  Schema.TaggedStruct("ApprovalAsked", {}),
  Schema.TaggedStruct("Approved", { by: Schema.String, approved: Schema.Boolean, comment: Schema.String }),
  Schema.TaggedStruct("Started", { jobIds: Schema.Array(JobId), tag: Schema.String }),
  /** The state of a run or of one of its players or steps changed. */
  Schema.TaggedStruct("RunChanged", { jobId: JobId, text: Schema.String }),
  Schema.TaggedStruct("RunsEnded", { timedOut: Schema.Boolean }),
  /** Waits: the storage is full or the key is not accepted. */
  Schema.TaggedStruct("Held", { why: Schema.Literals(["quota", "key"]), message: Schema.String }),
  Schema.TaggedStruct("Resumed", {}),
  Schema.TaggedStruct("CancelAsked", { by: Schema.String, superseded: Schema.Boolean }),
  Schema.TaggedStruct("Ended", { outcome: ReleaseOutcome })
])
export type ReleaseEvent = typeof ReleaseEvent.Type

/** An event with its place in the log of all releases. */
export const LoggedEvent = Schema.Struct({
  /** Grows by at least one from event to event, over all releases. */
  seq: Schema.Int,
  /** Epoch milliseconds. */
  at: Schema.Int,
  releaseId: Schema.String,
  /** The release's status from this event on. */
  status: ReleaseStatus,
  event: ReleaseEvent
})
export type LoggedEvent = typeof LoggedEvent.Type
