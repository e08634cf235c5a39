/**
 * The engine of durable releases on many machines: any number of runners over one Postgres. Each release belongs to a
 * shard, each shard to the one runner that holds its lock in the database; when a runner dies or is cut off, the others
 * take its shards within ten seconds, and go on where its releases were.
 */
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SocketRunner from "effect/cluster/SocketRunner"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import type * as SocketServer from "effect/socket/SocketServer"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type * as DurableEngine from "./DurableEngine.ts"
import { OnOneRunner } from "./OnOneRunner.ts"
import { inTurn } from "./PostgresTurn.ts"
import type { ReleaseLogError } from "./ReleaseLog.ts"
import * as ReleaseStoreSql from "./ReleaseStoreSql.ts"
import * as ReleaseTables from "./ReleaseTables.ts"

export interface Options {
  /**
   * `postgres://user:password@host:port/database`, version 14 or newer. Not through a pooler of transactions: a shard's
   * lock is a session's.
   */
  readonly url: Redacted.Redacted
  /**
   * How the other runners reach this one; no two may have the same. What speaks between them asks for no password: for a
   * private network only.
   */
  readonly host: string
  readonly port: number
  /** The address to listen on. @default `host` */
  readonly listenHost?: string
}

/** What an engine provides, and what else a program may ask the cluster and its database for. */
export type Services = DurableEngine.Services | Sharding.Sharding | MessageStorage.MessageStorage | SqlClient.SqlClient

/** The database cannot be used, or the address to listen on. */
export class RunnerUnavailable extends Data.TaggedError("RunnerUnavailable")<{ readonly message: string }> {}

/** Runs shards and steps; makes its tables in the database when they are not there. */
export const layer = (options: Options): Layer.Layer<Services, RunnerUnavailable> => {
  const health = RunnerHealth.layerPing.pipe(
    Layer.provide(Runners.layerRpc),
    Layer.provide(NodeClusterSocket.layerClientProtocol)
  )
  const engine = Layer.merge(ClusterWorkflowEngine.layer, onOneRunner).pipe(
    Layer.provideMerge(SocketRunner.layer.pipe(
      Layer.provide([NodeClusterSocket.layerSocketServer, NodeClusterSocket.layerClientProtocol, health])
    )),
    Layer.provideMerge(SqlMessageStorage.layerWith({ prefix }).pipe(Layer.provide(NodeCrypto.layerDigest))),
    Layer.provide(SqlRunnerStorage.layerWith({ prefix })),
    // JSON: the binary form cannot carry a union like a release's request, nor one that another version has grown.
    Layer.provide([ShardingConfig.layer(sharding(options)), RpcSerialization.layerNdjson]),
    Layer.merge(ReleaseStoreSql.layer),
    Layer.provideMerge(client(options))
  )
  return inTurn(engine, options).pipe(
    Layer.catch((error) =>
      Layer.effectContext<Services, RunnerUnavailable, never>(
        Effect.fail(new RunnerUnavailable({ message: messageOf(error, options) }))
      )
    )
  )
}

const messageOf = (
  error: SqlError | ReleaseLogError | SocketServer.SocketServerError,
  { host, listenHost = host, port }: Options
) => {
  const words = ReleaseTables.wordsOf(error)
  return error._tag === "SocketServerError"
    ? `Cannot listen for other runners on ${listenHost}:${port}: ${words}`
    : `Cannot keep releases in Postgres: ${words}`
}

/** On the one that holds the lock of the name's shard. */
const onOneRunner = Layer.effect(
  OnOneRunner,
  Effect.map(Sharding.Sharding, ({ registerSingleton }) => ({ run: (name, effect) => registerSingleton(name, effect) }))
)

/** Of the tables and of the locks' numbers: another cluster of Effect in the same database keeps its own. */
const prefix = "nunu_cluster"

/**
 * A runner is dead for the others when it has not written for `expiration`; what it holds ends then, as the database ends
 * a session that was silent for so long. It gives its shards up itself when it could not write for two thirds of that.
 * So a take-over takes `expiration`, a look at the runners and a round of locks at most: 7 + 0.5 + 1 s. A ping that is
 * refused shortens this to about 5 s.
 */
const expirationSeconds = 7

const sharding = ({ host, listenHost, port }: Options): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  runnerAddress: Option.some(RunnerAddress.make(host, port)),
  runnerListenAddress: Option.some(RunnerAddress.make(listenHost ?? host, port)),
  // Never another: what is stored is found by its shard.
  shardsPerGroup: 60,
  shardLockExpiration: `${expirationSeconds} seconds`,
  refreshAssignmentsInterval: "500 millis",
  runnerHealthCheckInterval: "2 seconds",
  entityMessagePollInterval: "1 second",
  entityTerminationTimeout: "1 second"
})

/** A runner that stops in the middle of a transaction holds its rows no longer than its shards. */
const client = (options: Options) =>
  PgClient.layer({
    url: options.url,
    applicationName: `nunu ${options.host}:${options.port}`,
    keepAlive: `${expirationSeconds} seconds`,
    maxConnections: 10,
    startupParameters: { idle_in_transaction_session_timeout: String(expirationSeconds * 1000) }
  })
