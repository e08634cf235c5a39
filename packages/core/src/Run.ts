/**
 * A run: one attempt of a test by AI agents, with one player per agent and, in the single view, the steps of each.
 * Source: the vendor's pages "List Runs" and "Get Run", all generations (lower-case words until early 2026).
 */
import * as Schema from "effect/Schema"
import * as Raw from "./Raw.ts"
import * as Wire from "./Wire.ts"

/** Identifies a run (`multiplayer_run_id`): 11 or 12 characters so far, opaque. */
export const RunId = Schema.NonEmptyString.pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** The state words known so far, in the normalised upper case. */
export const RunState = Wire.upperCaseWord(["INITIALIZING", "RUNNING", "COMPLETED"])
export type RunState = typeof RunState.Type

/** How a run ended. Only `SUCCESS` is a success; an unknown word never is. */
export const RunResult = Wire.upperCaseWord(["SUCCESS", "FAILED", "MAX_STEPS", "STOPPED", "ERROR"], {
  PASSED: "SUCCESS",
  FAILURE: "FAILED"
})
export type RunResult = typeof RunResult.Type

/** A file that a run left behind (`url` is on the artifact host). */
export const Artifact = Schema.Struct({
  filename: Schema.String,
  url: Wire.nullable(Schema.String),
  size: Wire.nullable(Schema.Finite),
  uploadedAt: Wire.timestamp
}).pipe(Wire.encodeKeys({ uploadedAt: "uploaded_at" }))
export type Artifact = typeof Artifact.Type

/** One step of a player; times are null until it began or ended. */
export const Step = Schema.Struct({
  stepNumber: Schema.Finite,
  state: Wire.nullable(Wire.upperCaseWord(["PENDING", "RUNNING", "COMPLETED"])),
  result: Wire.nullable(Wire.upperCaseWord(["SUCCESS", "FAILED", "BLOCKED", "ERROR"], {
    PASSED: "SUCCESS",
    FAILURE: "FAILED"
  })),
  startTime: Wire.timestamp,
  endTime: Wire.timestamp,
  durationMs: Wire.nullable(Schema.Finite),
  report: Wire.nullable(Schema.String),
  test: Wire.openObject
}).pipe(Wire.encodeKeys({
  stepNumber: "step_number",
  state: "run_state",
  result: "run_result",
  startTime: "start_time",
  endTime: "end_time",
  durationMs: "duration_ms"
}))
export type Step = typeof Step.Type

/** One agent in a run. `id` is the composite run id that the artifact host wants; never derive it from the number. */
export const Player = Schema.Struct({
  id: Schema.String,
  state: Wire.nullable(RunState),
  result: Wire.nullable(RunResult),
  playerNumber: Wire.nullable(Schema.Finite),
  testName: Wire.nullable(Schema.String),
  compositeTestId: Wire.nullable(Schema.String),
  stepCount: Wire.nullable(Schema.Finite),
  completedStepCount: Wire.nullable(Schema.Finite),
  platform: Wire.openObject,
  artifacts: Wire.list(Artifact),
  steps: Wire.list(Step)
}).pipe(Wire.encodeKeys({
  playerNumber: "player_number",
  testName: "test_name",
  compositeTestId: "composite_test_id",
  stepCount: "step_count",
  completedStepCount: "completed_step_count"
}))
export type Player = typeof Player.Type

/** A name beside an id: of a test (with its type: verification, task, discovery) or of a build. */
export const Named = Schema.Struct({
  id: Wire.nullable(Schema.String),
  name: Wire.nullable(Schema.String),
  type: Wire.nullable(Schema.String)
})

/** A run as the list and the single view give it (the list leaves steps, artifacts and template data out). */
export const Run = Raw.keep(
  Schema.Struct({
    runId: RunId,
    jobId: Wire.nullable(Schema.String),
    projectId: Wire.nullable(Schema.String),
    testPlanExecutionId: Wire.nullable(Schema.String),
    state: RunState,
    result: Wire.nullable(RunResult),
    bugInfo: Wire.nullable(
      Schema.Struct({ bugLabel: Wire.nullable(Schema.String), bugCount: Wire.nullable(Schema.Finite) }).pipe(
        Wire.encodeKeys({ bugLabel: "bug_label", bugCount: "bug_count" })
      )
    ),
    test: Wire.nullable(Named),
    build: Wire.nullable(Named),
    createdAt: Wire.timestamp,
    startedAt: Wire.timestamp,
    completedAt: Wire.timestamp,
    /** Milliseconds, may be fractional. */
    durationMs: Wire.nullable(Schema.Finite),
    initiator: Wire.openObject,
    tags: Wire.list(Schema.String),
    players: Wire.list(Player),
    templatingEnabled: Wire.nullable(Schema.Boolean),
    templateData: Wire.openObject
  }).pipe(Wire.encodeKeys({
    runId: "multiplayer_run_id",
    jobId: "job_id",
    projectId: "project_id",
    testPlanExecutionId: "test_plan_execution_id",
    bugInfo: "bug_info",
    createdAt: "created_at",
    startedAt: "started_at",
    completedAt: "completed_at",
    durationMs: "duration_ms",
    templatingEnabled: "templating_enabled",
    templateData: "template_data"
  }))
)
export type Run = typeof Run.Type
