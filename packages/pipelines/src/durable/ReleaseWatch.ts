/** Wakes releases when their runs are over. One process of a store looks for all of them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import { OnOneRunner } from "./OnOneRunner.ts"
import { RunsEnded } from "./ReleaseDefinition.ts"
import { ReleaseLog } from "./ReleaseLog.ts"
import type { RunWait } from "./RunWaits.ts"
import { RunWaits } from "./RunWaits.ts"
import * as RunWatch from "./RunWatch.ts"

/** Watches for as long as the layer lives, where no other process does. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const one = yield* OnOneRunner
  const waits = yield* RunWaits
  const log = yield* ReleaseLog
  const last: { waits: ReadonlyArray<RunWait> } = { waits: [] }
  yield* one.run(
    "nunu-effect/RunWatch",
    RunWatch.watch({
      // A store that cannot be read for a moment changes nothing.
      waits: waits.list.pipe(
        Effect.tap((listed) => Effect.sync(() => last.waits = listed)),
        Effect.catch(({ message }) => Effect.as(Effect.logWarning(message), last.waits))
      ),
      onEvent: (releaseId, key, event) =>
        Effect.catch(log.append(releaseId, key, event), ({ message }) => Effect.logWarning(message)),
      onEnded: (wait, value) =>
        // Woken first: a wait that is still there is watched again, and a second waking does nothing.
        DurableDeferred.succeed(RunsEnded, { token: DurableDeferred.Token.make(wait.token), value }).pipe(
          Effect.andThen(waits.remove(wait.releaseId)),
          Effect.catchCause((cause) => Effect.logWarning("Cannot wake a release", cause))
        )
    })
  )
}))
