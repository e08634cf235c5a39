/**
 * The start of a release's runs, never twice: its tag is the release's own, so that each attempt looks first for what an
 * earlier one has started, and a process that was taken for dead does not start when it comes to itself.
 */
import type { BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { startRun } from "../StartRun.ts"
import type { ReleaseRequest } from "./Release.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import type { StepAttempt } from "./ReleaseSteps.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseTime from "./ReleaseTime.ts"
import { problemOf } from "./StepResult.ts"

/** What was started. */
export const StartedRelease = Schema.Struct({
  jobIds: Schema.NonEmptyArray(JobId),
  /** Epoch milliseconds. */
  at: Schema.Int
})
export type StartedRelease = typeof StartedRelease.Type

/** The name under which its attempts are written down. */
export const stepName = "Start"

/** Starts the runs of a release under its tag. */
export const run = (
  { releaseId, run: request }: ReleaseRequest,
  { buildId, tag }: { readonly buildId: BuildId; readonly tag: string }
) =>
  ReleaseStep.run({
    releaseId,
    name: stepName,
    success: StartedRelease,
    execute: Effect.gen(function*() {
      const steps = yield* ReleaseSteps
      const attempt = yield* ReleaseStep.patiently(steps.begin(releaseId, stepName))
      const nunu = yield* Nunu
      const { jobIds } = yield* startRun({ ...request, buildId }, {
        idempotent: { tag, earlierAttempt: attempt.number > 1 },
        onInterrupt: "detach"
      }).pipe(
        Effect.provideService(Nunu, yield* fenced(nunu, { attempt, releaseId })),
        Effect.mapError((error) => new ReleaseStep.StepUndone({ problem: problemOf(error) }))
      )
      yield* ReleaseStep.tell(releaseId, "started", { _tag: "Started", jobIds, tag })
      return { jobIds, at: yield* ReleaseTime.now }
    })
  })

/** The client, which starts only while this is the latest attempt. */
const fenced = Effect.fnUntraced(function*(nunu: Nunu["Service"], { attempt, releaseId }: {
  readonly releaseId: string
  readonly attempt: StepAttempt
}) {
  const services = yield* Effect.context<ReleaseSteps>()
  const check = Effect.provideContext(ReleaseStep.stillOurs(releaseId, stepName, attempt), services)
  return Nunu.of({
    ...nunu,
    runs: { ...nunu.runs, start: (request) => Effect.andThen(check, nunu.runs.start(request)) }
  })
})
