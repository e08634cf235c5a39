/** The emulator on ports of this process: with a key, part sizes and runs of a test's own. */
import { Emulator, EmulatorNode, type EmulatorState } from "@nunu-effect/emulator"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"

export interface Served {
  readonly emulator: Emulator.Emulator["Service"]
  /** What a client needs to reach it. */
  readonly env: {
    readonly NUNU_API_URL: string
    readonly NUNU_ARTIFACTS_URL: string
    readonly NUNU_API_TOKEN: string
  }
}

/** Serves until the scope ends. */
export const served = Effect.fnUntraced(function*(
  options: EmulatorState.Options = {}
): Effect.fn.Return<Served, never, Scope.Scope> {
  const context = yield* Effect.orDie(Layer.build(EmulatorNode.layerServer(options)))
  const emulator = Context.get(context, Emulator.Emulator)
  return {
    emulator,
    env: {
      NUNU_API_URL: emulator.baseUrl,
      NUNU_ARTIFACTS_URL: emulator.artifactsUrl,
      NUNU_API_TOKEN: Redacted.value(emulator.apiKey)
    }
  }
})
