/**
 * Knowledge: files that agents may read while they play, kept per project, agent or test.
 * Source: the vendor's pages on file storage.
 */
import * as Schema from "effect/Schema"
import * as Wire from "./Wire.ts"

/** Whom a file is for. */
export const KnowledgeScope = Wire.openWord(["project", "agent", "test_case"])
export type KnowledgeScope = typeof KnowledgeScope.Type

/** One file; `metadata` only where it was asked for. Size in bytes. */
export const KnowledgeFile = Schema.Struct({
  filename: Schema.String,
  path: Wire.nullable(Schema.String),
  size: Wire.nullable(Schema.Finite),
  uploaded: Wire.timestamp,
  etag: Wire.nullable(Schema.String),
  metadata: Wire.nullable(Schema.Struct({
    description: Wire.nullable(Schema.String),
    summary: Wire.nullable(Schema.String),
    keywords: Wire.list(Schema.String)
  }))
})
export type KnowledgeFile = typeof KnowledgeFile.Type

/** The files of one scope. `agentId` or `testCaseId` say whose they are. */
export const KnowledgeFiles = Schema.Struct({
  projectId: Wire.nullable(Schema.String),
  scope: Wire.nullable(KnowledgeScope),
  agentId: Wire.nullable(Schema.String),
  testCaseId: Wire.nullable(Schema.String),
  count: Wire.nullable(Schema.Finite),
  files: Schema.Array(KnowledgeFile)
})
export type KnowledgeFiles = typeof KnowledgeFiles.Type

/** All files of a project, by scope; `id` says whose a section is. */
export const KnowledgeSections = Schema.Struct({
  projectId: Wire.nullable(Schema.String),
  count: Wire.nullable(Schema.Finite),
  sections: Schema.Array(Schema.Struct({
    scope: KnowledgeScope,
    id: Wire.nullable(Schema.String),
    count: Wire.nullable(Schema.Finite),
    files: Schema.Array(KnowledgeFile)
  }))
})
export type KnowledgeSections = typeof KnowledgeSections.Type
