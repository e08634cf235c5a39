/** `/_emulator`: looking into a running emulator, and telling it what to do. A route that is nowhere gets the API's 404. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { AdminApi } from "./AdminApi.ts"
import * as Control from "./Control.ts"
import { EmulatorState } from "./EmulatorState.ts"
import * as Invariants from "./Invariants.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { RequestLog } from "./RequestLog.ts"
import * as Scenario from "./Scenario.ts"
import { Weather } from "./Weather.ts"

export const layer = HttpApiBuilder.group(
  AdminApi,
  "emulator",
  Effect.fnUntraced(function*(handlers) {
    const state = yield* EmulatorState
    const storage = yield* ObjectStorage
    const log = yield* RequestLog
    const weather = yield* Weather
    const control = yield* Control.make
    const services = yield* Effect.context<EmulatorState | ObjectStorage | RequestLog>()
    const forecast = Effect.all({ storms: weather.storms, seed: weather.seed })
    return handlers.handleAll({
      requests: () => Effect.sync(() => log.entries),
      objects: Effect.fnUntraced(function*() {
        const now = yield* Clock.currentTimeMillis
        return yield* Effect.forEach(
          Array.from(state.uploads.values()),
          ({ buildId, expiresAt, objectKey, status }) =>
            Effect.map(Effect.orDie(storage.inspect(objectKey)), (stored) => ({
              buildId,
              objectKey,
              status: status === "open" && expiresAt <= now ? "expired" as const : status,
              stored
            }))
        )
      }),
      violations: () => Effect.provideContext(Invariants.violations, services),
      weather: () => forecast,
      addWeather: ({ payload }) =>
        Effect.andThen("kind" in payload ? weather.add(payload) : weather.add(...payload), forecast),
      clearWeather: () => Effect.andThen(weather.clear, forecast),
      randomWeather: ({ payload }) => Effect.andThen(weather.addRandom(payload), forecast),
      snapshot: () => control.snapshot,
      restore: ({ payload }) => Effect.andThen(control.restore(payload), control.snapshot),
      seed: ({ payload }) => Effect.andThen(control.seed(payload), control.snapshot),
      reset: () => Effect.andThen(control.reset, control.snapshot),
      schema: () => Effect.sync(() => HttpServerResponse.jsonUnsafe(Scenario.jsonSchema()))
    })
  })
)

/** For each method by its name: a HEAD goes the way of the GET then, where there is one. */
export const layerNotFound = HttpRouter.use((router) =>
  Effect.forEach(
    ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const,
    (method) => router.add(method, "/*", HttpServerResponse.jsonUnsafe({ error: "Not found" }, { status: 404 })),
    { discard: true }
  )
)
