/** The ends of a release that have no verdict: what it has begun is undone, and people are told why. */
import type { BuildId } from "@nunu-effect/core/Build"
import type { JobId } from "@nunu-effect/core/Job"
import * as Effect from "effect/Effect"
import { line } from "../report/ReportText.ts"
import type { ReleaseOutcome, ReleaseRequest } from "./Release.ts"
import { ReleaseLog } from "./ReleaseLog.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import { undo } from "./ReleaseUndo.ts"

/** What a release has begun, as far as it is known. */
export interface Progress {
  /** The tag of its start; null when nothing can have been started. */
  tag: string | null
  buildId: BuildId | null
  jobIds: ReadonlyArray<JobId>
}

/** Of a release that has not begun. */
export const noProgress: Readonly<Progress> = { tag: null, buildId: null, jobIds: [] }

/** Ends a release that cannot go on. */
export const errored = Effect.fnUntraced(function*(request: ReleaseRequest, progress: Progress, message: string) {
  const leftBehind = yield* undo(request, progress)
  return yield* tell(request, outcomeOf(progress, { status: "errored", summary: line(message, 500), leftBehind }))
})

/** Ends a release that somebody has cancelled, as its book says. */
export const cancelled = Effect.fnUntraced(function*(request: ReleaseRequest, progress: Progress) {
  const log = yield* ReleaseLog
  const events = yield* ReleaseStep.patiently(log.events({ releaseId: request.releaseId }))
  const asked = events.map(({ event }) => event).find((event) => event._tag === "CancelAsked")
  const leftBehind = yield* undo(request, progress)
  return yield* tell(request, outcomeOf(progress, { ...wordsOf(asked), leftBehind }))
})

/** Ends a release of which nothing has begun. */
export const cancelledInQueue = (
  { releaseId }: ReleaseRequest,
  asked: { readonly by: string; readonly superseded: boolean }
) =>
  Effect.flatMap(
    ReleaseLog,
    (log) =>
      log.append(releaseId, "ended", {
        _tag: "Ended",
        outcome: outcomeOf(noProgress, { ...wordsOf(asked), leftBehind: [] })
      })
  )

/** Writes an outcome down, and gives it. */
export const tell = (
  request: ReleaseRequest,
  outcome: ReleaseOutcome
): Effect.Effect<ReleaseOutcome, never, ReleaseLog> =>
  Effect.as(ReleaseStep.tell(request.releaseId, "ended", { _tag: "Ended", outcome }), outcome)

const outcomeOf = (
  { buildId, jobIds }: Readonly<Progress>,
  end: Pick<ReleaseOutcome, "status" | "summary" | "leftBehind">
): ReleaseOutcome => ({ ...end, buildId, jobIds, bugs: [] })

const wordsOf = (
  asked: { readonly by: string; readonly superseded: boolean } | undefined
): Pick<ReleaseOutcome, "status" | "summary"> => {
  if (asked === undefined) return { status: "cancelled", summary: "Cancelled" }
  return asked.superseded
    ? { status: "superseded", summary: `Superseded: ${asked.by} has taken its place` }
    : { status: "cancelled", summary: `Cancelled by ${asked.by}` }
}
