/** Runs a test again and again, and lets a bug fail the gate only when it was seen often enough. */
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { RunOptions } from "./Pipeline.ts"
import { listener, PipelineEvent } from "./Pipeline.ts"
import { InvalidOptions, PipelineError } from "./PipelineError.ts"
import type { PipelineResult, Trial } from "./PipelineResult.ts"
import * as Result from "./PipelineResult.ts"
import { triage } from "./Triage.ts"
import { runTrial } from "./Trial.ts"

export interface ConfirmOptions extends RunOptions {
  /** k: in how many trials a bug must be seen to count; at least 1. */
  readonly needed: number
  /** n: how many trials there are at most; at least `needed`. */
  readonly of: number
}

/**
 * Runs a test up to n times, one after the other, and judges the bugs that were seen in at least k of them. It ends as
 * soon as the other trials could not change the verdict: when it has failed, or when no bug can be seen often enough any
 * more. A run that did not succeed counts each time, as does a bug without an id, which nobody can see again.
 *
 * A first trial that fails makes the program fail; a later one is part of the result, which then never passes.
 */
export const confirm: (
  request: StartRunRequest,
  options: ConfirmOptions
) => Effect.Effect<PipelineResult, PipelineError, Nunu> = Effect.fn("nunu.confirm")(
  function*(request, options) {
    const faults = faultsOf(options)
    if (faults.length > 0) {
      return yield* new PipelineError({ reason: new InvalidOptions({ action: "confirm", faults }) })
    }
    const startedAt = yield* DateTime.now
    const trials: Array<Trial> = []
    while (true) {
      const trial = yield* runTrial(request, { ...options, ...listener(options) })
      trials.push(trial)
      yield* options.onEvent?.(PipelineEvent.TrialEnded({ trial })) ?? Effect.void
      const { buildId } = request
      const result = Result.make({
        ...options,
        program: "confirm",
        trials,
        build: buildId === undefined ? null : { buildId, receipt: null },
        confirmation: { needed: options.needed, of: options.of, seen: seenIn(trials) },
        startedAt,
        endedAt: yield* DateTime.now
      })
      if (trial.error !== null && trials.length === 1) {
        yield* options.onUndecided?.(result) ?? Effect.void
        return yield* trial.error
      }
      if (trial.error !== null || isCertain(result, options)) return { ...result, trials: trials.slice() }
    }
  }
)

/** In how many trials each bug was seen. */
const seenIn = (trials: ReadonlyArray<Trial>): ReadonlyMap<string, number> => {
  const seen = new Map<string, number>()
  for (const { jobs } of trials) {
    const ids = new Set(jobs.flatMap(({ bugs }) => (bugs ?? []).flatMap(({ bugId }) => bugId === null ? [] : [bugId])))
    for (const id of ids) seen.set(id, (seen.get(id) ?? 0) + 1)
  }
  return seen
}

/** The trials that are left cannot change the verdict: counts only grow. */
const isCertain = (result: PipelineResult, { needed, of }: ConfirmOptions): boolean => {
  const left = of - result.trials.length
  if (result.verdict._tag === "Failed" || left === 0) return true
  const { bugs } = triage(Result.jobsOf(result), { gate: result.gate, accepted: result.accepted })
  const mostSeen = Math.max(0, ...bugs.filter(({ fails }) => fails).map(({ bug }) => countOf(result, bug.bugId)))
  return mostSeen + left < needed
}

const countOf = ({ confirmation }: PipelineResult, bugId: string | null): number =>
  bugId === null ? 0 : confirmation?.seen.get(bugId) ?? 0

/** All that is wrong with the counts, before anything is started. */
const faultsOf = ({ needed, of }: ConfirmOptions): ReadonlyArray<string> => [
  ...(Number.isInteger(needed) && needed >= 1
    ? []
    : [`needed must be a whole number from 1 on: current value is ${needed}`]),
  ...(Number.isInteger(of) && of >= needed
    ? []
    : [`of must be a whole number not under needed: current values are ${of} and ${needed}`])
]
