/** Everything that the programs of this package need on Node, in one layer. */
import type * as NodeServices from "@effect/platform-node/NodeServices"
import type { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Nunu from "@nunu-effect/core/Nunu"
import type { PartTransport } from "@nunu-effect/upload/PartTransport"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import type * as Config from "effect/Config"
import * as Layer from "effect/Layer"

/** The typed client on undici and the proxies of the environment, the transport of parts, files and paths. */
export type Services = Nunu.Nunu | PartTransport | NodeServices.NodeServices

export const layer = (options: Nunu.Options): Layer.Layer<Services, ConfigurationError> =>
  Nunu.layer(options).pipe(Layer.provide(ProxyNode.layerUndici), Layer.merge(UploadNode.layer))

/** Reads `NUNU_API_TOKEN` and `NUNU_API_URL`, see `Nunu.layerConfig`. */
export const layerConfig: Layer.Layer<Services, Config.ConfigError | ConfigurationError> = Nunu.layerConfig.pipe(
  Layer.provide(ProxyNode.layerUndici),
  Layer.merge(UploadNode.layer)
)
