/**
 * Looking into a running emulator from another process: `/_emulator/requests`, `/objects` and `/violations`, as JSON. A route that is
 * nowhere gets the API's 404.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { EmulatorState } from "./EmulatorState.ts"
import * as Invariants from "./Invariants.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { RequestLog } from "./RequestLog.ts"

export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const state = yield* EmulatorState
  const storage = yield* ObjectStorage
  const log = yield* RequestLog
  const services = yield* Effect.context<EmulatorState | ObjectStorage | RequestLog>()
  const json = (body: unknown) => HttpServerResponse.jsonUnsafe(body)
  yield* router.add("GET", "/_emulator/requests", Effect.sync(() => json(log.entries)))
  yield* router.add(
    "GET",
    "/_emulator/objects",
    Effect.suspend(() =>
      Effect.forEach(
        state.uploads.values(),
        ({ buildId, objectKey, status }) =>
          Effect.map(storage.inspect(objectKey), (stored) => ({ buildId, objectKey, status, stored }))
      )
    ).pipe(Effect.orDie, Effect.map(json))
  )
  yield* router.add(
    "GET",
    "/_emulator/violations",
    Effect.map(Effect.provideContext(Invariants.violations, services), json)
  )
  yield* router.add("*", "/*", HttpServerResponse.jsonUnsafe({ error: "Not found" }, { status: 404 }))
}))
