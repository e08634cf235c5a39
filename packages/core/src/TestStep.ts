/**
 * A step of a test, as its author wrote it: a goal, and when it is reached.
 * Source: the vendor's pages "Create Test" and "Get Shared Step".
 */
import * as Schema from "effect/Schema"
import * as Wire from "./Wire.ts"

const stepKeys = {
  testStepId: "test_step_id",
  finishCondition: "finish_condition",
  minSeconds: "min_seconds",
  maxSeconds: "max_seconds",
  pauseGame: "pause_game",
  performanceMonitoring: "performance_monitoring",
  hintManual: "hint_manual"
} as const

export const TestStep = Schema.Struct({
  /** `step`; a reference to shared steps has another word. */
  type: Wire.nullable(Wire.openWord(["step"])),
  testStepId: Wire.nullable(Schema.String),
  goal: Wire.nullable(Schema.String),
  finishCondition: Wire.nullable(Schema.String),
  minSeconds: Wire.nullable(Schema.Finite),
  maxSeconds: Wire.nullable(Schema.Finite),
  screenshots: Wire.nullable(Schema.Unknown),
  pauseGame: Wire.nullable(Schema.Boolean),
  performanceMonitoring: Wire.nullable(Schema.Boolean),
  hintManual: Wire.nullable(Schema.Unknown),
  testrail: Wire.nullable(Schema.Unknown)
}).pipe(Wire.encodeKeys(stepKeys))
export type TestStep = typeof TestStep.Type

/** A step to be written; its `type` is `step`. */
export const TestStepInput = Schema.Struct({
  type: Schema.optionalKey(Wire.openWord(["step"])),
  testStepId: Schema.optionalKey(Schema.String),
  goal: Schema.optionalKey(Schema.String),
  finishCondition: Schema.optionalKey(Schema.String),
  minSeconds: Schema.optionalKey(Schema.Int),
  maxSeconds: Schema.optionalKey(Schema.Int),
  screenshots: Schema.optionalKey(Schema.Json),
  pauseGame: Schema.optionalKey(Schema.Boolean),
  performanceMonitoring: Schema.optionalKey(Schema.Boolean),
  hintManual: Schema.optionalKey(Schema.Json),
  testrail: Schema.optionalKey(Schema.Json)
}).pipe(Wire.encodeKeys(stepKeys))
export type TestStepInput = typeof TestStepInput.Type

/** Steps by their keys. */
export const stepsByKey = Schema.Record(Schema.String, TestStep)
