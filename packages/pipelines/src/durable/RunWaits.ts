/**
 * Releases that wait for their runs, written down: who looks for them reads them here, also after a kill. A release that
 * waits holds no fiber and asks nothing itself; `RunWatch` looks for all of them together and wakes each.
 */
import type { JobId } from "@nunu-effect/core/Job"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ReleaseLogError } from "./ReleaseLog.ts"

/** A release that waits, and for what. */
export interface RunWait {
  readonly releaseId: string
  /** By which the release is woken. */
  readonly token: string
  readonly jobIds: ReadonlyArray<JobId>
  /** Epoch milliseconds; null for as long as it takes. */
  readonly deadline: number | null
}

/** The waits of all releases of a store. */
export class RunWaits extends Context.Service<RunWaits, {
  /** Writes a wait down; a release has one at most, and the first stands. */
  readonly add: (wait: RunWait) => Effect.Effect<void, ReleaseLogError>
  readonly remove: (releaseId: string) => Effect.Effect<void, ReleaseLogError>
  readonly list: Effect.Effect<ReadonlyArray<RunWait>, ReleaseLogError>
}>()("@nunu-effect/pipelines/RunWaits") {}

/** Keeps waits for as long as the layer lives. */
export const layerMemory: Layer.Layer<RunWaits> = Layer.fresh(Layer.sync(RunWaits, () => {
  const waits = new Map<string, RunWait>()
  return RunWaits.of({
    add: (wait) =>
      Effect.sync(() => {
        if (!waits.has(wait.releaseId)) waits.set(wait.releaseId, wait)
      }),
    remove: (releaseId) => Effect.sync(() => void waits.delete(releaseId)),
    list: Effect.sync(() => Array.from(waits.values()))
  })
}))
