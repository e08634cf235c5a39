/**
 * A release that survives its process: what was asked for, how far it is, and what it came to. All three are written down
 * as JSON, and read again by later versions of this library.
 */
import { BuildId, Platform } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Schema from "effect/Schema"
import { BaselineFile } from "../Baseline.ts"
import { Threshold } from "../Gate.ts"

/** 1 to 100 letters, digits and `. _ -`, given by whoever submits: the same id is the same release, however often. */
export const ReleaseId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._-]{1,100}$/, { expected: "1 to 100 letters, digits and . _ -" })
).pipe(
  Schema.brand("ReleaseId")
)
export type ReleaseId = typeof ReleaseId.Type

/** A file that the bot can read, or a build that is there already. */
export const ReleaseSource = Schema.Union([
  Schema.TaggedStruct("File", {
    /** Absolute. */
    path: Schema.NonEmptyString,
    /** @default the file's name */
    name: Schema.optionalKey(Schema.String),
    /** @default known from the extension */
    platform: Schema.optionalKey(Platform),
    description: Schema.optionalKey(Schema.String),
    tags: Schema.optionalKey(Schema.Array(Schema.String)),
    /** Where the build comes from: branch, commit, pull request. */
    details: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
  }),
  Schema.TaggedStruct("Build", { buildId: BuildId })
]).annotate({ message: "Expected the _tag to be \"File\" or \"Build\"" })
export type ReleaseSource = typeof ReleaseSource.Type

/** What is asked for. Grows by optional fields only; what could not be read as this would be another `version`. */
export const ReleaseRequest = Schema.Struct({
  version: Schema.tag(1),
  releaseId: ReleaseId,
  /** Releases of one branch take each other's place. */
  branch: Schema.optionalKey(Schema.NonEmptyString),
  source: ReleaseSource,
  /** The test; the build goes into it. Encoded with the names of the API. */
  run: StartRunRequest,
  /** @default bugs of severity high and critical */
  gate: Schema.optionalKey(Schema.Struct({ failOn: Schema.Array(Threshold) })),
  /** Known bugs. */
  baseline: Schema.optionalKey(BaselineFile),
  /** How long to wait for the runs. @default no limit but that of the run */
  timeoutSeconds: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** Whether somebody has to agree before the runs are started. @default false */
  approval: Schema.optionalKey(Schema.Boolean)
})
export type ReleaseRequest = typeof ReleaseRequest.Type

/** `queued` waits for its turn, `held` for a quota or a key; from `passed` on it is over. */
export const ReleaseStatus = Schema.Literals([
  "queued",
  "uploading",
  "awaiting-approval",
  "starting",
  "waiting",
  "collecting",
  "held",
  "passed",
  "failed",
  "inconclusive",
  "errored",
  "cancelled",
  "superseded"
])
export type ReleaseStatus = typeof ReleaseStatus.Type

const ended: ReadonlySet<ReleaseStatus> = new Set([
  "passed",
  "failed",
  "inconclusive",
  "errored",
  "cancelled",
  "superseded"
])

export const isEnded = (status: ReleaseStatus): boolean => ended.has(status)

/** A bug as people are told of it. */
export const ReleaseBug = Schema.Struct({
  bugId: Schema.String,
  title: Schema.String,
  severity: Schema.NullOr(Schema.String),
  category: Schema.NullOr(Schema.String),
  /** Whether the baseline names it. */
  known: Schema.Boolean,
  /** Whether it fails the gate. */
  blocking: Schema.Boolean
})
export type ReleaseBug = typeof ReleaseBug.Type

/** What a release came to. */
export const ReleaseOutcome = Schema.Struct({
  status: Schema.Literals(["passed", "failed", "inconclusive", "errored", "cancelled", "superseded"]),
  /** One line for people: the verdict's findings, or the error and what to do. */
  summary: Schema.String,
  buildId: Schema.NullOr(BuildId),
  jobIds: Schema.Array(JobId),
  bugs: Schema.Array(ReleaseBug),
  /** What could not be undone, for people: empty when nothing is left behind. */
  leftBehind: Schema.Array(Schema.String)
})
export type ReleaseOutcome = typeof ReleaseOutcome.Type
