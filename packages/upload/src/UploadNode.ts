/** Everything that an upload needs on Node: the transport of parts, threads that hash, files and paths; and a ledger. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as HashingNode from "./HashingNode.ts"
import * as LedgerOwnerNode from "./LedgerOwnerNode.ts"
import type { PartTransport } from "./PartTransport.ts"
import * as PartTransportNode from "./PartTransportNode.ts"
import * as StateDirectory from "./StateDirectory.ts"
import * as UploadLedger from "./UploadLedger.ts"

export const layer: Layer.Layer<PartTransport | NodeServices.NodeServices> = Layer.mergeAll(
  PartTransportNode.layer,
  HashingNode.layer,
  NodeServices.layer
)

/**
 * Keeps the ledger of uploads in the folder `uploads` of a state directory, so that another process can go on with them.
 * `stateDirectory` is by default that of the system's custom, see `StateDirectory.resolve`.
 */
export const layerLedger = (stateDirectory?: string): Layer.Layer<never> =>
  Layer.unwrap(Effect.gen(function*() {
    const path = yield* Path.Path
    const directory = stateDirectory ?? (yield* StateDirectory.resolve(process.platform))
    return UploadLedger.layerFileSystem(path.join(directory, "uploads"))
  })).pipe(Layer.provide(LedgerOwnerNode.layer), Layer.provide(NodeServices.layer))
