/** What to do with an upload that an earlier run left. Pure. */
import * as UploadRecord from "./UploadRecord.ts"
import type { SourceIdentity } from "./UploadSource.ts"

/**
 * `resume`: go on with it. `undo`: it cannot become the build that is wanted, so its place is given back. `forget`: there
 * is nothing to give back, or nobody can name it.
 */
export interface Resumption {
  readonly action: "resume" | "undo" | "forget"
  /** Why it is not resumed, in words that follow "as". */
  readonly why: string
  /** Whether its build, should it be complete, is the one that is wanted. */
  readonly isWanted: boolean
}

export interface Circumstances {
  readonly identity: SourceIdentity
  /** Epoch milliseconds. */
  readonly now: number
  readonly resume: boolean
  readonly multipart: boolean
}

export const decide = (record: UploadRecord.UploadRecord, circumstances: Circumstances): Resumption => {
  const { identity, multipart, now, resume } = circumstances
  const { completing, head, reserved } = record
  const until = new Date(UploadRecord.deadline(record)).toISOString()
  const changed = (["size", "mtime", "inode"] as const).filter((what) => head.source[what] !== identity[what])
  const isWanted = changed.length === 0 && resume
  const not = (action: "undo" | "forget", why: string): Resumption => ({ action, why, isWanted })
  if (reserved === null) {
    return not("forget", `an earlier run ended before it had an answer: storage may stay reserved until ${until}`)
  }
  if (UploadRecord.deadline(record) <= now) return not("forget", `the server has given it up at ${until}`)
  if (!resume) return not("undo", "that was asked for")
  if (changed.length > 0) return not("undo", `the file has changed since: ${changed.join(", ")}`)
  if (!completing && reserved.uploadId === null) return not("undo", "an upload in one PUT cannot be resumed")
  if (!multipart && reserved.uploadId !== null) return not("undo", "it was in parts, and one PUT was asked for")
  return { action: "resume", why: "", isWanted }
}
