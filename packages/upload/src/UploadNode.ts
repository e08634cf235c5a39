/** Everything that an upload needs on Node: the transport of parts, threads that hash, files and paths. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Layer from "effect/Layer"
import * as HashingNode from "./HashingNode.ts"
import type { PartTransport } from "./PartTransport.ts"
import * as PartTransportNode from "./PartTransportNode.ts"

export const layer: Layer.Layer<PartTransport | NodeServices.NodeServices> = Layer.mergeAll(
  PartTransportNode.layer,
  HashingNode.layer,
  NodeServices.layer
)
