/** What becomes of runs whose program is given up: stopped or left alone, and always told. */
import type { JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Stopped } from "./StopRun.ts"
import { stopRunsNow } from "./StopRun.ts"

/** Stop runs, or leave them alone and tell their handles. */
export type OnInterrupt = "stop" | "detach"

export type GivenUp = Data.TaggedEnum<{
  /** They were stopped as far as that was possible; `stopped.running` is what could not be. */
  Stopped: { readonly stopped: Stopped }
  /** They were left alone. */
  Detached: { readonly jobIds: ReadonlyArray<JobId> }
  /** A start was given up before it was known what it has done: a run may be going on that carries this tag. */
  Unknown: { readonly tag: string }
}>
export const GivenUp = Data.taggedEnum<GivenUp>()

/** Something may still run that was to be stopped. */
export const mayRun = (givenUp: GivenUp): boolean => givenUp._tag === "Stopped" && givenUp.stopped.running.length > 0

/** Gives runs up, within 5 seconds or less and without failing. */
export const giveUp = (
  jobIds: readonly [JobId, ...Array<JobId>],
  options: { readonly onInterrupt: OnInterrupt; readonly within?: Duration.Input }
): Effect.Effect<GivenUp, never, Nunu> =>
  options.onInterrupt === "detach"
    ? Effect.succeed(GivenUp.Detached({ jobIds }))
    : Effect.map(stopRunsNow(jobIds, options), (stopped) => GivenUp.Stopped({ stopped }))
