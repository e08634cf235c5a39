/** Starts a run that is then left to itself. Until it is known what was started, the run ledger has it, for a cleanup to find. */
import { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import { startsOne } from "@nunu-effect/pipelines/FindStarted"
import type { OnInterrupt } from "@nunu-effect/pipelines/GivenUp"
import { mayRun } from "@nunu-effect/pipelines/GivenUp"
import type { PipelineEvent } from "@nunu-effect/pipelines/Pipeline"
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import { RunLedger } from "@nunu-effect/pipelines/RunLedger"
import * as RunRecord from "@nunu-effect/pipelines/RunRecord"
import * as RunTag from "@nunu-effect/pipelines/RunTag"
import type { Started } from "@nunu-effect/pipelines/StartRun"
import { startRun } from "@nunu-effect/pipelines/StartRun"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface DetachOptions {
  /** What becomes of a start that is interrupted before it is known what it has done. */
  readonly onInterrupt: OnInterrupt
  readonly onEvent: (event: PipelineEvent) => Effect.Effect<void>
  /** Takes the handles down. */
  readonly record: (started: Started) => Effect.Effect<void>
}

export const start = Effect.fnUntraced(function*(
  request: StartRunRequest,
  { onEvent, onInterrupt, record }: DetachOptions
): Effect.fn.Return<Started, PipelineError, Nunu | Scope.Scope> {
  const { target } = yield* Nunu
  const ledger = yield* RunLedger
  const tag = yield* RunTag.unique(RunTag.startPrefix)
  const startedAt = yield* Clock.currentTimeMillis
  let open = false // something may be started that nobody knows of, or that could not be stopped
  const claim = onInterrupt === "stop"
    ? yield* ledger.begin({
      version: RunRecord.version,
      startedAt,
      target,
      tag,
      test: request.multiplayerTestId ?? request.testPlanId ?? "instructions",
      one: startsOne(request),
      jobIds: null
    }).pipe(Effect.mapError((reason) => new PipelineError({ reason: new UploadError({ reason }) })))
    : null
  return yield* startRun(request, {
    tag,
    record,
    onInterrupt,
    onAsking: (isAsking) => {
      open = isAsking
    },
    onGivenUp: (givenUp) =>
      Effect.suspend(() => {
        open ||= mayRun(givenUp)
        return onEvent(givenUp)
      })
  }).pipe(
    Effect.mapError((reason) => new PipelineError({ reason })),
    Effect.onExit(() => open || claim === null ? Effect.void : Effect.ignore(claim.remove))
  )
})
