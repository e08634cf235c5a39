/** What a release does, step by step. It is gone through again from its beginning whenever the release goes on. */
import type { BuildId } from "@nunu-effect/core/Build"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Activity from "effect/workflow/Activity"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { WorkflowInstance } from "effect/workflow/WorkflowEngine"
import * as RunTag from "../RunTag.ts"
import * as CollectStep from "./CollectStep.ts"
import type { ReleaseRequest } from "./Release.ts"
import { ReleaseOutcome } from "./Release.ts"
import { Approval, RunsEnded, workflow } from "./ReleaseDefinition.ts"
import type { Progress } from "./ReleaseEnd.ts"
import * as ReleaseEnd from "./ReleaseEnd.ts"
import { ReleaseLog } from "./ReleaseLog.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseTime from "./ReleaseTime.ts"
import { undo } from "./ReleaseUndo.ts"
import { RunWaits } from "./RunWaits.ts"
import * as StartStep from "./StartStep.ts"
import * as UploadStep from "./UploadStep.ts"

/** Carries a release out, and undoes it when it is cancelled or cannot go on. */
export const body = Effect.fnUntraced(function*(request: ReleaseRequest, executionId: string) {
  const { source } = request
  const progress: Progress = { tag: null, buildId: source._tag === "Build" ? source.buildId : null, jobIds: [] }
  const instance = yield* WorkflowInstance
  yield* Workflow.addFinalizer((exit) => {
    if (Exit.isSuccess(exit)) return Effect.void
    if (Cause.hasDies(exit.cause)) {
      const message = `Cannot go on with the release: ${String(Cause.squash(exit.cause))}`
      return Effect.asVoid(ReleaseEnd.errored(request, progress, message))
    }
    // An engine that goes away interrupts as well: then the next process goes on with it, and nothing is undone.
    return instance.interrupted ? Effect.asVoid(ReleaseEnd.cancelled(request, progress)) : Effect.void
  })
  return yield* steps(request, { executionId, progress }).pipe(
    Effect.catchTags({
      StepCancelled: () => Effect.andThen(workflow.interrupt(executionId), Workflow.suspend(instance)),
      StepFailed: ({ message }) => ReleaseEnd.errored(request, progress, message)
    })
  )
})

interface Context {
  readonly executionId: string
  readonly progress: Progress
}

const steps = Effect.fnUntraced(function*(request: ReleaseRequest, { executionId, progress }: Context) {
  const { tag, at: begunAt, ended } = yield* begin(request)
  if (ended !== null) return ended
  const buildId = yield* build(request)
  progress.buildId = buildId
  const refused = request.approval === true ? yield* approval(request) : null
  if (refused !== null) return yield* ReleaseEnd.tell(request, { ...refused, buildId })
  progress.tag = tag
  const started = yield* StartStep.run(request, { buildId, tag })
  progress.jobIds = started.jobIds
  const { how, message } = yield* runs(request, { executionId, started })
  if (how === "lost") return yield* new ReleaseStep.StepFailed({ message })
  const timedOut = how === "timed-out"
  const outcome = yield* CollectStep.run(request, { buildId, tag, started, begunAt, timedOut })
  const leftBehind = timedOut ? yield* undo(request, progress) : []
  return yield* ReleaseEnd.tell(request, { ...outcome, leftBehind })
})

const Begun = Schema.Struct({
  /** The tag of its start: of this release alone, also where another store has one of the same id. */
  tag: Schema.String,
  /** Epoch milliseconds. */
  at: Schema.Int,
  /** It was over before it has begun: it was cancelled in the queue. */
  ended: Schema.NullOr(ReleaseOutcome)
})

const begin = (request: ReleaseRequest) =>
  Activity.make({
    name: "Begin",
    success: Begun,
    execute: Effect.gen(function*() {
      const log = yield* ReleaseLog
      const { record } = yield* ReleaseStep.patiently(log.submit(request))
      if (record.outcome === null) yield* ReleaseStep.tell(request.releaseId, "admitted", { _tag: "Admitted" })
      return { tag: yield* tagOf(request.releaseId), at: yield* ReleaseTime.now, ended: record.outcome }
    })
  })

/** The first that any process has thought of: by two tags, two could start without seeing each other. */
const tagOf = Effect.fnUntraced(function*(releaseId: string) {
  const steps = yield* ReleaseSteps
  while (true) {
    const attempt = yield* ReleaseStep.patiently(steps.begin(releaseId, "Tag"))
    if (attempt.note !== null) return attempt.note
    const note = yield* RunTag.unique(RunTag.startPrefix)
    if (yield* ReleaseStep.patiently(steps.write(releaseId, "Tag", { ...attempt, note }))) return note
  }
})

const build = (request: ReleaseRequest) => {
  const { source } = request
  return source._tag === "Build"
    ? Effect.succeed<BuildId>(source.buildId)
    : UploadStep.run({ ...request, source })
}

/** Gives the outcome when somebody has said no. */
const approval = Effect.fnUntraced(function*({ releaseId }: ReleaseRequest) {
  yield* Activity.make({
    name: "AskApproval",
    execute: ReleaseStep.tell(releaseId, "approval-asked", { _tag: "ApprovalAsked" })
  })
  const answer = yield* DurableDeferred.await(Approval)
  yield* ReleaseStep.tell(releaseId, "approved", { _tag: "Approved", ...answer })
  const { approved, by, comment } = answer
  return approved ? null : {
    status: "cancelled" as const,
    summary: `Not approved by ${by}${comment === "" ? "" : `: ${comment}`}`,
    jobIds: [],
    bugs: [],
    leftBehind: []
  }
})

/** Waits without a fiber until the runs are over. */
const runs = Effect.fnUntraced(function*({ releaseId, timeoutSeconds }: ReleaseRequest, { executionId, started }: {
  readonly executionId: string
  readonly started: StartStep.StartedRelease
}) {
  const token = DurableDeferred.tokenFromExecutionId(RunsEnded, { workflow, executionId })
  yield* Activity.make({
    name: "Wait",
    execute: Effect.flatMap(RunWaits, (waits) =>
      ReleaseStep.patiently(waits.add({
        releaseId,
        token,
        jobIds: started.jobIds,
        deadline: timeoutSeconds === undefined ? null : started.at + timeoutSeconds * 1000
      })))
  })
  const ended = yield* DurableDeferred.await(RunsEnded)
  yield* ReleaseStep.tell(releaseId, "runs-ended", { _tag: "RunsEnded", timedOut: ended.how === "timed-out" })
  return ended
})
