/** What the run ledger keeps of one start: enough to find its jobs again and to stop them. One file of JSON. */
import { JobId } from "@nunu-effect/core/Job"
import { LedgerTarget } from "@nunu-effect/upload/LedgerTarget"
import * as Schema from "effect/Schema"

/** Grows when an older reader could misread a record. */
export const version = 1

export const RunRecord = Schema.Struct({
  version: Schema.Literal(version),
  /** Epoch milliseconds: just before the server was asked for the start. */
  startedAt: Schema.Int,
  target: LedgerTarget,
  /** The tag that the start carries and no other. */
  tag: Schema.String,
  /** For people: the id of the test or plan, or `instructions`. */
  test: Schema.String,
  /** One job and no more, see `FindStarted.startsOne`. */
  one: Schema.Boolean,
  /** Null while the answer to the start is not known. */
  jobIds: Schema.NullOr(Schema.NonEmptyArray(JobId))
})
export type RunRecord = typeof RunRecord.Type

/** Writes a record as a text. */
export const toText = (record: RunRecord): string => `${encode(record)}\n`

/** Reads a record. */
export const fromText = Schema.decodeUnknownResult(Schema.fromJsonString(RunRecord))

const encode = Schema.encodeSync(Schema.fromJsonString(RunRecord))
