/**
 * A test: what the players shall do, in steps with a goal each. It has a version that grows with each change.
 * Source: the vendor's pages "Create Test", "Get Test", "Update Test", "Delete Test".
 */
import * as Schema from "effect/Schema"
import { withExtra } from "./Extra.ts"
import * as Raw from "./Raw.ts"
import { stepsByKey, TestStepInput } from "./TestStep.ts"
import * as Wire from "./Wire.ts"

/** Identifies a test (`multiplayer_test_id`), also one with a single player. */
export const TestId = Schema.NonEmptyString.pipe(Schema.brand("TestId"))
export type TestId = typeof TestId.Type

/** The types of tests known so far. */
export const TestType = Wire.openWord(["verification", "discovery", "task"])
export type TestType = typeof TestType.Type

const playerKeys = {
  agentConfigId: "agent_config_id",
  gameFuncsConfigId: "game_funcs_config_id",
  itemsByKey: "items_by_key",
  itemOrder: "item_order"
} as const

/** One player of a test: its steps by key, and the order of the keys. */
export const TestPlayer = Schema.Struct({
  name: Wire.nullable(Schema.String),
  agentConfigId: Wire.nullable(Schema.String),
  gameFuncsConfigId: Wire.nullable(Schema.String),
  itemsByKey: Wire.nullable(stepsByKey),
  itemOrder: Wire.list(Schema.String)
}).pipe(Wire.encodeKeys(playerKeys))
export type TestPlayer = typeof TestPlayer.Type

const testKeys = {
  testType: "test_type",
  incidentAutoApprove: "incident_auto_approve",
  playersByKey: "players_by_key",
  playerOrder: "player_order"
} as const

export const Test = Raw.keep(
  Schema.Struct({
    id: TestId,
    projectId: Wire.nullable(Schema.String),
    /** From 0. The update of a test names the version that it is based on. */
    version: Schema.Finite,
    name: Wire.nullable(Schema.String),
    testType: Wire.nullable(TestType),
    tags: Wire.list(Schema.String),
    incidentAutoApprove: Wire.nullable(Schema.Boolean),
    quarantined: Wire.nullable(Schema.Boolean),
    testrail: Wire.nullable(Schema.Unknown),
    playersByKey: Wire.nullable(Schema.Record(Schema.String, TestPlayer)),
    playerOrder: Wire.list(Schema.String),
    source: Wire.nullable(Wire.openWord(["repository"]))
  }).pipe(Wire.encodeKeys({ ...testKeys, projectId: "project_id" }))
)
export type Test = typeof Test.Type

const TestPlayerInput = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  agentConfigId: Schema.optionalKey(Schema.NullOr(Schema.String)),
  gameFuncsConfigId: Schema.optionalKey(Schema.NullOr(Schema.String)),
  itemsByKey: Schema.optionalKey(Schema.Record(Schema.String, TestStepInput)),
  itemOrder: Schema.optionalKey(Schema.Array(Schema.String))
}).pipe(Wire.encodeKeys(playerKeys))

/** What becomes of shared steps that are written out in a test: an error, or they are dropped. */
export const SharedStepsMode = Wire.openWord(["error", "drop"])

const folder = {
  /** Null or `/` is the root. */
  folderPath: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** Instead of the path. Null is the root. */
  folderId: Schema.optionalKey(Schema.NullOr(Schema.String))
}

const folderKeys = { folderPath: "folder_path", folderId: "folder_id" } as const

/** A test to be made. */
export const CreateTestRequest = withExtra(
  Schema.Struct({
    test: Schema.Struct({
      name: Schema.String,
      testType: TestType,
      tags: Schema.optionalKey(Schema.Array(Schema.String)),
      incidentAutoApprove: Schema.optionalKey(Schema.Boolean),
      quarantined: Schema.optionalKey(Schema.Boolean),
      testrail: Schema.optionalKey(Schema.Json),
      playersByKey: Schema.optionalKey(Schema.Record(Schema.String, TestPlayerInput)),
      playerOrder: Schema.optionalKey(Schema.Array(Schema.String))
    }).pipe(Wire.encodeKeys(testKeys)),
    ...folder,
    sharedStepsMode: Schema.optionalKey(SharedStepsMode)
  }).pipe(Wire.encodeKeys({ ...folderKeys, sharedStepsMode: "shared_collection_steps_mode" }))
)
export type CreateTestRequest = typeof CreateTestRequest.Type

/** A change of a test, in the API's names: objects are merged, lists replaced. */
export const UpdateTestRequest = Schema.Struct({
  /** The version that the patch is based on: 409 when the test has another one by now. */
  expectedVersion: Schema.Int,
  patch: Schema.Record(Schema.String, Schema.Json),
  sharedStepsMode: Schema.optionalKey(SharedStepsMode),
  ...folder
}).pipe(Wire.encodeKeys({
  ...folderKeys,
  expectedVersion: "expected_version",
  sharedStepsMode: "shared_collection_steps_mode"
}))
export type UpdateTestRequest = typeof UpdateTestRequest.Type

/** How far the deletion of a test goes; both false unless asked for. */
export const DeleteTestRequest = Schema.Struct({
  deleteAssociatedJobs: Schema.optionalKey(Schema.Boolean),
  forceDelete: Schema.optionalKey(Schema.Boolean)
}).pipe(Wire.encodeKeys({ deleteAssociatedJobs: "delete_associated_jobs", forceDelete: "force_delete" }))
export type DeleteTestRequest = typeof DeleteTestRequest.Type

export const DeletedTest = Schema.Struct({ id: TestId, deleted: Schema.Boolean })
export type DeletedTest = typeof DeletedTest.Type
