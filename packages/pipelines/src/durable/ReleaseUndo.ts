/**
 * Undoes what a release has begun: its runs are stopped, its upload is given up. Done again after a kill, it does no harm.
 * A build that is complete stays, as the API has no way to delete it.
 */
import type { BuildId } from "@nunu-effect/core/Build"
import type { JobId } from "@nunu-effect/core/Job"
import * as Cleanup from "@nunu-effect/upload/Cleanup"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FindStarted from "../FindStarted.ts"
import { stopRunsNow } from "../StopRun.ts"
import type { ReleaseRequest } from "./Release.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import { RunWaits } from "./RunWaits.ts"
import * as StartStep from "./StartStep.ts"
import * as UploadStep from "./UploadStep.ts"

/** What there may be to undo. */
export interface Begun {
  /** Null when nothing can have been started. */
  readonly tag: string | null
  /** As far as they are known. */
  readonly jobIds: ReadonlyArray<JobId>
}

/** Undoes a release, and tells people what could not be undone. */
export const undo = Effect.fn("nunu.undoRelease")(function*(
  request: ReleaseRequest,
  { jobIds, tag }: Begun
) {
  const { releaseId } = request
  const waits = yield* RunWaits
  yield* ReleaseStep.patiently(waits.remove(releaseId))
  return [
    ...(tag === null ? [] : yield* stop(request, { jobIds, tag })),
    ...(request.source._tag === "File" ? yield* giveUp(releaseId) : [])
  ]
})

const stop = Effect.fnUntraced(function*(request: ReleaseRequest, { jobIds, tag }: {
  readonly tag: string
  readonly jobIds: ReadonlyArray<JobId>
}) {
  const steps = yield* ReleaseSteps
  // No attempt that was taken for dead starts anything from now on.
  const { number } = yield* ReleaseStep.patiently(steps.begin(request.releaseId, StartStep.stepName))
  if (number === 1) return []
  const seen = new Map<JobId, FindStarted.FoundJob>()
  const failure = yield* FindStarted.search(tag, {
    one: FindStarted.startsOne(request.run),
    interval: "3 seconds",
    within: jobIds.length === 0 ? "30 seconds" : "6 seconds", // lists may lag behind
    seen,
    known: jobIds
  }).pipe(
    Effect.map(({ error }) => error?.message ?? null),
    Effect.interruptible,
    Effect.timeoutOrElse({
      duration: "2 minutes",
      orElse: () => Effect.succeed("Cannot look for runs: the answer took too long")
    })
  )
  const [first, ...rest] = new Set([...jobIds, ...seen.keys()])
  const unknown = jobIds.length === 0 && failure !== null
    ? [`a run that carries the tag ${tag} may be going on: ${failure}`]
    : []
  if (first === undefined) return unknown
  let { running } = yield* stopRunsNow([first, ...rest])
  for (let repeat = 1; running.length > 0 && repeat <= 5; repeat++) {
    yield* Effect.sleep(`${2 ** repeat} seconds`)
    const [again, ...others] = running
    if (again !== undefined) ({ running } = yield* stopRunsNow([again, ...others]))
  }
  return [...unknown, ...running.map((jobId) => `job ${jobId} could not be stopped`)]
})

const giveUp = Effect.fnUntraced(function*(releaseId: string) {
  const buildId = yield* UploadStep.begunBuild(releaseId)
  if (buildId === null) return []
  const outcome = yield* Effect.result(Cleanup.cleanupBuild(buildId))
  if (Result.isFailure(outcome)) return [`the upload of build ${buildId}: ${outcome.failure.message}`]
  if (outcome.success === null) return yield* unreachable(buildId)
  return undone.has(outcome.success)
    ? []
    : [`the upload of build ${buildId} could not be given up (${outcome.success})`]
})

/** What no ledger here knows may be complete; where it is not, nobody but its own machine could give it up. */
const unreachable = Effect.fnUntraced(function*(buildId: BuildId) {
  const found = yield* Effect.orElseSucceed(UploadStep.findBuild(buildId), () => null)
  return found !== null ? [] : [
    `the upload of build ${buildId} is not known to the ledger of uploads here: its place is free when it times out`
  ]
})

const undone: ReadonlySet<Cleanup.Cleaned> = new Set<Cleanup.Cleaned>(["cancelled", "expired", "complete"])
