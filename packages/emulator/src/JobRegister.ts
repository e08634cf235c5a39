/** The jobs of an emulator: how they are started and found, and how they stand at a moment. */
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { TestPlan } from "@nunu-effect/core/TestPlan"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { CurrentKeyId } from "./ApiKeyCheck.ts"
import type { Execution, StartedJob } from "./EmulatorState.ts"
import { countOne, EmulatorState, uuid } from "./EmulatorState.ts"
import * as RunTimeline from "./RunTimeline.ts"
import type { JobAt } from "./RunViews.ts"
import { jobAt, tagsOf } from "./RunViews.ts"

/** Ids are counted: of the job with a number from 0, and of its run. */
export const jobIdOf = (number: number): string => uuid(1, number + 1)
export const runIdOf = (number: number): string => `run${String(number + 1).padStart(9, "0")}`

/** A view of a job, and between which moments it holds, in epoch milliseconds. */
interface Seen {
  readonly view: JobAt
  readonly from: number
  readonly until: number
  readonly stoppedAt: number | null
}

export const make = Effect.gen(function*() {
  const state = yield* EmulatorState
  const views = new WeakMap<StartedJob, Seen>()
  const startOne = Effect.fnUntraced(function*(request: StartRunRequest, executionId: string | null) {
    const number = countOne(state, "jobs")
    const job: StartedJob = {
      jobId: jobIdOf(number),
      runId: runIdOf(number),
      request,
      script: state.script(number, request),
      keyId: yield* CurrentKeyId,
      executionId,
      startedAt: yield* Clock.currentTimeMillis,
      stoppedAt: null
    }
    state.jobs.set(job.jobId, job)
    return job
  })
  const all = () => Array.from(state.jobs.values()).toReversed()
  return {
    now: Clock.currentTimeMillis,
    /** How a job stands `at` a moment; the same object until something about it changes. */
    view: (job: StartedJob, at: number): JobAt => {
      const seen = views.get(job)
      if (seen !== undefined && seen.stoppedAt === job.stoppedAt && at >= seen.from && at < seen.until) return seen.view
      const view = jobAt(job, at, state.speed)
      const elapsed = (at - job.startedAt) * state.speed
      const until = job.startedAt + RunTimeline.nextChange(job.script, elapsed, job.stoppedAt) / state.speed
      views.set(job, { view, from: at, until, stoppedAt: job.stoppedAt })
      return view
    },
    /** Newest first; all of the tags must match. */
    find: (tags: ReadonlyArray<string> = []) =>
      tags.length === 0 ? all() : all().filter((job) => tags.every((tag) => tagsOf(job).includes(tag))),
    get: (jobId: string) => state.jobs.get(jobId),
    ofRun: (runId: string) => {
      for (const job of state.jobs.values()) if (job.runId === runId) return job
      return undefined
    },
    buildName: (job: StartedJob) => state.builds.get(job.request.buildId ?? "")?.name ?? null,
    start: (request: StartRunRequest) => startOne(request, null),
    /** Starts one job for each test of a plan, as one execution. */
    startPlan: Effect.fnUntraced(function*(plan: TestPlan, request: StartRunRequest) {
      const execution: Execution = {
        id: uuid(5, countOne(state, "executions") + 1),
        plan,
        buildId: request.buildId ?? null,
        startedAt: yield* Clock.currentTimeMillis
      }
      state.executions.set(execution.id, execution)
      const jobs = yield* Effect.forEach(
        plan.testItems,
        ({ multiplayerTestId, retries }) =>
          startOne({ ...request, multiplayerTestId, ...(retries === null ? {} : { retries }) }, execution.id)
      )
      return { execution, jobs }
    })
  }
})
