/** The release as engines know it. Names and schemas here are those of every store: they never change their meaning. */
import * as Schema from "effect/Schema"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { ReleaseOutcome, ReleaseRequest } from "./Release.ts"

/** The workflow, for engines, proxies and whoever polls it. */
export const workflow = Workflow.make("NunuRelease", {
  payload: ReleaseRequest,
  success: ReleaseOutcome,
  idempotencyKey: ({ releaseId }) => releaseId
})

/** What somebody says to a release that waits for approval. */
export const Answer = Schema.Struct({
  /** Who. */
  by: Schema.String,
  approved: Schema.Boolean,
  comment: Schema.String
})
export type Answer = typeof Answer.Type

/** Ends the wait for approval. */
export const Approval = DurableDeferred.make("Approval", { success: Answer })

/** What became of the runs of a release. */
export const Watched = Schema.Struct({
  /** `lost`: nobody can say how they stand. */
  how: Schema.Literals(["ended", "timed-out", "lost"]),
  /** Why, for people; empty where it needs no words. */
  message: Schema.String
})
export type Watched = typeof Watched.Type

/** Ends the wait for the runs. */
export const RunsEnded = DurableDeferred.make("RunsEnded", { success: Watched })
