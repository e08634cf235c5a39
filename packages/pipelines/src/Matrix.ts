/** Many tests on many deployments: one trial for each pair, so many at once, with one verdict over all of them. */
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { RunOptions } from "./Pipeline.ts"
import { listener, PipelineEvent } from "./Pipeline.ts"
import { InvalidOptions, PipelineError, WaitTimedOut } from "./PipelineError.ts"
import type { PipelineResult, Trial } from "./PipelineResult.ts"
import * as Result from "./PipelineResult.ts"
import { targetOf } from "./PipelineResult.ts"
import { runTrial } from "./Trial.ts"

/** One of the tests, plans or instructions of a matrix. */
export type MatrixTest = Pick<StartRunRequest, "multiplayerTestId" | "testPlanId" | "instructions" | "name" | "retries">

export interface Matrix {
  readonly tests: ReadonlyArray<MatrixTest>
  /** Ids of deployment configs. Each test runs on each of them. */
  readonly deployments: ReadonlyArray<string>
  /** What all starts have in common, such as the build. */
  readonly common?: Omit<StartRunRequest, keyof MatrixTest | "deploymentConfigId">
}

export interface MatrixOptions extends RunOptions {
  /** Trials under way at once. @default 8 */
  readonly concurrency?: number
  /**
   * How long all of it may take, but for collecting bugs. Trials that are not over by then are given up, those that have
   * not begun are not started; the result tells what there is. @default no limit
   */
  readonly within?: Duration.Input
}

/**
 * Runs a matrix to its end. A trial that fails is part of the result, and the verdict then is never a pass. The events of
 * looks tell of jobs alone.
 */
export const matrix: (matrix: Matrix, options?: MatrixOptions) => Effect.Effect<PipelineResult, PipelineError, Nunu> =
  Effect.fn("nunu.matrix")(function*(matrix, options = {}) {
    const startedAt = yield* DateTime.now
    const ended = yield* runAll(matrix, options, () => Effect.void)
    const buildId = matrix.common?.buildId
    return Result.make({
      ...options,
      program: "matrix",
      trials: ended,
      build: buildId === undefined ? null : { buildId, receipt: null },
      startedAt,
      endedAt: yield* DateTime.now
    })
  })

/** Gives the trials of a matrix as they come to their ends. Ending the stream gives up those that are under way. */
export const trials = (matrix: Matrix, options: MatrixOptions = {}): Stream.Stream<Trial, PipelineError, Nunu> =>
  Stream.callback((queue) =>
    runAll(matrix, options, (trial) => Queue.offer(queue, trial)).pipe(Effect.matchCauseEffect({
      onSuccess: () => Queue.end(queue),
      onFailure: (cause) => Queue.failCause(queue, cause)
    }))
  )

/** The starts of a matrix, test by test, each with a name. */
export const requestsOf = ({ common, deployments, tests }: Matrix): ReadonlyArray<{
  readonly name: string
  readonly request: StartRunRequest
}> =>
  tests.flatMap((test) =>
    deployments.map((deploymentConfigId) => ({
      name: `${test.name ?? test.multiplayerTestId ?? test.testPlanId ?? "instructions"} on ${deploymentConfigId}`,
      request: { ...common, ...test, deploymentConfigId }
    }))
  )

const defaultConcurrency = 8

/** Interrupted, it gives up all trials at once, and not one after the other. */
const runAll = Effect.fnUntraced(function*(
  matrix: Matrix,
  options: MatrixOptions,
  onTrial: (trial: Trial) => Effect.Effect<unknown>
): Effect.fn.Return<ReadonlyArray<Trial>, PipelineError, Nunu> {
  const { concurrency = defaultConcurrency, onEvent, within } = options
  const faults = faultsOf(matrix, concurrency)
  if (faults.length > 0) {
    return yield* new PipelineError({ reason: new InvalidOptions({ action: "run a matrix", faults }) })
  }
  const deadline = within === undefined
    ? Infinity
    : (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.fromInputUnsafe(within))
  return yield* Effect.forEach(
    requestsOf(matrix),
    Effect.fnUntraced(function*({ name, request }) {
      const left = deadline - (yield* Clock.currentTimeMillis)
      const timeout = sooner(options.timeout, left)
      const trial = left <= 0
        ? yield* notStarted(name, request, within)
        : yield* runTrial(request, { ...options, ...listener(options), name, timeout, looksAt: "jobs" })
      yield* onEvent?.(PipelineEvent.TrialEnded({ trial })) ?? Effect.void
      yield* onTrial(trial)
      return trial
    }),
    { concurrency }
  )
})

/** All that is wrong with a matrix, before anything is started. */
const faultsOf = ({ deployments, tests }: Matrix, concurrency: number): ReadonlyArray<string> => [
  ...(tests.length === 0 ? ["it has no test"] : []),
  ...(deployments.length === 0 ? ["it has no deployment"] : []),
  ...(Number.isInteger(concurrency) && concurrency > 0
    ? []
    : [`concurrency must be a whole number from 1 on: current value is ${concurrency}`]),
  ...tests.flatMap(({ instructions, multiplayerTestId, testPlanId }, index) =>
    [instructions, multiplayerTestId, testPlanId].filter((source) => source !== undefined).length === 1
      ? []
      : [`test ${index + 1} must have exactly one of multiplayerTestId, testPlanId and instructions`]
  )
]

const sooner = (timeout: Duration.Input | undefined, left: number): Duration.Input | undefined => {
  if (left === Infinity) return timeout
  return timeout === undefined ? left : Duration.min(Duration.fromInputUnsafe(timeout), Duration.millis(left))
}

const notStarted = Effect.fnUntraced(function*(name: string, request: StartRunRequest, within: Duration.Input = 0) {
  const now = yield* DateTime.now
  const reason = new WaitTimedOut({ jobIds: [], finished: [], timeout: Duration.fromInputUnsafe(within) })
  const error = new PipelineError({ reason })
  const trial: Trial = { name, target: targetOf(request), started: null, jobs: [], error, startedAt: now, endedAt: now }
  return trial
})
