/** Reports of 10,000 bugs: how long each takes, against the promise of 2 seconds. */
import { Bug, Job, Run } from "@nunu-effect/core"
import { Gate, Report } from "@nunu-effect/pipelines"
import * as PipelineResult from "@nunu-effect/pipelines/PipelineResult"
import * as GitHub from "@nunu-effect/pipelines/report/GitHub"
import { DateTime, Schema } from "effect"
import type { Row } from "./main.ts"

const bugs = 10_000
const promised = 2000
const rounds = 5

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const result = resultOf(bugs)
  const reports = [
    ...Report.formats.map((format) => ({ name: format, render: (): unknown => Report.render(result, format) })),
    { name: "github", render: (): unknown => GitHub.render(result) }
  ]
  return reports.map(({ name, render }) => ({
    what: `report of ${bugs} bugs: ${name}`,
    peer: "the promise",
    unit: "ms",
    ours: medianMillis(render),
    theirs: promised
  }))
}

const medianMillis = (render: () => unknown): number => {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    render()
    return performance.now() - start
  }).toSorted((a, b) => a - b)
  return Math.round(times[Math.floor(rounds / 2)] ?? Number.NaN)
}

function resultOf(count: number): PipelineResult.PipelineResult {
  const now = DateTime.makeUnsafe(0)
  const request = { multiplayerTestId: "test-1", deploymentConfigId: "phones" }
  return PipelineResult.make({
    program: "run",
    gate: Gate.defaultGate,
    trials: [{
      name: "Tutorial",
      target: PipelineResult.targetOf(request),
      started: null,
      jobs: [{
        job: Schema.decodeSync(Job.Job)({ job_id: "job-1", status: "COMPLETED" }),
        run: Schema.decodeSync(Run.Run)({ multiplayer_run_id: "run-1", state: "COMPLETED", result: "SUCCESS" }),
        bugs: Array.from({ length: count }, (_, index) => bugOf(index)),
        settled: true
      }],
      error: null,
      startedAt: now,
      endedAt: now
    }],
    startedAt: now,
    endedAt: now
  })
}

const severities = ["critical", "high", "medium", "low"]

const bugOf = (index: number): Bug.BugOccurrence =>
  Schema.decodeSync(Bug.BugOccurrence)({
    id: `occurrence-${index}`,
    bug_id: `bug_${index}`,
    title: `Bug number ${index}: <b>the player</b> falls & stays`,
    description: "A description of about a hundred characters, as the vendor's agents write them, more or less.",
    category: "gameplay",
    severity: severities[index % severities.length],
    confidence: "high",
    reproduction_steps: ["Start the game", "Walk to the bridge", "Fall"],
    player_number: 0,
    detected_at: "2026-11-23T12:00:00Z"
  })
