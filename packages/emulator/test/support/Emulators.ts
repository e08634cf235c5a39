/** The emulator in its two forms, and the client of its API. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient" // the barrel takes 300 ms to load
import { describe, it } from "@effect/vitest"
import { Nunu, RetryPolicy } from "@nunu-effect/core"
import { Effect, Layer, type Redacted, type Scope } from "effect"
import { HttpClient } from "effect/http"
import * as Emulator from "../../src/Emulator.ts"
import * as EmulatorNode from "../../src/EmulatorNode.ts"
import type { Options } from "../../src/EmulatorState.ts"
import * as ObjectStorageNode from "../../src/ObjectStorageNode.ts"

export type Emulated = Emulator.Emulator | HttpClient.HttpClient

/** A failure is to be seen, not repeated: under `TestClock` a repeat would wait for ever. */
const once = Layer.succeed(RetryPolicy.RetryPolicy, RetryPolicy.never)

export const inProcess = (options: Options = {}): Layer.Layer<Emulated> =>
  EmulatorNode.layer(options).pipe(Layer.merge(once), Layer.orDie)

/** In process, where nothing waits for a disk: only what a test does to the Clock takes time. */
export const hashing = (options: Options = {}): Layer.Layer<Emulated> =>
  Emulator.layer(options).pipe(Layer.provide(ObjectStorageNode.layerHashOnly), Layer.merge(once))

export const onPorts = (options: EmulatorNode.ServerOptions = {}): Layer.Layer<Emulated> =>
  EmulatorNode.layerServer(options).pipe(Layer.merge(NodeHttpClient.layerUndici), Layer.merge(once), Layer.orDie)

/** The body of a test on an emulator, as `Effect.gen` takes it. */
export type Body<R = Emulated> = () => Effect.fn.Return<void, unknown, R | Scope.Scope>

export type Test = (name: string, body: Body) => void

/** Declares the same tests for both forms. Every test has an emulator of its own, and stands still in time. */
export const onBoth = (subject: string, options: Options, suite: (test: Test) => void): void => {
  describe.each([["in process", inProcess(options)], ["on ports", onPorts(options)]] as const)(
    `${subject}, %s`,
    (_, layer) => {
      suite((name, body) => it.effect(name, () => Effect.gen(body).pipe(Effect.provide(layer))))
    }
  )
}

/** The errors of calls that must all fail, whatever they would have given. */
export const refusals = <E, R>(
  ...calls: ReadonlyArray<Effect.Effect<unknown, E, R>>
): Effect.Effect<ReadonlyArray<E>, unknown, R> => Effect.forEach(calls, (call) => Effect.flip(call))

/** A client with the emulator's key, or with another one. */
export const connect = Effect.fnUntraced(function*(apiKey?: Redacted.Redacted) {
  const emulator = yield* Emulator.Emulator
  return yield* Nunu.make({
    apiKey: apiKey ?? emulator.apiKey,
    baseUrl: emulator.baseUrl,
    artifactsUrl: emulator.artifactsUrl
  })
})
