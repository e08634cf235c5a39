/** Why an upload ended without a build: one error with a reason, each of which says what is left behind. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import type { BuildId } from "@nunu-effect/core/Build"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import type { PlatformError } from "effect/PlatformError"
import type { SourceChanged, SourceError } from "./UploadSource.ts"

/** The request cannot be sent as it is; nothing was sent. All faults are told. */
export class InvalidRequest extends Data.TaggedError("InvalidRequest")<{ readonly faults: ReadonlyArray<string> }> {
  override get message(): string {
    return `Cannot upload: ${this.faults.join("; ")}`
  }
}

/** The API did not give a place to upload to. After a lost answer, a reservation may stand until the server's timeout. */
export class InitiateFailed extends Data.TaggedError("InitiateFailed")<{ readonly error: ApiError }> {
  /** The server failed, its answer was lost, or it answered with a ticket that cannot be read. */
  get mayBeReserved(): boolean {
    const { error } = this
    return !wasNotDone(error) &&
      (error.sent === "maybe" || error.status === null || error.status >= 500 || error.status < 300)
  }
  override get message(): string {
    return this.error.message +
      (this.mayBeReserved ? ". Storage may stay reserved until the upload's timeout" : "")
  }
}

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
  /** When the storage wants to hear of us again; given only where that is too late to wait for. */
  readonly retryAt?: DateTime.Utc
}> {
  override get message(): string {
    const tried = this.attempts <= 1 ? "" : ` after ${this.attempts} attempts`
    const status = this.status === null ? "" : ` (${this.status})`
    const later = this.retryAt === undefined ? "" : `. Try again after ${DateTime.formatIso(this.retryAt)}`
    return `Cannot send part ${this.partNumber}${tried}: ${this.detail}${status}${later}`
  }
}

/** The storage has other bytes than were read, also after the repeats: something on the way, or memory, is broken. */
export class IntegrityMismatch extends Data.TaggedError("IntegrityMismatch")<{
  readonly partNumber: number
  readonly attempts: number
  /** Of the bytes that were read, in hex. */
  readonly md5: string
  /** Of the bytes that the storage has, in hex. */
  readonly etag: string
}> {
  override get message(): string {
    return `Cannot send part ${this.partNumber} after ${this.attempts} attempts: its MD5 is ${this.md5}, ` +
      `but the storage has ${this.etag}. Something on the way changes bytes; if the storage's ETags are no MD5s, ` +
      "switch integrity off"
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

/** The ledger cannot be read or written. What it says so far stays true. */
export class LedgerFailed extends Data.TaggedError("LedgerFailed")<{
  readonly folder: string
  readonly detail: string
}> {
  /** Says what the system did not do, and what to do about it. */
  static of(folder: string, error: PlatformError): LedgerFailed {
    return new LedgerFailed({ folder, detail: `${LedgerFailed.wordsOf(error)}. ${ledgerHint}` })
  }
  /** Only the cause has the system's words, such as that no space is left. */
  static wordsOf({ cause, message }: PlatformError): string {
    return cause instanceof Error ? cause.message : message
  }
  override get message(): string {
    return `Cannot keep the ledger in ${this.folder}: ${this.detail}`
  }
}

const ledgerHint = "Make room or allow writing there, or name another state directory (--state-dir, NUNU_STATE_DIR)"

/** A living process uploads the same file to the same target, or cleans up after it. */
export class UploadInUse extends Data.TaggedError("UploadInUse")<{
  readonly id: string
  readonly pid: number
  readonly host: string
  /** Epoch milliseconds. */
  readonly since: number
  /** What says so; null where it is no file. */
  readonly lockFile: string | null
}> {
  override get message(): string {
    return `Cannot upload this file: process ${this.pid} on ${this.host} has been doing so since ${
      new Date(this.since).toISOString()
    }. Wait for it or stop it${this.lockFile === null ? "" : `; if that machine is gone, remove ${this.lockFile}`}`
  }
}

export type UploadErrorReason =
  | InvalidRequest
  | LedgerFailed
  | UploadInUse
  | SourceError
  | SourceChanged
  | InitiateFailed
  | PlanMismatch
  | PartUrlsFailed
  | PartFailed
  | IntegrityMismatch
  | RetriesSpent
  | CompleteFailed
  | CompletionUncertain

/** An upload that ended without a build. `Effect.catchReason` handles one reason. */
export class UploadError extends Data.TaggedError("UploadError")<{ readonly reason: UploadErrorReason }> {
  override get message(): string {
    return this.reason.message
  }
}
