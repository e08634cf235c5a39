/**
 * What the ledger keeps of one upload, and how it looks in a file: a line of JSON with what was asked for, then a line for
 * each thing that has happened since. Lines are only ever added, so a part costs one line however many there are.
 */
import { BuildId } from "@nunu-effect/core/Build"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { LedgerTarget } from "./LedgerTarget.ts"

/** Grows when an older reader could misread a record. */
export const version = 1

/** What an upload was begun with: enough to know the file and the target again. */
export const Head = Schema.Struct({
  version: Schema.Literal(version),
  /** Epoch milliseconds: just before the server was asked for a place. A clock may give parts of one. */
  startedAt: Schema.Finite,
  /** Minutes until the server gives the upload up. */
  uploadTimeout: Schema.Int,
  target: LedgerTarget,
  /** The name of the build. */
  name: Schema.String,
  fileName: Schema.String,
  source: Schema.Struct({
    path: Schema.NullOr(Schema.String),
    size: Schema.Int,
    mtime: Schema.NullOr(Schema.String),
    inode: Schema.NullOr(Schema.String)
  })
})
export type Head = typeof Head.Type

/** The server's answer: from here on there is something to undo. */
export const Reserved = Schema.TaggedStruct("Reserved", {
  /** Epoch milliseconds. */
  at: Schema.Finite,
  buildId: BuildId,
  objectKey: Schema.String,
  /** A secret; null for an upload in one PUT, whose URL is not kept. */
  uploadId: Schema.NullOr(Schema.RedactedFromValue(Schema.NonEmptyString)),
  /** Bytes. */
  partSize: Schema.Int,
  totalParts: Schema.Int
})
export type Reserved = typeof Reserved.Type

/** A part that the storage has. */
export const Stored = Schema.TaggedStruct("Stored", {
  partNumber: Schema.Int,
  etag: Schema.String,
  md5: Schema.NullOr(Schema.String),
  attempts: Schema.Int
})
export type Stored = typeof Stored.Type

/** All parts are stored, and the server was about to be asked to make a build of them. */
export const Completing = Schema.TaggedStruct("Completing", { at: Schema.Finite })

export const Entry = Schema.Union([Reserved, Stored, Completing])
export type Entry = typeof Entry.Type

export interface UploadRecord {
  readonly head: Head
  /** Null when the answer never came: then storage may be reserved that nobody can name. */
  readonly reserved: Reserved | null
  /** By their numbers. */
  readonly parts: Map<number, Stored>
  /** The build may be complete already. */
  readonly completing: boolean
}

/** The record of an upload that is about to be reserved. */
export const begin = (head: Head): UploadRecord => ({ head, reserved: null, parts: new Map(), completing: false })

/** When the server gives the upload up, in epoch milliseconds. */
export const deadline = ({ head, reserved }: UploadRecord): number =>
  (reserved?.at ?? head.startedAt) + head.uploadTimeout * 60_000

/** Adds what has happened. Parts go into the record's own map: to copy it for each of 10,000 would take seconds. */
export const add = (record: UploadRecord, entry: Entry): UploadRecord => {
  switch (entry._tag) {
    case "Reserved":
      return { ...record, reserved: entry }
    case "Stored":
      record.parts.set(entry.partNumber, entry)
      return record
    case "Completing":
      return { ...record, completing: true }
  }
}

/** Writes what has happened as a line. */
export const toLine = (entry: Entry): string => `${JSON.stringify(encodeEntry(entry))}\n`

/** Writes a whole record as lines. */
export const toText = ({ completing, head, parts, reserved }: UploadRecord): string =>
  [
    `${JSON.stringify(encodeHead(head))}\n`,
    ...(reserved === null ? [] : [toLine(reserved)]),
    ...Array.from(parts.values(), toLine),
    ...(completing ? [toLine({ _tag: "Completing", at: head.startedAt })] : [])
  ].join("")

/** Why a text is not a record. */
export interface Unreadable {
  /** `newer`: another program knows what it means, so it must be left as it is. */
  readonly kind: "newer" | "corrupt"
  readonly message: string
}

/** Reads a record. A last line without its end was being written when the program died: it never counted. */
export const fromText = (text: string): Result.Result<UploadRecord, Unreadable> => {
  const [first = "", ...rest] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1)
  const head = decodeJson(first)
  if (isNewer(head)) return Result.fail({ kind: "newer", message: `it has version ${head.version}, not ${version}` })
  const decoded = decodeHead(head)
  if (Result.isFailure(decoded)) return corrupt("line 1 is not the beginning of a record")
  const parts = new Map<number, Stored>()
  let reserved: Reserved | null = null
  let completing = false
  for (const [index, line] of rest.entries()) {
    const entry = decodeEntry(decodeJson(line))
    if (Result.isFailure(entry)) return corrupt(`line ${index + 2} is not one of a record`)
    if (entry.success._tag === "Reserved") reserved = entry.success
    if (entry.success._tag === "Stored") parts.set(entry.success.partNumber, entry.success)
    if (entry.success._tag === "Completing") completing = true
  }
  return Result.succeed({ head: decoded.success, reserved, parts, completing })
}

const encodeHead = Schema.encodeSync(Head)
const encodeEntry = Schema.encodeSync(Entry)
const decodeHead = Schema.decodeUnknownResult(Head)
const decodeEntry = Schema.decodeUnknownResult(Entry)

const decodeJson = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const isNewer = Schema.is(Schema.Struct({ version: Schema.Int.check(Schema.isGreaterThan(version)) }))

const corrupt = (message: string) => Result.fail<Unreadable>({ kind: "corrupt", message })
