/** What asks for releases by itself: the clock and watched folders. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CronTrigger from "./CronTrigger.ts"
import * as FolderTrigger from "./FolderTrigger.ts"

/**
 * Runs triggers until its scope ends. Every bot may run them: what they ask for has an id that does not depend on who
 * asks, and the bot takes it once.
 */
export const layer = ({ cron, folders }: {
  readonly cron: ReadonlyArray<CronTrigger.CronTrigger>
  readonly folders: ReadonlyArray<FolderTrigger.FolderTrigger>
}) =>
  Layer.effectDiscard(
    Effect.forEach(
      [...cron.map((trigger) => CronTrigger.run(trigger)), ...folders.map((trigger) => FolderTrigger.run(trigger))],
      (trigger) => Effect.forkScoped(trigger)
    )
  )
