/** Checks the key of a request as the remote API does, in its words. */
import { Unauthorized } from "@nunu-effect/core/ApiError"
import { ApiKey } from "@nunu-effect/core/ApiKey"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { EmulatorState } from "./EmulatorState.ts"

export const layer = Layer.effect(
  ApiKey,
  Effect.gen(function*() {
    const { apiKey } = yield* EmulatorState
    return ApiKey.of({
      apiKey: (handled, { credential }) => Effect.andThen(checkKey(credential, apiKey), handled)
    })
  })
)

/** Fails unless a key is the one that is accepted. */
export const checkKey = (credential: Redacted.Redacted, accepted: string): Effect.Effect<void, Unauthorized> => {
  const key = Redacted.value(credential)
  if (key === "") return Effect.fail(new Unauthorized({ error: "API key required" }))
  return key === accepted ? Effect.void : Effect.fail(new Unauthorized({ error: "Invalid API key" }))
}
