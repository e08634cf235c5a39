/** The emulator on ports, and everything that an upload needs on Node. */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { Effect, FileSystem, Layer, Redacted } from "effect"
import type { PartTransport } from "../../src/PartTransport.ts"

/** A key that must turn up nowhere but in a header of the API's. */
export const canary = "nunu_canary_4f1c9a"

export type OnPorts = Emulator.Emulator | Nunu.Nunu | PartTransport | NodeServices.NodeServices

/** An emulator of its own, with a transport of parts over real connections. */
export const onPorts = (
  transport: Layer.Layer<PartTransport>,
  options: EmulatorNode.ServerOptions = {}
): Layer.Layer<OnPorts> =>
  Layer.unwrap(
    Effect.map(Emulator.Emulator, ({ apiKey, baseUrl }) => Nunu.layer({ apiKey, baseUrl }))
  ).pipe(
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provideMerge(Layer.fresh(EmulatorNode.layerServer({ apiKey: canary, ...options }))),
    Layer.merge(Layer.fresh(transport)),
    Layer.merge(NodeServices.layer),
    Layer.orDie
  )

/** The API at some other address. */
export const apiAt = (origin: string) =>
  Layer.provide(
    Nunu.layer({ apiKey: Redacted.make(canary), baseUrl: `${origin}/api/v1` }),
    NodeHttpClient.layerUndici
  )

/** Writes a file that goes with the scope. */
export const fileOf = Effect.fnUntraced(function*(name: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "nunu-upload-" })}/${name}`
  yield* fs.writeFile(file, bytes)
  return file
})
