/** Fills an emulator with what is there already, and empties it. */
import { BuildId } from "@nunu-effect/core/Build"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { countOne, EmulatorState } from "./EmulatorState.ts"
import { jobIdOf, runIdOf } from "./JobRegister.ts"
import type { Data, PastRun } from "./Scenario.ts"

/** Adds things; one whose id is there already takes its place. */
export const seed = Effect.fnUntraced(function*(data: Data) {
  const state = yield* EmulatorState
  const now = yield* Clock.currentTimeMillis
  for (const build of data.builds ?? []) state.builds.set(build.id, build)
  for (const plan of data.testPlans ?? []) state.testPlans.set(plan.id, plan)
  for (const test of data.tests ?? []) state.tests.set(test.id, [test])
  for (const steps of data.sharedSteps ?? []) state.sharedSteps.set(steps.id, [steps])
  for (const run of data.runs ?? []) {
    const number = countOne(state, "jobs")
    const { startedSecondsAgo, ...script } = run
    state.jobs.set(jobIdOf(number), {
      jobId: jobIdOf(number),
      runId: runIdOf(number),
      request: requestOf(run),
      script,
      keyId: "emulator",
      executionId: null,
      startedAt: now - startedSecondsAgo * 1000,
      stoppedAt: null
    })
  }
})

/** Forgets everything: uploads, builds, runs, tests and what is granted. */
export const clear = Effect.map(EmulatorState, (state) => {
  const tables = [
    state.uploads,
    state.builds,
    state.jobs,
    state.executions,
    state.testPlans,
    state.tests,
    state.sharedSteps,
    state.folders,
    state.grants,
    state.counts
  ]
  for (const table of tables) table.clear()
})

const requestOf = ({ build, tags, test }: PastRun): StartRunRequest => ({
  deploymentConfigId: "emulated-deployment",
  ...(test === undefined ? { instructions: "Seeded by the scenario" } : { multiplayerTestId: test }),
  ...(tags === undefined ? {} : { additionalTags: tags }),
  ...(build === undefined ? {} : { buildId: BuildId.make(build) })
})
