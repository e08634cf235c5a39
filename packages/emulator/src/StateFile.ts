/** The state in a file: read at the start, written after each change and before it is answered. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { badArgument } from "effect/PlatformError"
import * as Semaphore from "effect/Semaphore"
import * as Snapshot from "./Snapshot.ts"

/** Keeps what has changed; does nothing without a file. */
export const Keep = Context.Reference<Effect.Effect<void>>("@nunu-effect/emulator/StateFile/Keep", {
  defaultValue: () => Effect.void
})

/** Goes on with the state of a file, if there is one, and keeps it there. Changes at the same time share one write. */
export const layer = (file: string) =>
  Layer.effectContext(
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const lock = yield* Semaphore.make(1)
      const services = yield* Effect.context<Effect.Services<typeof Snapshot.take>>()
      if (yield* fs.exists(file)) {
        const saved = yield* Snapshot.fromJson(yield* fs.readFileString(file)).pipe(
          Effect.mapError(({ message }) =>
            badArgument({ module: "StateFile", method: "layer", cause: new Error(`${file}: ${message}`) })
          )
        )
        yield* Snapshot.restore(saved)
      }
      let changes = 0
      let kept = 0
      const write = Effect.gen(function*() {
        const upTo = changes
        const json = yield* Snapshot.toJson(yield* Snapshot.take)
        yield* fs.writeFileString(`${file}.new`, json)
        yield* fs.rename(`${file}.new`, file) // whoever reads it finds the old state or the new one
        kept = upTo
      }).pipe(Effect.orDie, Effect.provideContext(services))
      const keep = Effect.suspend(() => {
        const mine = ++changes
        return lock.withPermit(Effect.suspend(() => kept >= mine ? Effect.void : write))
      })
      return Context.make(Keep, keep)
    })
  )
