/**
 * What is known of steps that have begun, and who may go on with them. A step that another process has begun again is
 * not this one's any more: who was taken for dead must not act when it comes to itself.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ReleaseLogError } from "./ReleaseLog.ts"

/** One attempt at a step. */
export interface StepAttempt {
  /** From 1. */
  readonly number: number
  /** What an earlier attempt has written; null for nothing. */
  readonly note: string | null
}

/** The attempts at steps, by release and name of the step. */
export class ReleaseSteps extends Context.Service<ReleaseSteps, {
  /** Begins an attempt; from then on no earlier one is the latest. */
  readonly begin: (releaseId: string, step: string) => Effect.Effect<StepAttempt, ReleaseLogError>
  /** Tells what has been noted, without beginning anything; null when the step has never begun. */
  readonly look: (releaseId: string, step: string) => Effect.Effect<StepAttempt | null, ReleaseLogError>
  /** Writes a note; false, and nothing is written, when another attempt has begun since. */
  readonly write: (
    releaseId: string,
    step: string,
    attempt: StepAttempt
  ) => Effect.Effect<boolean, ReleaseLogError>
}>()("@nunu-effect/pipelines/ReleaseSteps") {}

/** Keeps attempts for as long as the layer lives. */
export const layerMemory: Layer.Layer<ReleaseSteps> = Layer.fresh(Layer.sync(ReleaseSteps, () => {
  const steps = new Map<string, StepAttempt>()
  const keyOf = (releaseId: string, step: string) => `${releaseId} ${step}`
  return ReleaseSteps.of({
    begin: (releaseId, step) =>
      Effect.sync(() => {
        const before = steps.get(keyOf(releaseId, step))
        const attempt: StepAttempt = { number: (before?.number ?? 0) + 1, note: before?.note ?? null }
        steps.set(keyOf(releaseId, step), attempt)
        return attempt
      }),
    look: (releaseId, step) => Effect.sync(() => steps.get(keyOf(releaseId, step)) ?? null),
    write: (releaseId, step, attempt) =>
      Effect.sync(() => {
        const isLatest = steps.get(keyOf(releaseId, step))?.number === attempt.number
        if (isLatest) steps.set(keyOf(releaseId, step), attempt)
        return isLatest
      })
  })
}))
