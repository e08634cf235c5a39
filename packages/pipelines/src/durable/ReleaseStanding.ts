/** How a release stands after what has happened to it. Pure; every book of releases asks here. */
import type { ReleaseRequest, ReleaseStatus } from "./Release.ts"
import type { ReleaseEvent } from "./ReleaseEvent.ts"

export interface ReleaseStanding {
  readonly status: ReleaseStatus
  /** What it is, or goes on as when it is not held any more. */
  readonly unheld: ReleaseStatus
}

/** Of a release that was just submitted. */
export const initial: ReleaseStanding = { status: "queued", unheld: "queued" }

/** Tells how a release stands after an event. What only tells of progress changes nothing. */
export const after = (before: ReleaseStanding, event: ReleaseEvent, request: ReleaseRequest): ReleaseStanding => {
  const status = statusAfter(before, event, request)
  return { status, unheld: status === "held" ? before.unheld : status }
}

const statusAfter = (before: ReleaseStanding, event: ReleaseEvent, request: ReleaseRequest): ReleaseStatus => {
  switch (event._tag) {
    case "Queued":
      return "queued"
    case "Admitted":
      return request.source._tag === "File" ? "uploading" : "starting"
    case "Uploaded":
    case "Approved":
      return "starting"
    case "ApprovalAsked":
      return "awaiting-approval"
    case "Started":
      return "waiting"
    case "RunsEnded":
      return "collecting"
    case "Held":
      return "held"
    case "Resumed":
      return before.unheld
    case "Ended":
      return event.outcome.status
    case "UploadProgress":
    case "RunChanged":
    case "CancelAsked":
      return before.status
  }
}
