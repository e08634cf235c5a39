/** What changes in runs while they go on: jobs, runs, players and steps, as a stream that ends when all jobs are over. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import type { LiveRun } from "@nunu-effect/core/LiveRun"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Player, RunId } from "@nunu-effect/core/Run"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { AwaitOptions } from "./AwaitRun.ts"
import { awaitRuns } from "./AwaitRun.ts"
import type { FinishedJob, Look } from "./Look.ts"
import { isOver } from "./Look.ts"
import type { WaitFailed, WaitTimedOut } from "./PipelineError.ts"

/** States and results are the API's words, known or not; null where it tells none. */
export type RunEvent = Data.TaggedEnum<{
  JobChanged: { readonly jobId: JobId; readonly status: string }
  /** A run began, also the next attempt of a job, or went on. */
  RunChanged: {
    readonly jobId: JobId
    readonly runId: RunId
    readonly state: string
    readonly result: string | null
  }
  PlayerChanged: {
    readonly runId: RunId
    /** The id under which its artifacts are filed. */
    readonly playerId: string
    readonly state: string | null
    readonly result: string | null
    readonly completedSteps: number | null
    readonly steps: number | null
  }
  StepChanged: {
    readonly runId: RunId
    readonly playerId: string
    readonly stepNumber: number
    readonly goal: string | null
    readonly state: string | null
    readonly result: string | null
  }
  /** An agent is at something else: only with `live`. */
  AgentActed: {
    readonly runId: RunId
    readonly playerId: string | null
    readonly agent: string | null
    readonly step: number | null
    readonly startedAt: DateTime.Utc | null
  }
  /** A look failed and is tried again. */
  LookFailed: { readonly error: ApiError }
  /** A job is over; nothing follows for it. */
  JobFinished: { readonly finished: FinishedJob }
}>
export const RunEvent = Data.taggedEnum<RunEvent>()

export interface RunEventOptions extends Pick<AwaitOptions, "timeout"> {
  /** Asks also what the agents do at the moment, which takes a call more for each run at each look. @default false */
  readonly live?: boolean
}

/** Tells what changes until all jobs are over. To end it early leaves the runs alone: it only looks. */
export const runEvents = (
  jobIds: ReadonlyArray<JobId>,
  options: RunEventOptions = {}
): Stream.Stream<RunEvent, WaitFailed | WaitTimedOut, Nunu> =>
  Stream.callback((queue) => {
    const before = new Map<JobId, Look>()
    const liveBefore = new Map<RunId, LiveRun>()
    const tell = (events: ReadonlyArray<RunEvent>) => Effect.asVoid(Queue.offerAll(queue, events))
    const onLook = Effect.fnUntraced(function*(look: Look) {
      yield* tell(changes(before.get(look.job.jobId) ?? null, look))
      before.set(look.job.jobId, look)
      const live = options.live === true && !isOver(look.job) ? yield* liveOf(look) : null
      if (live === null) return
      yield* tell(liveChanges(liveBefore.get(live.runId) ?? null, live))
      liveBefore.set(live.runId, live)
    })
    return Effect.gen(function*() {
      const nunu = yield* Nunu
      return yield* awaitRuns(jobIds, {
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
        onLook: (look) => Effect.provideService(onLook(look), Nunu, nunu),
        onLookFailed: (error) => tell([RunEvent.LookFailed({ error })])
      })
    }).pipe(Effect.matchCauseEffect({
      onSuccess: () => Queue.end(queue),
      onFailure: (cause) => Queue.failCause(queue, cause)
    }))
  })

/** What is new at a look, compared with the one before it; null stands for none. Pure. */
export const changes = (before: Look | null, after: Look): ReadonlyArray<RunEvent> => {
  const { job, run } = after
  const { jobId } = job
  const events: Array<RunEvent> = []
  if (before?.job.status !== job.status) events.push(RunEvent.JobChanged({ jobId, status: job.status }))
  if (run !== null) {
    const { result, runId, state } = run
    const last = before?.run?.runId === runId ? before.run : null
    if (last?.state !== state || last.result !== result) {
      events.push(RunEvent.RunChanged({ jobId, runId, state, result }))
    }
    const players = new Map(last?.players.map((player) => [player.id, player]))
    for (const player of run.players) events.push(...playerChanges(runId, players.get(player.id) ?? null, player))
  }
  if (isOver(job)) events.push(RunEvent.JobFinished({ finished: after }))
  return events
}

const playerChanges = (runId: RunId, before: Player | null, after: Player): ReadonlyArray<RunEvent> => {
  const { completedStepCount: completedSteps, id: playerId, result, state, stepCount } = after
  const events: Array<RunEvent> = []
  if (before?.state !== state || before.result !== result || before.completedStepCount !== completedSteps) {
    events.push(RunEvent.PlayerChanged({ runId, playerId, state, result, completedSteps, steps: stepCount }))
  }
  const steps = new Map(before?.steps.map((step) => [step.stepNumber, step]))
  for (const { result, state, stepNumber, test } of after.steps) {
    const step = steps.get(stepNumber)
    if (step !== undefined && step.state === state && step.result === result) continue
    const goal = typeof test?.["goal"] === "string" ? test["goal"] : null
    events.push(RunEvent.StepChanged({ runId, playerId, stepNumber, goal, state, result }))
  }
  return events
}

const liveChanges = (before: LiveRun | null, after: LiveRun): ReadonlyArray<RunEvent> =>
  after.players.flatMap(({ compositeRunId: playerId, lastAgentStep }, index) => {
    const last = before?.players[index]?.lastAgentStep
    if (lastAgentStep === null || keyOf(last) === keyOf(lastAgentStep)) return []
    const { agent, startTime: startedAt, step } = lastAgentStep
    return [RunEvent.AgentActed({ runId: after.runId, playerId, agent, step, startedAt })]
  })

const keyOf = (step: LiveRun["players"][number]["lastAgentStep"] | undefined): string =>
  step == null ? "" : JSON.stringify([step.agent, step.step, step.startTime])

/** A live view that cannot be had is no fault: the run may just have ended. */
const liveOf = Effect.fnUntraced(function*({ run }: Look): Effect.fn.Return<LiveRun | null, never, Nunu> {
  const nunu = yield* Nunu
  return run === null ? null : yield* Effect.orElseSucceed(nunu.runs.live(run.runId), () => null)
})
