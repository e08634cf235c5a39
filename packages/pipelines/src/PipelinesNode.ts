/** Everything that the programs of this package need on Node, in one layer. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import type { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as LedgerOwnerNode from "@nunu-effect/upload/LedgerOwnerNode"
import type { PartTransport } from "@nunu-effect/upload/PartTransport"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as StateDirectory from "@nunu-effect/upload/StateDirectory"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as RunLedger from "./RunLedger.ts"

/** The typed client on undici and the proxies of the environment, the transport of parts, files and paths. */
export type Services = Nunu.Nunu | PartTransport | NodeServices.NodeServices

export const layer = (options: Nunu.Options): Layer.Layer<Services, ConfigurationError> =>
  Nunu.layer(options).pipe(Layer.provide(ProxyNode.layerUndici), Layer.merge(UploadNode.layer))

/**
 * Keeps the ledger of runs in the folder `runs` of a state directory, beside that of uploads, so that another process can
 * stop what this one leaves. `stateDirectory` is by default that of the system's custom, see `StateDirectory.resolve`.
 */
export const layerRunLedger = (stateDirectory?: string): Layer.Layer<never> =>
  Layer.unwrap(Effect.gen(function*() {
    const path = yield* Path.Path
    const directory = stateDirectory ?? (yield* StateDirectory.resolve(process.platform))
    return RunLedger.layerFileSystem(path.join(directory, "runs"))
  })).pipe(Layer.provide(LedgerOwnerNode.layer), Layer.provide(NodeServices.layer))

/** Reads `NUNU_API_TOKEN` and `NUNU_API_URL`, see `Nunu.layerConfig`. */
export const layerConfig: Layer.Layer<Services, Config.ConfigError | ConfigurationError> = Nunu.layerConfig.pipe(
  Layer.provide(ProxyNode.layerUndici),
  Layer.merge(UploadNode.layer)
)
