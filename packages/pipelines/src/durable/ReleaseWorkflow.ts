/**
 * The durable release: a file becomes a build, somebody agrees, the build is tested, and a verdict is given, over hours
 * and over kills of the process at any instant. Start here.
 *
 * It is a `Workflow` of Effect: the engine is a layer (see `DurableEngine`), and the program does not change with it. What
 * has happened is in `ReleaseLog`.
 */
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { PartTransport } from "@nunu-effect/upload/PartTransport"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import type * as Schema from "effect/Schema"
import * as DurableClock from "effect/workflow/DurableClock"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import type { OnOneRunner } from "./OnOneRunner.ts"
import type { ReleaseOutcome, ReleaseRequest } from "./Release.ts"
import { isEnded } from "./Release.ts"
import { body } from "./ReleaseBody.ts"
import type { Answer } from "./ReleaseDefinition.ts"
import { Approval, workflow } from "./ReleaseDefinition.ts"
import * as ReleaseEnd from "./ReleaseEnd.ts"
import type { ReleaseLogError, ReleaseRecord } from "./ReleaseLog.ts"
import { ReleaseLog } from "./ReleaseLog.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseWatch from "./ReleaseWatch.ts"
import type { RunWaits } from "./RunWaits.ts"

export type { Answer } from "./ReleaseDefinition.ts"
export { workflow } from "./ReleaseDefinition.ts"

/** No release has this id. */
export class UnknownRelease extends Data.TaggedError("UnknownRelease")<{ readonly releaseId: string }> {
  override get message(): string {
    return `Cannot find release ${this.releaseId}: nobody has submitted it here`
  }
}

/** Nobody asks for this release's approval. */
export class NotAwaitingApproval extends Data.TaggedError("NotAwaitingApproval")<{
  readonly releaseId: string
  readonly status: ReleaseRecord["status"]
}> {
  override get message(): string {
    return `Cannot answer for release ${this.releaseId} as it does not wait for approval: it is ${this.status}`
  }
}

/** What a release needs of the outside, beside the engine. An `UploadLedger` lets uploads go on after a kill. */
export type Services =
  | Nunu
  | PartTransport
  | FileSystem.FileSystem
  | Path.Path
  | ReleaseLog
  | ReleaseSteps
  | RunWaits
  | OnOneRunner
  | WorkflowEngine

/** Carries releases out: the workflow, and the watch over the runs that they wait for. */
export const layer: Layer.Layer<never, never, Services> = Layer.merge(workflow.toLayer(body), ReleaseWatch.layer)

/**
 * Lets a release begin, and does not wait for it. Known already it goes on as it is; one that is over stays so. It takes
 * the release down first where nobody has.
 */
export const begin = Effect.fn("nunu.beginRelease")(function*(
  request: ReleaseRequest
): Effect.fn.Return<void, ReleaseLogError, ReleaseLog | WorkflowEngine> {
  const log = yield* ReleaseLog
  const { record } = yield* log.submit(request)
  if (isEnded(record.status)) return
  // In this order: what is written down as begun is known to the engine.
  yield* workflow.execute(record.request, { discard: true })
  yield* log.append(request.releaseId, "admitted", { _tag: "Admitted" })
})

/** Carries a release out and waits for its outcome, also of one that was submitted before. */
export const execute = Effect.fn("nunu.release")(function*(
  request: ReleaseRequest
): Effect.fn.Return<ReleaseOutcome, ReleaseLogError, ReleaseLog | WorkflowEngine> {
  const log = yield* ReleaseLog
  const { record } = yield* log.submit(request)
  if (record.outcome !== null) return record.outcome
  const exit = yield* Effect.exit(workflow.execute(record.request))
  const after = yield* log.get(request.releaseId)
  // A release that was cancelled is an interrupted workflow, and has an outcome all the same.
  return Option.getOrNull(after)?.outcome ?? (yield* exit)
})

/**
 * Cancels a release: what it has begun is undone, as far as that is possible. Does not wait for that; one that is over
 * stays as it is.
 */
export const cancel = Effect.fn("nunu.cancelRelease")(function*(
  releaseId: string,
  options: {
    /** Who asks. */
    readonly by: string
    /** A newer release has taken its place. @default false */
    readonly superseded?: boolean
  }
): Effect.fn.Return<void, UnknownRelease | ReleaseLogError, ReleaseLog | WorkflowEngine> {
  const { by, superseded = false } = options
  const log = yield* ReleaseLog
  const { request, status } = yield* find(releaseId)
  if (isEnded(status)) return
  yield* log.append(releaseId, "cancel-asked", { _tag: "CancelAsked", by, superseded })
  yield* workflow.interrupt(yield* workflow.executionId(request))
  // Nothing of it has begun; and if it begins just now, it sees that it was cancelled.
  if (status === "queued") yield* ReleaseEnd.cancelledInQueue(request, { by, superseded })
})

/** Answers a release that waits for approval; the first answer counts. */
export const approve = Effect.fn("nunu.approveRelease")(function*(
  releaseId: string,
  answer: Answer
): Effect.fn.Return<void, UnknownRelease | NotAwaitingApproval | ReleaseLogError, ReleaseLog | WorkflowEngine> {
  const { request, status } = yield* find(releaseId)
  if (status !== "awaiting-approval") return yield* new NotAwaitingApproval({ releaseId, status })
  yield* DurableDeferred.succeed(Approval, { token: yield* tokenOf(Approval, request), value: answer })
})

/** Lets a held release try at once, as after a new key; does nothing for another. */
export const retryNow = Effect.fn("nunu.retryRelease")(function*(
  releaseId: string
): Effect.fn.Return<void, UnknownRelease | ReleaseLogError, ReleaseLog | ReleaseSteps | WorkflowEngine> {
  const { request, status } = yield* find(releaseId)
  const steps = yield* ReleaseSteps
  const hold = yield* steps.look(releaseId, ReleaseStep.holds)
  if (status !== "held" || hold === null) return
  const { deferred } = DurableClock.make({ name: ReleaseStep.holdName(hold.number), duration: 0 })
  yield* DurableDeferred.succeed(deferred, { token: yield* tokenOf(deferred, request), value: undefined })
})

const find = Effect.fnUntraced(function*(releaseId: string) {
  const log = yield* ReleaseLog
  const record = Option.getOrNull(yield* log.get(releaseId))
  return record ?? (yield* new UnknownRelease({ releaseId }))
})

/** By which a wait of a release is ended from outside. */
const tokenOf = Effect.fnUntraced(function*<A extends Schema.Top>(
  deferred: DurableDeferred.DurableDeferred<A>,
  request: ReleaseRequest
) {
  const executionId = yield* workflow.executionId(request)
  return DurableDeferred.tokenFromExecutionId(deferred, { workflow, executionId })
})
