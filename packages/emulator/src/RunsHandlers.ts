/** `/runs` and `/jobs`: starts are written down, everything else is read off their scripts at the moment of asking. */
import { BadRequest, NotFound } from "@nunu-effect/core/ApiError"
import { JobId } from "@nunu-effect/core/Job"
import * as Page from "@nunu-effect/core/Page"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { StopResult } from "@nunu-effect/core/StopRuns"
import { StoppedRuns } from "@nunu-effect/core/StopRuns"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import { EmulatedApi } from "./EmulatedApi.ts"
import type { StartedJob } from "./EmulatorState.ts"
import { ArtifactsOrigin, EmulatorState } from "./EmulatorState.ts"
import * as JobRegister from "./JobRegister.ts"
import * as RunJson from "./RunJson.ts"
import { toBugs, toJob, toLiveRun, toRun } from "./RunViews.ts"

export const layerJobs = HttpApiBuilder.group(
  EmulatedApi,
  "jobs",
  Effect.fnUntraced(function*(handlers) {
    const { find, get, now, view } = yield* JobRegister.make
    return handlers.handleAll({
      list: Effect.fnUntraced(function*({ query }) {
        const at = yield* now
        const jobs = find(query.tags)
          .filter((job) => isOf(job, query.testPlanExecutionId) && isOfTest(job, query.multiplayerTestId))
          .map((job) => view(job, at))
          .filter(({ snapshot }) => matchesState(snapshot.jobStatus, query.status))
        return RunJson.page(jobs, query, RunJson.ofJob)
      }),
      get: Effect.fnUntraced(function*({ params }) {
        const job = get(params.jobId)
        return job === undefined
          ? yield* new NotFound({ error: "job not found" })
          : toJob(view(job, yield* now))
      })
    })
  })
)

export const layerRuns = HttpApiBuilder.group(
  EmulatedApi,
  "runs",
  Effect.fnUntraced(function*(handlers) {
    const state = yield* EmulatorState
    const artifactsOrigin = yield* ArtifactsOrigin
    const { buildName, find, now, ofRun, start, startPlan, view } = yield* JobRegister.make
    const showQueued = state.generation === "2026-01" // its starts name a run, and not just a job
    const findRun = Effect.fnUntraced(function*(runId: string) {
      const job = ofRun(runId)
      const at = job === undefined ? undefined : view(job, yield* now)
      return at === undefined || (at.snapshot.runState === null && !showQueued)
        ? yield* new NotFound({ error: "multiplayer run not found" })
        : at
    })
    return handlers.handleAll({
      list: Effect.fnUntraced(function*({ query }) {
        const at = yield* now
        const runs = find(query.tags)
          .filter((job) => query.jobId === undefined || job.jobId === query.jobId)
          .filter((job) => isOf(job, query.testPlanExecutionId) && isOfTest(job, query.multiplayerTestId))
          .map((job) => view(job, at))
          .filter(({ snapshot: { runState } }) => runState !== null && matchesState(runState, query.state))
        // Seen in an example URL of the vendor's, and in what others read; no page tells what it does.
        const show = query.bugs === true ? RunJson.ofRunWithBugs : RunJson.ofRun
        return RunJson.page(runs, query, (run) => show(run, { buildName: buildName(run.job), artifactsOrigin }))
      }),
      start: Effect.fnUntraced(function*({ payload }) {
        const fault = faultOf(payload)
        if (fault !== null) return yield* new BadRequest({ error: fault })
        if (payload.buildId !== undefined && !state.builds.has(payload.buildId)) {
          return yield* new NotFound({ error: "build not found" })
        }
        const plan = state.testPlans.get(payload.testPlanId ?? "")
        const started = plan === undefined ? null : yield* startPlan(plan, payload)
        const [first, ...rest] = started?.jobs ?? [yield* start(payload)]
        if (first === undefined) return yield* new BadRequest({ error: "test plan has no tests" })
        return {
          jobIds: [JobId.make(first.jobId), ...rest.map(({ jobId }) => JobId.make(jobId))] as const,
          runId: null,
          buildId: payload.buildId ?? null,
          testPlanExecutionId: started?.execution.id ?? null,
          message: "queued"
        }
      }),
      get: Effect.fnUntraced(function*({ params }) {
        const at = yield* findRun(params.runId)
        return toRun(at, { buildName: buildName(at.job), artifactsOrigin, showQueued }) ??
          (yield* new NotFound({ error: "multiplayer run not found" }))
      }),
      live: Effect.fnUntraced(function*({ params, query }) {
        const live = toLiveRun(yield* findRun(params.runId), query.includeScreenshot ?? true)
        return live ?? (yield* new NotFound({ error: "multiplayer run not found" }))
      }),
      bugs: Effect.fnUntraced(function*({ params }) {
        const bugs = toBugs(yield* findRun(params.runId))
        return { data: bugs, pagination: Page.whole(bugs.length) }
      }),
      stop: Effect.fnUntraced(function*({ payload }) {
        const at = yield* now
        const results = payload.jobIds.flatMap((jobId): ReadonlyArray<StopResult> => {
          const job = state.jobs.get(jobId)
          if (job === undefined) return []
          if (view(job, at).snapshot.jobStatus === "COMPLETED") {
            return [{ jobId, ok: false, status: 500, message: null, error: "Job already completed" }]
          }
          job.stoppedAt = (at - job.startedAt) * state.speed
          return [{ jobId, ok: true, status: 200, message: "stopped", error: null }]
        })
        const stopped = results.filter((result) => result.ok).length
        const status = results.length === 0 ? 404 : stopped === payload.jobIds.length ? 200 : 207
        const stops = encodeStops({
          ok: status === 200,
          message: `${stopped} of ${payload.jobIds.length} stopped`,
          receivedCount: payload.jobIds.length,
          stoppedCount: stopped,
          results
        })
        // One shape for three statuses, of which the contract's encoder would take the first; what is null is left out.
        return HttpServerResponse.text(JSON.stringify(stops, (_, value: unknown) => value ?? undefined), {
          status,
          contentType: "application/json"
        })
      })
    })
  })
)

const encodeStops = Schema.encodeSync(StoppedRuns)

const faultOf = (request: StartRunRequest): string | null => {
  const sources = [request.multiplayerTestId, request.testPlanId, request.instructions]
  if (sources.filter((source) => source !== undefined).length !== 1) {
    return "exactly one of multiplayer_test_id, test_plan_id and instructions is required"
  }
  if (request.retries !== undefined && (request.retries < 0 || request.retries > 10)) return "retries must be 0 to 10"
  return null
}

const isOf = (job: StartedJob, executionId: string | undefined): boolean =>
  executionId === undefined || job.executionId === executionId

const isOfTest = (job: StartedJob, testId: string | undefined): boolean =>
  testId === undefined || job.request.multiplayerTestId === testId

/** Filters are in lower case; a job that starts counts as running. */
const matchesState = (word: string, filter: string | undefined): boolean =>
  filter === undefined || filter === "all" || word.toLowerCase() === filter ||
  (filter === "running" && (word === "STARTING" || word === "INITIALIZING"))
