/** The client over real connections. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import * as Nunu from "../../src/Nunu.ts"
import { canary } from "./Client.ts"

/** A client of a real server, with real connections. */
export const connect = (baseUrl: string): Effect.Effect<Nunu.Nunu["Service"], never, Scope.Scope> =>
  Nunu.layer({ apiKey: Redacted.make(canary), baseUrl, artifactsUrl: new URL(baseUrl).origin }).pipe(
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.build,
    Effect.map(Context.get(Nunu.Nunu)),
    Effect.orDie
  )
