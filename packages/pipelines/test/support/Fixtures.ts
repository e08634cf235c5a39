/** Jobs, runs and bugs as the client gives them, plain until told otherwise. */
import { BugId, type BugOccurrence } from "@nunu-effect/core/Bug"
import { BuildId } from "@nunu-effect/core/Build"
import { type Job, JobId, type JobRun } from "@nunu-effect/core/Job"
import * as Page from "@nunu-effect/core/Page"
import { type Run, RunId } from "@nunu-effect/core/Run"
import type { StartedRuns, StartRunRequest } from "@nunu-effect/core/StartRun"
import { type TestPlanExecution, TestPlanExecutionId } from "@nunu-effect/core/TestPlanExecution"

export const jobId = (number = 1) => JobId.make(`job-${number}`)

export const runId = (number = 1) => RunId.make(`run-${number}`)

export const buildId = BuildId.make("build-1")

export const startRequest: StartRunRequest = { multiplayerTestId: "test-1", deploymentConfigId: "phones" }

/** What a start answers. */
export const startedJobs = (...numbers: ReadonlyArray<number>): StartedRuns => {
  const [first = 1, ...rest] = numbers
  return {
    jobIds: [jobId(first), ...rest.map(jobId)],
    runId: null,
    buildId: null,
    testPlanExecutionId: null,
    message: "queued"
  }
}

/** In the queue. */
export const job = (more: Partial<Job> = {}): Job => ({
  jobId: jobId(),
  projectId: "project",
  status: "QUEUED",
  createdAt: null,
  completedAt: null,
  multiplayerTestId: "test-1",
  testName: "Rope bridge",
  platform: null,
  buildId: null,
  testPlanExecutionId: null,
  queueRejectionReason: null,
  templatingEnabled: false,
  templateData: null,
  stoppedBy: null,
  tags: [],
  retries: { total: 0, remaining: 0 },
  runs: [],
  ...more
})

/** A run as its job lists it. */
export const attempt = (more: Partial<JobRun> = {}): JobRun => ({
  runId: runId(),
  state: "RUNNING",
  result: null,
  startedAt: null,
  completedAt: null,
  players: 1,
  ...more
})

/** Over, with success and without bugs. */
export const run = (more: Partial<Run> = {}): Run => ({
  runId: runId(),
  jobId: jobId(),
  projectId: "project",
  testPlanExecutionId: null,
  state: "COMPLETED",
  result: "SUCCESS",
  bugInfo: null,
  test: null,
  build: null,
  createdAt: null,
  startedAt: null,
  completedAt: null,
  durationMs: null,
  initiator: null,
  tags: [],
  players: [],
  templatingEnabled: false,
  templateData: null,
  ...more
})

export const bug = (more: Partial<BugOccurrence> = {}): BugOccurrence => ({
  id: "occurrence-1",
  bugId: BugId.make("bug_1"),
  title: "Player falls through the bridge",
  description: null,
  category: "gameplay",
  severity: "medium",
  confidence: "high",
  reproductionSteps: null,
  playerNumber: 0,
  testStep: null,
  turn: null,
  detectedAt: null,
  details: null,
  ...more
})

/** So many bugs, each with an id of its own. */
export const bugs = (count: number): ReadonlyArray<BugOccurrence> =>
  Array.from({ length: count }, (_, index) => bug({ id: `occurrence-${index + 1}` }))

/** A start of a plan that tells no counts. */
export const testPlanExecution = (more: Partial<TestPlanExecution> = {}): TestPlanExecution => ({
  id: TestPlanExecutionId.make("execution-1"),
  testPlanId: "plan-1",
  testPlanName: null,
  buildId: null,
  buildName: null,
  status: "QUEUED",
  startedAt: null,
  startedBy: null,
  completedAt: null,
  totalTests: null,
  testStatus: null,
  durationMs: null,
  ...more
})

export const pageOf = <A>(data: ReadonlyArray<A>): Page.Page<A> => ({ data, pagination: Page.whole(data.length) })
