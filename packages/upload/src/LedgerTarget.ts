/** Where what is written down is: records of one target mean nothing at another. */
import * as Schema from "effect/Schema"

export const LedgerTarget = Schema.Struct({
  baseUrl: Schema.String,
  projectId: Schema.NullOr(Schema.String),
  /** Of the key; older records have none. */
  keyMark: Schema.optionalKey(Schema.String)
})
export type LedgerTarget = typeof LedgerTarget.Type

/** It is at another API, or certainly in another project. */
export const isElsewhere = (left: LedgerTarget, now: LedgerTarget): boolean =>
  left.baseUrl !== now.baseUrl ||
  (left.projectId !== null && now.projectId !== null && left.projectId !== now.projectId)

/** The key is another, and may be that of another project: that the API does not know a thing then says nothing of it. */
export const isForeign = (left: LedgerTarget, now: LedgerTarget): boolean =>
  left.keyMark !== undefined && left.keyMark !== now.keyMark &&
  (left.projectId === null || left.projectId !== now.projectId)
