/** Runs of the script `crossing`, from their start to what is asked about them. */
import { JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

type Client = Nunu["Service"]

export const startRequest: StartRunRequest = { multiplayerTestId: "test-1", deploymentConfigId: "deployment-1" }

export const unknownJob = JobId.make("00000001-0000-4000-8000-ffffffffffff")

/** Starts one job. */
export const start = (nunu: Client, more: Partial<StartRunRequest> = {}) =>
  Effect.map(nunu.runs.start({ ...startRequest, ...more }), ({ jobIds: [jobId] }) => jobId)

export const wait = (seconds: number): Effect.Effect<void> => TestClock.adjust(seconds * 1000)

/** The run of a job that has left the queue. */
export const runOf = Effect.fnUntraced(function*(nunu: Client, jobId: JobId) {
  const [run] = (yield* nunu.jobs.get(jobId)).runs
  return run === undefined ? yield* Effect.die("no run yet") : run.runId
})
