/** An emulator on which a test has been run. */
import { NodeHttpClient } from "@effect/platform-node"
import * as Nunu from "@nunu-effect/core/Nunu"
import type { RunId } from "@nunu-effect/core/Run"
import { RunId as RunIdSchema } from "@nunu-effect/core/Run"
import type { EmulatorState } from "@nunu-effect/emulator"
import { Effect, Layer, Redacted } from "effect"
import { served } from "./Served.ts"

/** Starts one run and waits until it is over. */
export const ran = Effect.fnUntraced(function*(options: EmulatorState.Options = {}) {
  const { emulator, env } = yield* served({ speed: 600, ...options })
  const client = Nunu.layer({
    apiKey: Redacted.make(env.NUNU_API_TOKEN),
    baseUrl: emulator.baseUrl,
    artifactsUrl: emulator.artifactsUrl
  }).pipe(Layer.provide(NodeHttpClient.layerUndici))
  const over = yield* Effect.gen(function*() {
    const nunu = yield* Nunu.Nunu
    const { jobIds: [jobId] } = yield* nunu.runs.start({
      multiplayerTestId: "test-1",
      deploymentConfigId: "phones",
      additionalTags: ["nightly"],
      renderTemplates: true,
      templateData: { password: "c4n4ry" }
    })
    while (true) {
      const [run] = (yield* nunu.runs.list({ jobId })).data
      if (run?.state === "COMPLETED") return { jobId, runId: run.runId }
      yield* Effect.sleep("20 millis")
    }
  }).pipe(Effect.provide(client), Effect.orDie)
  return { emulator, env, ...over }
})

export const unknownRun: RunId = RunIdSchema.make("00000000000")
