/** Where durable releases live: everything that `ReleaseWorkflow.layer` needs of an engine and its store, in one layer. */
import * as Layer from "effect/Layer"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { layerMemory as engineMemory } from "effect/workflow/WorkflowEngine"
import * as OnOneRunner from "./OnOneRunner.ts"
import type { ReleaseLog, ReleaseLogError } from "./ReleaseLog.ts"
import * as ReleaseLogMemory from "./ReleaseLogMemory.ts"
import * as ReleaseSteps from "./ReleaseSteps.ts"
import * as ReleaseStoreSql from "./ReleaseStoreSql.ts"
import * as RunWaits from "./RunWaits.ts"
import type { StoreUnavailable } from "./SqliteClient.ts"
import * as SqliteEngine from "./SqliteEngine.ts"

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

/**
 * Keeps everything in one SQLite file, which is made when it is not there: one machine, one process. Fails with
 * `StoreUnavailable` while another process has it open. For several machines see `PostgresEngine`.
 */
export const layerSqlite = (file: string): Layer.Layer<Services, StoreUnavailable | ReleaseLogError> =>
  Layer.provideMerge(ReleaseStoreSql.layer, SqliteEngine.layer(file))
