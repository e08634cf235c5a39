/**
 * A test plan: a named list of tests that are started together.
 * Source: the vendor's pages "Create Test Plan", "Get Test Plan", "Update Test Plan", "Run Test Plan".
 */
import * as Schema from "effect/Schema"
import { withExtra } from "./Extra.ts"
import * as Raw from "./Raw.ts"
import { RunOptions } from "./StartRun.ts"
import * as Wire from "./Wire.ts"

/** Identifies a test plan. */
export const TestPlanId = Schema.NonEmptyString.pipe(Schema.brand("TestPlanId"))
export type TestPlanId = typeof TestPlanId.Type

/** One test of a plan, and how often a failed run of it is tried again. */
export const TestPlanItem = Schema.Struct({
  multiplayerTestId: Schema.String,
  retries: Wire.nullable(Schema.Finite)
}).pipe(Wire.encodeKeys({ multiplayerTestId: "multiplayer_test_id" }))
export type TestPlanItem = typeof TestPlanItem.Type

export const TestPlan = Raw.keep(
  Schema.Struct({
    id: TestPlanId,
    projectId: Wire.nullable(Schema.String),
    name: Schema.String,
    createdAt: Wire.timestamp,
    createdBy: Wire.nullable(Schema.String),
    modifiedAt: Wire.timestamp,
    modifiedBy: Wire.nullable(Schema.String),
    testItems: Wire.list(TestPlanItem)
  }).pipe(Wire.encodeKeys({
    projectId: "project_id",
    createdAt: "created_at",
    createdBy: "created_by",
    modifiedAt: "modified_at",
    modifiedBy: "modified_by",
    testItems: "test_items"
  }))
)
export type TestPlan = typeof TestPlan.Type

/** A plan to be made. */
export const CreateTestPlanRequest = withExtra(
  Schema.Struct({
    testPlan: Schema.Struct({
      name: Schema.String,
      testItems: Schema.optionalKey(Schema.Array(
        Schema.Struct({ multiplayerTestId: Schema.String, retries: Schema.optionalKey(Schema.Int) }).pipe(
          Wire.encodeKeys({ multiplayerTestId: "multiplayer_test_id" })
        )
      ))
    }).pipe(Wire.encodeKeys({ testItems: "test_items" }))
  }).pipe(Wire.encodeKeys({ testPlan: "test_plan" }))
)
export type CreateTestPlanRequest = typeof CreateTestPlanRequest.Type

/** A change of a plan, in the API's names: objects are merged, lists replaced, the id stays. Nothing checks versions. */
export const UpdateTestPlanRequest = Schema.Struct({ patch: Schema.Record(Schema.String, Schema.Json) })
export type UpdateTestPlanRequest = typeof UpdateTestPlanRequest.Type

/** How to run all tests of a plan: on which deployment, by which agent. */
export const StartTestPlanRequest = withExtra(
  Schema.Struct({
    deploymentConfigId: Schema.String,
    agentConfigId: Schema.optionalKey(Schema.String),
    additionalTags: Schema.optionalKey(Schema.Array(Schema.String)),
    renderTemplates: Schema.optionalKey(Schema.Boolean),
    /** Handlebars variables. */
    templateData: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
    options: Schema.optionalKey(RunOptions)
  }).pipe(Wire.encodeKeys({
    deploymentConfigId: "deployment_config_id",
    agentConfigId: "agent_config_id",
    additionalTags: "additional_tags",
    renderTemplates: "render_templates",
    templateData: "template_data"
  }))
)
export type StartTestPlanRequest = typeof StartTestPlanRequest.Type
