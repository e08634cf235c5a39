/** The ledgers: what holds for one that keeps must hold for the other. */
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Path } from "effect"
import * as LedgerOwnerNode from "../../src/LedgerOwnerNode.ts"
import * as UploadLedger from "../../src/UploadLedger.ts"

/** In a folder that goes with the scope. */
const layerFolder = Layer.unwrap(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return UploadLedger.layerFileSystem(
    path.join(yield* fs.makeTempDirectoryScoped({ prefix: "nunu-ledger-" }), "uploads")
  )
})).pipe(Layer.provide(LedgerOwnerNode.layer), Layer.provide(NodeServices.layer), Layer.orDie, Layer.fresh)

export const ledgers = [
  ["UploadLedger.layerMemory", UploadLedger.layerMemory],
  ["UploadLedger.layerFileSystem", layerFolder]
] as const
