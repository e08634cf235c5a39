/** Ours, with everything that the command line has: a ledger on disk, and a small heap. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as HashingNode from "@nunu-effect/upload/HashingNode"
import * as HeapNode from "@nunu-effect/upload/HeapNode"
import * as PartTransportNode from "@nunu-effect/upload/PartTransportNode"
import * as Upload from "@nunu-effect/upload/Upload"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import * as UploadSourceNode from "@nunu-effect/upload/UploadSourceNode"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as path from "node:path"
import { measure, order } from "./Order.ts"

const { api, concurrency, hashing } = order

const services = Layer.mergeAll(
  Layer.provide(
    Nunu.layer({ apiKey: Redacted.make("bench"), baseUrl: `${api}/api/v1` }),
    NodeHttpClient.layerUndici
  ),
  PartTransportNode.layer,
  hashing === "threads" ? HashingNode.layer : Layer.empty,
  NodeServices.layer,
  UploadNode.layerLedger(path.join(path.dirname(order.warmUp), "state")),
  HeapNode.layerSmall
)

const upload = Effect.fnUntraced(function*(file: string) {
  const source = yield* UploadSourceNode.fromFile(file)
  return yield* Upload.upload(source, {
    platform: "windows",
    multipart: true,
    concurrency,
    integrity: hashing === "off" ? "off" : "md5"
  })
})

const scope = Scope.makeUnsafe()
const context = await Effect.runPromise(Layer.buildWithScope(services, scope))
await measure((file) => Effect.runPromise(Effect.provide(upload(file), context)))
