/**
 * Starting runs: what is sent, and the three generations of answers read as one.
 * Source: the vendor's page "Start Run": an envelope with `job_id` (early), an envelope with `job_ids` (middle),
 * `job_ids` at the top (latest).
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import { BuildId } from "./Build.ts"
import { withExtra } from "./Extra.ts"
import { JobId } from "./Job.ts"
import { RunId } from "./Run.ts"
import * as Wire from "./Wire.ts"

/** Limits and device settings of a run. Times in seconds; `maxTimeSeconds` ends the run. */
export const RunOptions = Schema.Struct({
  minTimeSeconds: Schema.optionalKey(Schema.Int),
  maxTimeSeconds: Schema.optionalKey(Schema.Int),
  performanceMonitoring: Schema.optionalKey(Schema.Boolean),
  mobileAutoGrantPermissions: Schema.optionalKey(Schema.Boolean),
  /** A proxy location such as "London"; `none`, `auto` or coordinates in the early API. */
  mobileGeolocation: Schema.optionalKey(Schema.String),
  /** GPS coordinates, or `auto`. */
  mobileGpsLocation: Schema.optionalKey(Schema.String)
}).pipe(Wire.encodeKeys({
  minTimeSeconds: "min_time_seconds",
  maxTimeSeconds: "max_time_seconds",
  performanceMonitoring: "performance_monitoring",
  mobileAutoGrantPermissions: "mobile_auto_grant_permissions",
  mobileGeolocation: "mobile_geolocation",
  mobileGpsLocation: "mobile_gpslocation"
}))

/**
 * What to start: exactly one of `multiplayerTestId`, `testPlanId` and `instructions`, on one deployment. `extra` is for
 * the number of parallel instances (1 to 10, only with `multiplayerTestId`): the vendor's page does not tell its name.
 */
export const StartRunRequest = withExtra(
  Schema.Struct({
    multiplayerTestId: Schema.optionalKey(Schema.String),
    testPlanId: Schema.optionalKey(Schema.String),
    /** A one-off test in plain words; the API adds the tag `api` to it. */
    instructions: Schema.optionalKey(Schema.String),
    deploymentConfigId: Schema.String,
    /** Only with `instructions`. */
    name: Schema.optionalKey(Schema.String),
    buildId: Schema.optionalKey(BuildId),
    agentConfigId: Schema.optionalKey(Schema.String),
    additionalTags: Schema.optionalKey(Schema.Array(Schema.String)),
    /** 0 to 10, only with `multiplayerTestId`. */
    retries: Schema.optionalKey(Schema.Int),
    renderTemplates: Schema.optionalKey(Schema.Boolean),
    /** Handlebars variables. */
    templateData: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
    options: Schema.optionalKey(RunOptions)
  }).pipe(Wire.encodeKeys({
    multiplayerTestId: "multiplayer_test_id",
    testPlanId: "test_plan_id",
    deploymentConfigId: "deployment_config_id",
    buildId: "build_id",
    agentConfigId: "agent_config_id",
    additionalTags: "additional_tags",
    renderTemplates: "render_templates",
    templateData: "template_data"
  }))
)
export type StartRunRequest = typeof StartRunRequest.Type

/** What was started. `runId` is known only from the earliest API: look for runs in the jobs. */
export interface StartedRuns {
  readonly jobIds: readonly [JobId, ...Array<JobId>]
  readonly runId: RunId | null
  readonly buildId: string | null
  readonly testPlanExecutionId: string | null
  readonly message: string | null
}

const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const handles = {
  message: maybe(Schema.String),
  build_id: maybe(Schema.String),
  job_ids: maybe(Schema.Array(JobId)),
  job_id: maybe(JobId),
  multiplayer_run_id: maybe(RunId),
  test_plan_execution_id: maybe(Schema.String)
}

const AnyGeneration = Schema.Struct({
  ...handles,
  ok: maybe(Schema.Boolean),
  data: maybe(Schema.Struct(handles))
})

const Normalised = Schema.toType(Schema.Struct({
  jobIds: Schema.NonEmptyArray(JobId),
  runId: Schema.NullOr(RunId),
  buildId: Schema.NullOr(Schema.String),
  testPlanExecutionId: Schema.NullOr(Schema.String),
  message: Schema.NullOr(Schema.String)
}))

/** Reads every generation of the answer; one that says `ok: false` or names no job cannot be read as started. */
export const StartedRuns = AnyGeneration.pipe(Schema.decodeTo(Normalised, {
  decode: SchemaGetter.transformEffect((answer) => {
    const found = answer.data ?? answer
    const [first, ...rest] = found.job_ids ?? (found.job_id == null ? [] : [found.job_id])
    if (answer.ok === false || first === undefined) {
      return Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected at least one job id" }, answer))
    }
    return Effect.succeed({
      jobIds: [first, ...rest] as const,
      runId: found.multiplayer_run_id ?? null,
      buildId: found.build_id ?? null,
      testPlanExecutionId: found.test_plan_execution_id ?? null,
      message: found.message ?? answer.message ?? null
    })
  }),
  encode: SchemaGetter.transform((started) => ({
    message: started.message ?? "queued",
    build_id: started.buildId,
    job_ids: started.jobIds,
    ...(started.runId === null ? {} : { multiplayer_run_id: started.runId }),
    ...(started.testPlanExecutionId === null ? {} : { test_plan_execution_id: started.testPlanExecutionId })
  }))
}))
