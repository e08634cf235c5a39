/** The report for programs: everything that the other reports draw, with a JSON Schema. */
import type * as JsonSchema from "effect/JsonSchema"
import * as JsonFile from "../JsonFile.ts"
import type { PipelineResult } from "../PipelineResult.ts"
import { ReportView, viewOf } from "./ReportView.ts"

/** Gives the JSON Schema of the report. Within a `schemaVersion` fields are only added. */
export const jsonSchema = (): JsonSchema.JsonSchema => JsonFile.jsonSchemaOf(ReportView, "ignore")

/** Writes a result as JSON, two spaces a level. */
export const render = (result: PipelineResult): string => `${JSON.stringify(viewOf(result), null, 2)}\n`
