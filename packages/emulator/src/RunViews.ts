/** Jobs and runs as the API shows them at a moment: the script at that moment, in the words of the contract. */
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { BugId } from "@nunu-effect/core/Bug"
import type { Job } from "@nunu-effect/core/Job"
import { JobId } from "@nunu-effect/core/Job"
import type { LivePlayer, LiveRun } from "@nunu-effect/core/LiveRun"
import type { Player, Run } from "@nunu-effect/core/Run"
import { RunId } from "@nunu-effect/core/Run"
import * as DateTime from "effect/DateTime"
import type { StartedJob } from "./EmulatorState.ts"
import { artifactsOf, pngBase64, urlOf } from "./RunArtifacts.ts"
import type { PlayerAt, Snapshot } from "./RunTimeline.ts"
import * as RunTimeline from "./RunTimeline.ts"

/** A started job at a moment, with the means to show script times as dates. */
export interface JobAt {
  readonly job: StartedJob
  readonly snapshot: Snapshot
  /** Turns milliseconds of the script into a date; null stays null. */
  readonly date: (millis: number | null) => DateTime.Utc | null
}

/** Takes a job as it stands `now`, in epoch milliseconds. */
export const jobAt = (job: StartedJob, now: number, speed: number): JobAt => ({
  job,
  snapshot: RunTimeline.at(job.script, (now - job.startedAt) * speed, job.stoppedAt),
  date: (millis) => millis === null ? null : DateTime.makeUnsafe(Math.round(job.startedAt + millis / speed))
})

export const projectId = "emulated-project"

export const toJob = ({ date, job, snapshot }: JobAt): Job => ({
  jobId: JobId.make(job.jobId),
  projectId,
  status: snapshot.shownStatus,
  createdAt: date(0),
  completedAt: date(snapshot.completedAt),
  multiplayerTestId: job.request.multiplayerTestId ?? null,
  testName: job.script.testName,
  platform: null,
  buildId: job.request.buildId ?? null,
  testPlanExecutionId: job.executionId,
  queueRejectionReason: snapshot.rejection,
  templatingEnabled: job.request.renderTemplates ?? false,
  templateData: job.request.templateData ?? null,
  stoppedBy: job.stoppedAt === null ? null : { type: "api" },
  tags: tagsOf(job),
  retries: { total: job.request.retries ?? 0, remaining: job.request.retries ?? 0 },
  runs: snapshot.runState === null ? [] : [{
    runId: RunId.make(job.runId),
    state: snapshot.shownState ?? snapshot.runState,
    result: snapshot.result,
    startedAt: date(snapshot.startedAt),
    completedAt: date(snapshot.completedAt),
    players: snapshot.players.length
  }]
})

/** What a run shows and its job does not know. */
export interface Around {
  readonly buildName: string | null
  readonly artifactsOrigin: string
  /** Whether a job in the queue is shown as a run. @default false */
  readonly showQueued?: boolean
}

/** Null while the job is in the queue: there is no run yet. */
export const toRun = (at: JobAt, around: Around): Run | null => {
  const { date, job, snapshot } = at
  if (snapshot.runState === null && around.showQueued !== true) return null
  return {
    runId: RunId.make(job.runId),
    jobId: job.jobId,
    projectId,
    testPlanExecutionId: job.executionId,
    state: snapshot.shownState ?? "INITIALIZING",
    result: snapshot.result,
    bugInfo: snapshot.runState === "COMPLETED"
      ? { bugLabel: snapshot.bugs.length === 0 ? "no_bugs" : "bugs", bugCount: snapshot.bugs.length }
      : null,
    test: { id: job.request.multiplayerTestId ?? null, name: job.script.testName, type: "verification" },
    build: job.request.buildId === undefined ? null : { id: job.request.buildId, name: around.buildName, type: null },
    createdAt: date(0),
    startedAt: date(snapshot.startedAt),
    completedAt: date(snapshot.completedAt),
    durationMs: millisBetween(date(snapshot.startedAt), date(snapshot.completedAt)),
    initiator: { type: "api", value: { key_id: job.keyId } },
    tags: tagsOf(job),
    players: snapshot.players.map((player, index) => toPlayer(player, index, at, around)),
    templatingEnabled: job.request.renderTemplates ?? false,
    templateData: job.request.templateData ?? null
  }
}

/** A run with what its players are at; null while the job is in the queue. */
export const toLiveRun = ({ date, job, snapshot }: JobAt, withScreenshots: boolean): LiveRun | null =>
  snapshot.runState === null ? null : {
    runId: RunId.make(job.runId),
    state: snapshot.shownState ?? snapshot.runState,
    test: { id: job.request.multiplayerTestId ?? null, name: job.script.testName, type: null },
    players: snapshot.players.map(({ steps }, index): LivePlayer => {
      const current = steps.findIndex(({ state }) => state === "RUNNING")
      const step = steps[current]
      return {
        playerNumber: index,
        compositeRunId: `${job.runId}-${index + 1}`,
        currentRunId: job.runId,
        currentStep: step === undefined ? null : current + 1,
        gameState: null,
        screenshot: withScreenshots ? { data: pngBase64, mimeType: "image/png", encoding: "base64" } : null,
        lastAgentStep: step === undefined
          ? null
          : { agent: "player", step: current + 1, saveData: { goal: step.goal }, startTime: date(step.startedAt) }
      }
    })
  }

export const toBugs = ({ date, job, snapshot }: JobAt): ReadonlyArray<BugOccurrence> =>
  snapshot.bugs.map((bug, index) => ({
    id: `${job.runId}-${index + 1}`,
    bugId: BugId.make(bug.bugId),
    title: bug.title,
    description: bug.description,
    category: bug.category,
    severity: bug.severity,
    confidence: bug.confidence,
    reproductionSteps: bug.reproductionSteps,
    playerNumber: bug.player,
    testStep: stepOf(snapshot.players[bug.player], bug.detectedAt),
    turn: Math.floor(bug.afterSeconds / secondsOfTurn) + 1,
    detectedAt: date(bug.detectedAt),
    details: null
  }))

/** Tags of a job; the API puts `api` before those of a one-off test. */
export const tagsOf = (job: StartedJob): ReadonlyArray<string> => [
  ...(job.request.instructions === undefined ? [] : ["api"]),
  ...(job.request.additionalTags ?? [])
]

const secondsOfTurn = 5

/** The number, from 1, of the step that a player was at. */
const stepOf = (player: PlayerAt | undefined, at: number): number =>
  Math.max(1, player?.steps.filter(({ startedAt }) => startedAt !== null && startedAt <= at).length ?? 1)

const millisBetween = (start: DateTime.Utc | null, end: DateTime.Utc | null): number | null =>
  start === null || end === null ? null : DateTime.toEpochMillis(end) - DateTime.toEpochMillis(start)

const toPlayer = (player: PlayerAt, index: number, at: JobAt, { artifactsOrigin }: Around): Player => {
  const { date, job } = at
  const id = `${job.runId}-${index + 1}`
  return {
    id,
    state: player.state,
    result: player.result,
    playerNumber: index,
    testName: job.script.testName,
    compositeTestId: `${job.request.multiplayerTestId ?? "ephemeral"}-${index + 1}`,
    stepCount: player.steps.length,
    completedStepCount: player.steps.filter((step) => step.state === "COMPLETED").length,
    platform: { kind: "android-native", config: { device: { name: "Pixel 9", os_version: "16" } } },
    artifacts: artifactsOf(at, index).map(({ filename, size, uploadedAt }) => ({
      filename,
      url: urlOf(artifactsOrigin, id, filename),
      size,
      uploadedAt
    })),
    steps: player.steps.map((step, number) => ({
      stepNumber: number + 1,
      state: step.state,
      result: step.result,
      startTime: date(step.startedAt),
      endTime: date(step.endedAt),
      durationMs: millisBetween(date(step.startedAt), date(step.endedAt)),
      report: null,
      test: { test_step_id: `step_${number + 1}`, goal: step.goal, finish_condition: null, test_type: "verification" }
    }))
  }
}
