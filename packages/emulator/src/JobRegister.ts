/** The jobs of an emulator: how they are started and found, and how they stand at a moment. */
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { TestPlan } from "@nunu-effect/core/TestPlan"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Execution, StartedJob } from "./EmulatorState.ts"
import { EmulatorState, uuid } from "./EmulatorState.ts"
import { jobAt, tagsOf } from "./RunViews.ts"

export const make = Effect.gen(function*() {
  const state = yield* EmulatorState
  const startOne = Effect.fnUntraced(function*(request: StartRunRequest, executionId: string | null) {
    const number = state.jobs.size
    const job: StartedJob = {
      jobId: uuid(1, number + 1),
      runId: `run${String(number + 1).padStart(9, "0")}`,
      request,
      script: state.script(number, request),
      executionId,
      startedAt: yield* Clock.currentTimeMillis,
      stoppedAt: null
    }
    state.jobs.set(job.jobId, job)
    return job
  })
  return {
    now: Clock.currentTimeMillis,
    view: (job: StartedJob, at: number) => jobAt(job, at, state.speed),
    /** Newest first; all of the tags must match. */
    find: (tags: ReadonlyArray<string> = []) =>
      Array.from(state.jobs.values()).toReversed().filter((job) => tags.every((tag) => tagsOf(job).includes(tag))),
    buildName: (job: StartedJob) => state.builds.get(job.request.buildId ?? "")?.name ?? null,
    start: (request: StartRunRequest) => startOne(request, null),
    /** Starts one job for each test of a plan, as one execution. */
    startPlan: Effect.fnUntraced(function*(plan: TestPlan, request: StartRunRequest) {
      const execution: Execution = {
        id: uuid(5, state.executions.size + 1),
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
