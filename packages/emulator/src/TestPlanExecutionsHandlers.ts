/** `/test-plan-executions`: what became of the starts of test plans, read off their jobs at the moment of asking. */
import { NotFound } from "@nunu-effect/core/ApiError"
import type { TestPlanExecution } from "@nunu-effect/core/TestPlanExecution"
import { TestPlanExecutionId } from "@nunu-effect/core/TestPlanExecution"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { EmulatedApi } from "./EmulatedApi.ts"
import type { Execution } from "./EmulatorState.ts"
import { EmulatorState } from "./EmulatorState.ts"
import * as JobRegister from "./JobRegister.ts"
import { paged, sorted } from "./Paged.ts"
import type { JobAt } from "./RunViews.ts"

export const layer = HttpApiBuilder.group(
  EmulatedApi,
  "testPlanExecutions",
  Effect.fnUntraced(function*(handlers) {
    const state = yield* EmulatorState
    const register = yield* JobRegister.make
    const view = (execution: Execution) =>
      Effect.map(register.now, (now) =>
        toExecution(
          execution,
          register.find().filter((job) => job.executionId === execution.id).map((job) => register.view(job, now)),
          state.builds.get(execution.buildId ?? "")?.name ?? null
        ))
    return handlers.handleAll({
      list: Effect.fnUntraced(function*({ query }) {
        const all = yield* Effect.forEach(Array.from(state.executions.values()).toReversed(), view)
        const found = all
          .filter((execution) => query.testPlanId === undefined || execution.testPlanId === query.testPlanId)
          .filter((execution) => query.buildId === undefined || execution.buildId === query.buildId)
          .filter((execution) => query.status === undefined || execution.status.toLowerCase() === query.status)
        return paged(sorted(found, sortKeys[query.sortBy ?? ""] ?? startTime, query.sortOrder ?? "desc"), query)
      }),
      get: Effect.fnUntraced(function*({ params }) {
        const execution = state.executions.get(params.executionId)
        return execution === undefined
          ? yield* new NotFound({ error: "test plan execution not found" })
          : yield* view(execution)
      })
    })
  })
)

const startTime = ({ startedAt }: TestPlanExecution) => startedAt === null ? 0 : DateTime.toEpochMillis(startedAt)

const sortKeys: Readonly<Record<string, (execution: TestPlanExecution) => string | number>> = {
  test_plan_name: ({ testPlanName }) => testPlanName ?? "",
  build_name: ({ buildName }) => buildName ?? ""
}

const toExecution = (
  { buildId, id, plan, startedAt }: Execution,
  jobs: ReadonlyArray<JobAt>,
  buildName: string | null
): TestPlanExecution => {
  const count = (is: (job: JobAt) => boolean) => jobs.filter(is).length
  const isOver = ({ snapshot }: JobAt) => snapshot.jobStatus === "COMPLETED"
  const ends = jobs.filter(isOver).map(({ date, snapshot }) => date(snapshot.completedAt)).filter((end) => end !== null)
  const queued = count(({ snapshot }) => snapshot.jobStatus === "QUEUED")
  const over = count(isOver)
  const completedAt = over === jobs.length ? ends.toSorted(DateTime.Order).at(-1) ?? null : null
  return {
    id: TestPlanExecutionId.make(id),
    testPlanId: plan.id,
    testPlanName: plan.name,
    buildId,
    buildName,
    status: over === jobs.length ? "COMPLETED" : queued === jobs.length ? "QUEUED" : "IN_PROGRESS",
    startedAt: DateTime.makeUnsafe(startedAt),
    startedBy: "emulator",
    completedAt,
    totalTests: jobs.length,
    testStatus: {
      passed: count(({ snapshot }) => snapshot.result === "SUCCESS"),
      failed: count((job) => isOver(job) && job.snapshot.result !== "SUCCESS" && job.snapshot.result !== "STOPPED"),
      stopped: count(({ snapshot }) => snapshot.result === "STOPPED"),
      queued,
      running: jobs.length - over - queued,
      skipped: null
    },
    durationMs: completedAt === null ? null : DateTime.toEpochMillis(completedAt) - startedAt
  }
}
