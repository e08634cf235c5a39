/** Changing what an emulator holds from the outside: fill, empty, take, put back. */
import * as Effect from "effect/Effect"
import * as Data from "./Data.ts"
import { EmulatorState } from "./EmulatorState.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { RequestLog } from "./RequestLog.ts"
import * as Snapshot from "./Snapshot.ts"
import { Keep } from "./StateFile.ts"
import { Weather } from "./Weather.ts"

export const make = Effect.gen(function*() {
  const services = yield* Effect.context<EmulatorState>()
  const state = yield* EmulatorState
  const storage = yield* ObjectStorage
  const log = yield* RequestLog
  const weather = yield* Weather
  const keep = yield* Keep
  return {
    snapshot: Effect.provideContext(Snapshot.take, services),
    restore: (snapshot: Snapshot.Snapshot): Effect.Effect<void> =>
      Effect.andThen(Effect.provideContext(Snapshot.restore(snapshot), services), keep),
    seed: (data: Parameters<typeof Data.seed>[0]): Effect.Effect<void> =>
      Effect.andThen(Effect.provideContext(Data.seed(data), services), keep),
    reset: Effect.gen(function*() {
      for (const { objectKey } of state.uploads.values()) yield* Effect.orDie(storage.remove(objectKey))
      yield* Data.clear
      yield* Data.seed(state.data)
      log.entries.length = 0
      log.leaks.length = 0
      yield* weather.reset
      yield* keep
    }).pipe(Effect.provideContext(services))
  }
})
