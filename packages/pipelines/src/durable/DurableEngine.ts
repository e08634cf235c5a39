/** Where durable releases live: everything that `ReleaseWorkflow.layer` needs of an engine and its store, in one layer. */
import * as Layer from "effect/Layer"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { layerMemory as engineMemory } from "effect/workflow/WorkflowEngine"
import * as OnOneRunner from "./OnOneRunner.ts"
import type { ReleaseLog } from "./ReleaseLog.ts"
import * as ReleaseLogMemory from "./ReleaseLogMemory.ts"
import * as ReleaseSteps from "./ReleaseSteps.ts"
import * as RunWaits from "./RunWaits.ts"

/** What an engine provides. */
export type Services =
  | WorkflowEngine
  | OnOneRunner.OnOneRunner
  | ReleaseLog
  | ReleaseSteps.ReleaseSteps
  | RunWaits.RunWaits

/** Keeps nothing: for tests, and scripts whose releases need not outlive them. */
export const layerMemory: Layer.Layer<Services> = Layer.fresh(Layer.mergeAll(
  engineMemory,
  OnOneRunner.layerHere,
  ReleaseLogMemory.layer,
  ReleaseSteps.layerMemory,
  RunWaits.layerMemory
))
