/** What the examples run on: the API of `NUNU_API_TOKEN` where that is set, else the emulator in this process. */
import { NodeServices } from "@effect/platform-node"
import { EmulatorNode } from "@nunu-effect/emulator"
import { PipelinesNode } from "@nunu-effect/pipelines"
import { PartTransport } from "@nunu-effect/upload"
import { Config, Effect, Layer, Option } from "effect"

const Emulated = PartTransport.layerHttpClient.pipe(
  Layer.provideMerge(EmulatorNode.layerNunu()),
  Layer.merge(NodeServices.layer)
)

export const Live: Layer.Layer<PipelinesNode.Services, unknown> = Layer.unwrap(
  Effect.map(
    Config.option(Config.Redacted("NUNU_API_TOKEN")),
    (token): Layer.Layer<PipelinesNode.Services, unknown> => Option.isSome(token) ? PipelinesNode.layerConfig : Emulated
  )
)
