/** The end of a release: its runs as they ended, their bugs, the verdict over them and its report. */
import type { BuildId } from "@nunu-effect/core/Build"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { PipelineError, WaitTimedOut } from "../PipelineError.ts"
import * as PipelineResult from "../PipelineResult.ts"
import { PollPolicy } from "../PollPolicy.ts"
import * as Json from "../report/Json.ts"
import { line } from "../report/ReportText.ts"
import { viewOf } from "../report/ReportView.ts"
import { triage } from "../Triage.ts"
import { awaitTrial } from "../Trial.ts"
import type { ReleaseBug, ReleaseRequest } from "./Release.ts"
import { ReleaseOutcome } from "./Release.ts"
import { ReleaseLog } from "./ReleaseLog.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import type { StartedRelease } from "./StartStep.ts"
import type { Problem } from "./StepResult.ts"
import { problemOf } from "./StepResult.ts"

/** What is known of a release when its runs are over. */
export interface CollectOptions {
  readonly buildId: BuildId
  readonly tag: string
  readonly started: StartedRelease
  /** Epoch milliseconds: when the release began. */
  readonly begunAt: number
  /** Whether the runs were not over in time. */
  readonly timedOut: boolean
}

/** Collects and judges; keeps the report in the release's book. */
export const run = (request: ReleaseRequest, options: CollectOptions) =>
  ReleaseStep.run({
    releaseId: request.releaseId,
    name: "Collect",
    success: ReleaseOutcome,
    execute: Effect.gen(function*() {
      const result = yield* collect(request, options)
      const log = yield* ReleaseLog
      yield* ReleaseStep.patiently(log.putReport(request.releaseId, Json.render(result)))
      return outcomeOf(result, options)
    })
  })

const collect = Effect.fnUntraced(function*(request: ReleaseRequest, options: CollectOptions) {
  const { begunAt, buildId, started, tag, timedOut } = options
  const { jobIds } = started
  const trial = yield* awaitTrial(jobIds, {
    onInterrupt: "detach",
    looksAt: "jobs",
    // They are over, or should be; what is not by then is not waited for any longer.
    timeout: timedOut ? "15 seconds" : "5 minutes"
  }).pipe(Effect.provideServiceEffect(PollPolicy, soon))
  const reason = trial.error?.reason
  const problem = reason === undefined ? null : problemOfTrial(reason)
  if (problem !== null) return yield* new ReleaseStep.StepUndone({ problem })
  const error = reason?._tag === "WaitTimedOut" && request.timeoutSeconds !== undefined
    ? new PipelineError({
      reason: new WaitTimedOut({
        jobIds: reason.jobIds,
        finished: reason.finished,
        timeout: Duration.seconds(request.timeoutSeconds)
      })
    })
    : trial.error
  return PipelineResult.make({
    program: "release",
    gate: request.gate,
    baseline: request.baseline,
    build: { buildId, receipt: null },
    trials: [{
      ...trial,
      error,
      target: PipelineResult.targetOf({ ...request.run, buildId }),
      started: { jobIds, tag, runId: null, buildId, testPlanExecutionId: null, message: null },
      startedAt: DateTime.makeUnsafe(started.at)
    }],
    startedAt: DateTime.makeUnsafe(begunAt),
    endedAt: yield* DateTime.now
  })
})

/** There is nothing to wait for any more but for others that end at the same time, whose looks are shared. */
const soon = Effect.map(PollPolicy, (policy) => ({ ...policy, first: Duration.seconds(1) }))

/** What passes, or is waited for, is collected again; another failure is part of the result, which is then no pass. */
const problemOfTrial = (reason: PipelineError["reason"]): Problem | null => {
  if (reason._tag === "InvalidOptions" || reason._tag === "WaitTimedOut") return null
  const problem = problemOf(reason)
  return problem._tag === "Failed" ? null : problem
}

const outcomeOf = (result: PipelineResult.PipelineResult, { buildId, started }: CollectOptions): ReleaseOutcome => {
  const { reasons, summary } = viewOf(result)
  const { bugs } = triage(PipelineResult.jobsOf(result), { gate: result.gate, accepted: result.accepted })
  return {
    status: statuses[result.verdict._tag],
    summary: line([summary, ...reasons.slice(0, 3).map(({ message }) => message)].join(". "), 500),
    buildId,
    jobIds: started.jobIds,
    bugs: bugs.map(({ bug, fails, standing }): ReleaseBug => ({
      bugId: bug.bugId ?? bug.id,
      title: line(bug.title),
      severity: bug.severity,
      category: bug.category,
      known: standing === "known",
      blocking: fails
    })),
    leftBehind: []
  }
}

const statuses = { Passed: "passed", Failed: "failed", Inconclusive: "inconclusive" } as const
