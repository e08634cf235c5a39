/** The lines before the last that a command prints with `--output ndjson`: what happens, as it happens. */
import * as JsonFile from "@nunu-effect/pipelines/JsonFile"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as Model from "./OutputModel.ts"
import { fields } from "./OutputSchema.ts"

const ofFile = { file: Model.File }
const reserved = { buildId: Schema.String, size: Schema.Finite, partSize: Schema.Finite, totalParts: Schema.Finite }
const Text = Schema.NullOr(Schema.String)
const JobIds = Schema.Array(Schema.String)
const Finished = Schema.Struct({ job: Model.Job, run: Schema.NullOr(Model.Run) })
const ApiError = Schema.Struct({ _tag: Schema.String, message: Schema.String })

const ofUpload = Schema.Union([
  Schema.TaggedStruct("Initiated", { ...ofFile, ...reserved }),
  Schema.TaggedStruct("Resumed", { ...ofFile, ...reserved, parts: Schema.Finite, bytes: Schema.Finite }),
  Schema.TaggedStruct("StartedAnew", { ...ofFile, why: Schema.String }),
  Schema.TaggedStruct("PartStarted", { ...ofFile, partNumber: Schema.Finite, attempt: Schema.Finite }),
  Schema.TaggedStruct("PartRetried", {
    ...ofFile,
    partNumber: Schema.Finite,
    why: Schema.String,
    waitMillis: Schema.Finite,
    bytes: Schema.Finite
  }),
  Schema.TaggedStruct("PartCompleted", { ...ofFile, partNumber: Schema.Finite, bytes: Schema.Finite }),
  Schema.TaggedStruct("UrlsRefreshed", { ...ofFile, parts: Schema.Finite }),
  Schema.TaggedStruct("ConcurrencyChanged", { ...ofFile, from: Schema.Finite, to: Schema.Finite }),
  Schema.TaggedStruct("DeadlineAtRisk", {
    ...ofFile,
    deadline: Schema.Finite,
    expected: Schema.NullOr(Schema.Finite)
  }),
  Schema.TaggedStruct("Completing", { ...ofFile, buildId: Schema.String }),
  Schema.TaggedStruct("Completed", { ...ofFile, buildId: Schema.String, receipt: Model.Receipt }),
  Schema.TaggedStruct("Kept", {
    ...ofFile,
    buildId: Schema.String,
    parts: Schema.Finite,
    totalParts: Schema.Finite,
    bytes: Schema.Finite,
    until: Schema.Finite
  }),
  Schema.TaggedStruct("MaybeReserved", { ...ofFile, until: Schema.Finite }),
  Schema.TaggedStruct("Aborted", {
    ...ofFile,
    buildId: Schema.String,
    outcome: Schema.Literals(["cancelled", "maybe-complete", "not-cancelled"])
  })
])

const ofPipeline = Schema.Union([
  Schema.TaggedStruct("Uploaded", { receipt: Model.Receipt }),
  Schema.TaggedStruct("Started", {
    started: Schema.Struct({
      jobIds: JobIds,
      tag: Schema.String,
      runId: Text,
      buildId: Text,
      testPlanExecutionId: Text,
      message: Text
    })
  }),
  Schema.TaggedStruct("Looked", { look: Finished }),
  Schema.TaggedStruct("LookFailed", { error: ApiError }),
  Schema.TaggedStruct("Finished", { jobs: Schema.Array(Finished) }),
  Schema.TaggedStruct("Stopped", { stopped: Schema.Struct({ over: JobIds, running: JobIds }) }),
  Schema.TaggedStruct("Detached", { jobIds: JobIds }),
  Schema.TaggedStruct("Unknown", { tag: Schema.String })
])

/** Of commands that go on until they are interrupted. */
const ofServers = Schema.Union([
  Schema.TaggedStruct("Serving", fields.emulate.fields),
  Schema.TaggedStruct("Serving", fields["bot serve"].fields)
])

/** An event. Of an upload it names its file; a reader has to leave out those that it does not know. */
export const OutputEvent = Schema.Union([ofUpload, ofPipeline, ofServers]).annotate({
  title: "nunu event",
  description: "A line that nunu prints with --output ndjson, but the last"
})
export type OutputEvent = typeof OutputEvent.Type

/** Gives the JSON Schema of an event. */
export const jsonSchema = (): JsonSchema.JsonSchema => JsonFile.jsonSchemaOf(OutputEvent, "ignore")
