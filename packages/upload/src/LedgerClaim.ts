/** A record of the ledger in the hands of one program: nobody else works on it meanwhile. */
import type * as Effect from "effect/Effect"
import type { LedgerFailed } from "./UploadError.ts"
import type { Entry, UploadRecord } from "./UploadRecord.ts"

export interface LedgerClaim {
  /** What an earlier run left; a text in words when it could not be read, and was set aside; null when there is nothing. */
  readonly found: UploadRecord | string | null
  /** Puts a record in place of whatever is there, at once or not at all. */
  readonly begin: (record: UploadRecord) => Effect.Effect<void, LedgerFailed>
  /** Adds to the record that was begun. It is on disk when this completes. */
  readonly append: (entry: Entry) => Effect.Effect<void, LedgerFailed>
  /** Forgets the record. */
  readonly remove: Effect.Effect<void, LedgerFailed>
  /** Keeps the record for `Cleanup` alone: the next run begins with nothing. */
  readonly setAside: Effect.Effect<void, LedgerFailed>
}

/** What can be seen of a record without claiming it. */
export interface LedgerLook {
  readonly id: string
  /** A text in words when it cannot be read. */
  readonly found: UploadRecord | string
  /** The process that works on it now. */
  readonly owner: { readonly pid: number; readonly host: string } | null
}
