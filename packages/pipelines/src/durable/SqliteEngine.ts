/**
 * The engine of durable releases on one machine: everything in one SQLite file, nothing to install. The file belongs to
 * one process, which another is told; killed at any instant, the next process goes on where it was.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Cause from "effect/Cause"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import { SqlError } from "effect/sql/SqlError"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import * as OnOneRunner from "./OnOneRunner.ts"
import * as ReleaseTables from "./ReleaseTables.ts"
import * as SqliteClient from "./SqliteClient.ts"

/** What the engine provides, and what else a program may ask for. */
export type Services =
  | WorkflowEngine
  | OnOneRunner.OnOneRunner
  | SqlClient.SqlClient
  | Sharding.Sharding
  | MessageStorage.MessageStorage

/**
 * Opens a file, and locks it until the layer ends. Fails with `StoreUnavailable` when another process has it open, or when
 * it is damaged.
 */
export const layer = (file: string): Layer.Layer<Services, SqliteClient.StoreUnavailable> =>
  Layer.merge(ClusterWorkflowEngine.layer, OnOneRunner.layerHere).pipe(
    Layer.provideMerge(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provideMerge(
      SqlMessageStorage.layerWith({ prefix: "nunu_cluster" }).pipe(Layer.provide(NodeCrypto.layerDigest))
    ),
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(ShardingConfig.layer({
      shardsPerGroup: 60, // of every store that there is: messages carry their shard
      entityMessagePollInterval: "1 second",
      entityTerminationTimeout: "1 second"
    })),
    Layer.provideMerge(SqliteClient.layer(file)),
    Layer.catchCause((cause) => {
      // As a defect, where the engine cannot make or read its tables.
      const error = Cause.squash(cause)
      return Layer.effectContext<Services, SqliteClient.StoreUnavailable, never>(
        error instanceof SqlError
          ? new SqliteClient.StoreUnavailable({ file, reason: "unusable", detail: ReleaseTables.wordsOf(error) })
          : Effect.failCause(cause)
      )
    })
  )
