/** Work that exactly one of the processes on a store does: all of them offer it, one of them has it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/** Gives work to one of the processes on a store. */
export class OnOneRunner extends Context.Service<OnOneRunner, {
  /**
   * Runs an effect that does not end, on one of the processes that ask for the same name, until the scope closes. When
   * that process is gone another one begins it anew. It must handle its failures: one that is left is a defect.
   */
  readonly run: <R>(
    name: string,
    effect: Effect.Effect<void, never, R>
  ) => Effect.Effect<void, never, R | Scope.Scope>
}>()("@nunu-effect/pipelines/OnOneRunner") {}

/** This process is the only one. */
export const layerHere: Layer.Layer<OnOneRunner> = Layer.succeed(OnOneRunner, {
  run: (_, effect) => Effect.asVoid(Effect.forkScoped(effect))
})
