/** Tells in the log of a process what becomes of releases: for whoever has no page at hand. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { line } from "../../report/ReportText.ts"
import { OnOneRunner } from "../OnOneRunner.ts"
import type { LoggedEvent } from "../ReleaseEvent.ts"
import { ReleaseLog } from "../ReleaseLog.ts"

/** Tells of what happens from now on, on one of the bot's processes. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const log = yield* ReleaseLog
  const one = yield* OnOneRunner
  const following = Effect.flatMap(log.last, (after) => Stream.runForEach(log.follow({ after }), tell))
  // What cannot be read now may be in five seconds; that others tell already.
  yield* one.run("nunu-bot-log", Effect.ignore(Effect.retry(following, Schedule.spaced("5 seconds"))))
}))

const tell = ({ event, releaseId }: LoggedEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "ApprovalAsked":
      return Effect.logInfo(`Release ${releaseId} waits for approval`)
    case "Approved":
      return Effect.logInfo(`Release ${releaseId} was ${event.approved ? "approved" : "refused"} by ${event.by}`)
    case "CancelAsked":
      return event.superseded ? Effect.void : Effect.logInfo(`Release ${releaseId} is cancelled by ${event.by}`)
    case "Held":
      return Effect.logWarning(`Release ${releaseId} is held: ${line(event.message, 500)}`)
    case "Resumed":
      return Effect.logInfo(`Release ${releaseId} tries again`)
    case "Ended": {
      const { leftBehind, status, summary } = event.outcome
      const text = [`Release ${releaseId} ${status}: ${summary}`, ...leftBehind].join("; left behind: ")
      return status === "errored" || leftBehind.length > 0 ? Effect.logWarning(text) : Effect.logInfo(text)
    }
    default:
      return Effect.void
  }
}
