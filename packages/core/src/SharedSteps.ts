/**
 * Shared steps: a collection of steps that several tests have in common, with a version like a test.
 * Source: the vendor's pages "Get Shared Step" and "Update Shared Step".
 */
import * as Schema from "effect/Schema"
import * as Raw from "./Raw.ts"
import { stepsByKey } from "./TestStep.ts"
import * as Wire from "./Wire.ts"

/** Identifies a collection of shared steps, such as `ssc_login`. */
export const SharedStepsId = Schema.NonEmptyString.pipe(Schema.brand("SharedStepsId"))
export type SharedStepsId = typeof SharedStepsId.Type

export const SharedSteps = Raw.keep(
  Schema.Struct({
    id: SharedStepsId,
    projectId: Wire.nullable(Schema.String),
    name: Wire.nullable(Schema.String),
    /** The update of a collection names the version that it is based on. */
    version: Schema.Finite,
    isShared: Wire.nullable(Schema.Boolean),
    createdAt: Wire.timestamp,
    createdBy: Wire.nullable(Schema.String),
    stepsByKey: Wire.nullable(stepsByKey),
    stepOrder: Wire.list(Schema.String)
  }).pipe(Wire.encodeKeys({
    projectId: "project_id",
    isShared: "is_shared",
    createdAt: "created_at",
    createdBy: "created_by",
    stepsByKey: "steps_by_key",
    stepOrder: "step_order"
  }))
)
export type SharedSteps = typeof SharedSteps.Type

/** A change of a collection, in the API's names: objects are merged, lists replaced; `id` and `is_shared` stay. */
export const UpdateSharedStepsRequest = Schema.Struct({
  /** The version that the patch is based on: 409 when the collection has another one by now. */
  expectedVersion: Schema.Int,
  patch: Schema.Record(Schema.String, Schema.Json)
}).pipe(Wire.encodeKeys({ expectedVersion: "expected_version" }))
export type UpdateSharedStepsRequest = typeof UpdateSharedStepsRequest.Type
