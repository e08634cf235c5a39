/** Checks the key of a request as the remote API does, in its words. */
import type { Forbidden, Unauthorized } from "@nunu-effect/core/ApiError"
import { ApiKey } from "@nunu-effect/core/ApiKey"
import { anyKey, Permission } from "@nunu-effect/core/Endpoint"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { AcceptedKey } from "./AcceptedKey.ts"
import * as Accepted from "./AcceptedKey.ts"
import { EmulatorState } from "./EmulatorState.ts"

/** The id of the key that the request came with. */
export const CurrentKeyId = Context.Reference<string>("@nunu-effect/emulator/ApiKeyCheck/CurrentKeyId", {
  defaultValue: () => "emulator"
})

export const layer = Layer.effect(
  ApiKey,
  Effect.gen(function*() {
    const { keys } = yield* EmulatorState
    return ApiKey.of({
      apiKey: (handled, { credential, endpoint }) =>
        Effect.flatMap(
          check(keys, credential, Context.getOrElse(endpoint.annotations, Permission, () => anyKey)),
          ({ id }) => id === undefined ? handled : Effect.provideService(handled, CurrentKeyId, id)
        )
    })
  })
)

/** Fails unless a key is accepted, and may do what the permission names. */
export const check = (
  keys: ReadonlyMap<string, AcceptedKey>,
  credential: Redacted.Redacted,
  permission: string = anyKey
): Effect.Effect<AcceptedKey, Unauthorized | Forbidden> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const judged = Accepted.judge(keys, { credential: Redacted.value(credential), permission, now })
    return "key" in judged ? Effect.succeed(judged) : Effect.fail(judged)
  })
