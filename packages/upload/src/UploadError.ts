/** Why an upload ended without a build: one error with a reason, each of which says what is left behind. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import type { BuildId } from "@nunu-effect/core/Build"
import * as Data from "effect/Data"
import type { SourceError } from "./UploadSource.ts"

/** The request cannot be sent as it is; nothing was sent. All faults are told. */
export class InvalidRequest extends Data.TaggedError("InvalidRequest")<{ readonly faults: ReadonlyArray<string> }> {
  override get message(): string {
    return `Cannot upload: ${this.faults.join("; ")}`
  }
}

/** The API did not give a place to upload to. After a lost answer, a reservation may stand until the server's timeout. */
export class InitiateFailed extends Data.TaggedError("InitiateFailed")<{ readonly error: ApiError }> {
  override get message(): string {
    return this.error.message +
      (mayBeReserved(this.error) ? ". Storage may stay reserved until the upload's timeout" : "")
  }
}

/** The server may have reserved a place: it failed, its answer was lost, or it answered with a ticket that cannot be read. */
const mayBeReserved = (error: ApiError): boolean =>
  !wasNotDone(error) &&
  (error.sent === "maybe" || error.status === null || error.status >= 500 || error.status < 300)

/** The server's plan does not fit the file; not a byte was sent. */
export class PlanMismatch extends Data.TaggedError("PlanMismatch")<{ readonly message: string }> {}

/** A part could not be stored, also not after the repeats that make sense. */
export class PartFailed extends Data.TaggedError("PartFailed")<{
  readonly partNumber: number
  readonly attempts: number
  /** The storage's status, null when there was no answer. */
  readonly status: number | null
  /** The storage's own words, or what happened to the connection. */
  readonly detail: string
}> {
  override get message(): string {
    const tried = this.attempts <= 1 ? "" : ` after ${this.attempts} attempts`
    return `Cannot send part ${this.partNumber}${tried}: ${this.detail}${
      this.status === null ? "" : ` (${this.status})`
    }`
  }
}

/** The storage has failed so often that the parts have used up the repeats that they share. */
export class RetriesSpent extends Data.TaggedError("RetriesSpent")<{
  /** The part that failed last. */
  readonly partNumber: number
  /** The storage's status, null when there was no answer. */
  readonly status: number | null
  /** The storage's own words, or what happened to the connection. */
  readonly detail: string
  /** How many repeats there were. */
  readonly repeats: number
  /** Parts that the storage has. */
  readonly stored: number
  readonly totalParts: number
}> {
  override get message(): string {
    return `Cannot send part ${this.partNumber} as all ${this.repeats} repeats of this upload are spent: ${this.detail}${
      this.status === null ? "" : ` (${this.status})`
    }. ${this.stored} of ${this.totalParts} parts are stored`
  }
}

/** The API did not say where to send parts to. */
export class PartUrlsFailed extends Data.TaggedError("PartUrlsFailed")<{ readonly error: ApiError }> {
  override get message(): string {
    return this.error.message
  }
}

/** All parts are stored, but the API refused to make a build of them. */
export class CompleteFailed extends Data.TaggedError("CompleteFailed")<{ readonly error: ApiError }> {
  override get message(): string {
    return this.error.message
  }
}

/** All parts are stored, and whether the API has made a build of them is not known. Nothing was cancelled. */
export class CompletionUncertain extends Data.TaggedError("CompletionUncertain")<{
  readonly buildId: BuildId
  readonly error: ApiError
}> {
  override get message(): string {
    return `${this.error.message}. Whether build ${this.buildId} is complete is not known: look it up before uploading again`
  }
}

export type UploadErrorReason =
  | InvalidRequest
  | SourceError
  | InitiateFailed
  | PlanMismatch
  | PartUrlsFailed
  | PartFailed
  | RetriesSpent
  | CompleteFailed
  | CompletionUncertain

/** An upload that ended without a build. `Effect.catchReason` handles one reason. */
export class UploadError extends Data.TaggedError("UploadError")<{ readonly reason: UploadErrorReason }> {
  override get message(): string {
    return this.reason.message
  }
}
