/**
 * Artifacts: the files that a player left, as the artifact host lists them.
 * Source: the vendor's pages "List Artifacts" and "Get Artifact".
 */
import * as Schema from "effect/Schema"
import { callInfo, clientSide, errorJson } from "./CallInfo.ts"
import * as Wire from "./Wire.ts"

/** A file of one player. `filename` may have folders in it; `size` in bytes. */
export const ArtifactFile = Schema.Struct({
  filename: Schema.String,
  url: Wire.nullable(Schema.String),
  size: Wire.nullable(Schema.Finite),
  uploaded: Wire.timestamp,
  etag: Wire.nullable(Schema.String)
})
export type ArtifactFile = typeof ArtifactFile.Type

/** The files of one player; `runId` is the composite run id. */
export const ArtifactList = Schema.Struct({
  runId: Wire.nullable(Schema.String),
  count: Wire.nullable(Schema.Finite),
  artifacts: Schema.Array(ArtifactFile)
})
export type ArtifactList = typeof ArtifactList.Type

/**
 * Tells why a file name must not be used, null if it may: it is absolute, or it has `.`, `..`, nothing or a control
 * character between two separators. Ask before writing a file under a name that a server gave.
 */
export const nameFault = (filename: string): string | null => {
  if (/^[/\\]|^[a-z]:/i.test(filename)) return "it is absolute"
  const bad = filename.split(/[/\\]/).find((segment) => /^\.{0,2}$|[\p{Cc}]/u.test(segment))
  return bad === undefined ? null : "it has a part that is empty, a dot or two, or a control character"
}

/** 416: the range begins beyond the end of the file. */
export class RangeNotSatisfiable extends Schema.Error<RangeNotSatisfiable>("RangeNotSatisfiable")(
  {
    _tag: Schema.tagDefaultOmit("RangeNotSatisfiable"),
    error: Schema.String,
    ...callInfo,
    status: clientSide(Schema.Finite, 416)
  },
  { httpApiStatus: 416 }
) {
  readonly code: null = null
  readonly hint: string = "The file may have changed: ask for it from its start"
  override get message(): string {
    return `Cannot ${this.operation}: ${this.error} (${this.status}). ${this.hint}`
  }
  override toJSON(): unknown {
    return errorJson(this)
  }
}
