/** Why a pipeline ended without a verdict: one error with a reason, each with the handles of what is left behind. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import type { RunId } from "@nunu-effect/core/Run"
import type { UploadError } from "@nunu-effect/upload/UploadError"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import type { FinishedJob } from "./Look.ts"

/** A program cannot begin as it is asked to; nothing was sent. All faults are told. */
export class InvalidOptions extends Data.TaggedError("InvalidOptions")<{
  readonly action: string
  readonly faults: ReadonlyArray<string>
}> {
  override get message(): string {
    return `Cannot ${this.action}: ${this.faults.join("; ")}`
  }
}

/** Nothing was started. */
export class StartFailed extends Data.TaggedError("StartFailed")<{ readonly error: ApiError }> {
  override get message(): string {
    return this.error.message
  }
}

/** The answer to a start was lost, and not all that it may have started was found: a run may be going on. */
export class StartUncertain extends Data.TaggedError("StartUncertain")<{
  /** The tag that the start carried: look for it among jobs and runs. */
  readonly tag: string
  /** What hid it; null when the lists could be read, and only went on changing. */
  readonly error: ApiError | null
}> {
  override get message(): string {
    const what = this.error?.message ?? "Cannot tell all jobs of a start as their list goes on changing"
    return `${what}. Whether a run was started is not known: look for the tag ${this.tag} before starting again`
  }
}

/** A newer program of the branch has taken this one's place, see `Supersede`: nothing was started. */
export class GaveWay extends Data.TaggedError("GaveWay")<{ readonly branch: string }> {
  override get message(): string {
    return `Cannot start as a newer build of branch "${this.branch}" has taken the place of this one`
  }
}

/** The runs were not over in time. */
export class WaitTimedOut extends Data.TaggedError("WaitTimedOut")<{
  /** Those that were not over. */
  readonly jobIds: ReadonlyArray<JobId>
  /** Those that were. */
  readonly finished: ReadonlyArray<FinishedJob>
  readonly timeout: Duration.Duration
}> {
  override get message(): string {
    const what = this.jobIds.length === 0 ? "nothing was started" : `${this.jobIds.join(", ")} not over`
    return `Cannot wait any longer: ${what} after ${Duration.format(this.timeout)}`
  }
}

/** How the runs stand could not be asked for any longer. */
export class WaitFailed extends Data.TaggedError("WaitFailed")<{
  /** All that were waited for. */
  readonly jobIds: ReadonlyArray<JobId>
  /** Those that were over before. */
  readonly finished: ReadonlyArray<FinishedJob>
  readonly error: ApiError
}> {
  override get message(): string {
    return `${this.error.message}. Waited for ${this.jobIds.join(", ")}`
  }
}

/** The run is over, but its bugs could not be read. */
export class BugsUnread extends Data.TaggedError("BugsUnread")<{ readonly runId: RunId; readonly error: ApiError }> {
  override get message(): string {
    return this.error.message
  }
}

export type PipelineErrorReason =
  | UploadError
  | InvalidOptions
  | StartFailed
  | StartUncertain
  | GaveWay
  | WaitTimedOut
  | WaitFailed
  | BugsUnread

/** A pipeline that ended without a verdict. `Effect.catchReason` handles one reason. */
export class PipelineError extends Data.TaggedError("PipelineError")<{ readonly reason: PipelineErrorReason }> {
  override get message(): string {
    return this.reason.message
  }
}
