/** The steps of a release as people look at them, read from what has happened to it. Pure. */
import { bytes, count, line } from "../../../report/ReportText.ts"
import type { ReleaseOutcome } from "../../Release.ts"
import type { LoggedEvent, ReleaseEvent } from "../../ReleaseEvent.ts"
import type { ReleaseRecord } from "../../ReleaseLog.ts"

export type StepState = "done" | "now" | "held" | "bad" | "todo"

export interface ReleaseStep {
  readonly name: string
  readonly state: StepState
  /** Epoch milliseconds; null before it has begun. */
  readonly begunAt: number | null
  /** Null until it is over. */
  readonly endedAt: number | null
  /** What there is to say of it, in lines. */
  readonly notes: ReadonlyArray<string>
  /** From 0 to 1, where that can be told. */
  readonly progress: number | null
}

type Kind = "queue" | "upload" | "approval" | "start" | "runs" | "collect"

const names: Readonly<Record<Kind, string>> = {
  queue: "Queue",
  upload: "Upload",
  approval: "Approval",
  start: "Start",
  runs: "Runs",
  collect: "Bugs and verdict"
}

/** Gives the steps that a release takes, in their order. */
export const stepsOf = (
  { outcome, request }: Pick<ReleaseRecord, "request" | "outcome">,
  events: ReadonlyArray<LoggedEvent>
): ReadonlyArray<ReleaseStep> => {
  const kinds: ReadonlyArray<Kind> = [
    "queue",
    ...request.source._tag === "File" ? ["upload" as const] : [],
    ...request.approval === true ? ["approval" as const] : [],
    "start",
    "runs",
    "collect"
  ]
  const steps = new Map(kinds.map((kind) => [kind, fresh()]))
  let current: Kind | undefined = kinds[0]
  for (const { at, event } of events) {
    const step = current === undefined ? undefined : steps.get(current)
    if (step === undefined || current === undefined) break
    step.begunAt ??= at
    tell(step, event)
    if (event._tag === "Ended") {
      step.endedAt = at
      step.state = isVerdict(event.outcome) && current === "collect" ? "done" : "bad"
      current = undefined
    } else if (leads[event._tag] === current && !isRefusal(event)) {
      step.endedAt = at
      step.state = "done"
      step.progress = null
      current = kinds[kinds.indexOf(current) + 1]
      const next = current === undefined ? undefined : steps.get(current)
      if (next !== undefined) next.begunAt = at
    }
  }
  const last = current === undefined ? undefined : steps.get(current)
  if (last !== undefined && outcome === null && last.state === "todo") last.state = "now"
  return Array.from(steps, ([kind, { runs, ...step }]) => ({
    ...step,
    name: names[kind],
    notes: [...step.notes, ...runs.size > maxRuns ? [count(runs.size, "run")] : runs.values()]
  }))
}

/** Says what an event is, as one line. */
export const wordsOf = (event: ReleaseEvent): string => {
  switch (event._tag) {
    case "Queued":
      return "Submitted"
    case "Admitted":
      return "Its turn has come"
    case "UploadProgress":
      return `Uploading: ${bytes(event.sent)} of ${bytes(event.size)}`
    case "Uploaded":
      return `Uploaded as ${line(event.buildId)}${
        event.resumedParts === 0 ? "" : `, ${event.resumedParts} of ${count(event.parts, "part")} sent earlier`
      }`
    case "ApprovalAsked":
      return "Waits for an approval"
    case "Approved":
      return `${event.approved ? "Approved" : "Refused"} by ${line(event.by)}${
        event.comment === "" ? "" : `: ${line(event.comment)}`
      }`
    case "Started":
      return `Started: ${count(event.jobIds.length, "job")}`
    case "RunChanged":
      return line(event.text)
    case "RunsEnded":
      return event.timedOut ? "The time for the runs was up" : "The runs have ended"
    case "Held":
      return `Waits for ${event.why === "quota" ? "storage space" : "a key that is accepted"}: ${line(event.message)}`
    case "Resumed":
      return "Goes on"
    case "CancelAsked":
      return event.superseded ? "Gives way to a newer release of its branch" : `Stopped by ${line(event.by)}`
    case "Ended":
      return `Ended: ${event.outcome.status}`
  }
}

interface Growing {
  state: StepState
  begunAt: number | null
  endedAt: number | null
  notes: ReadonlyArray<string>
  progress: number | null
  /** The last word of each job. */
  readonly runs: Map<string, string>
}

const fresh = (): Growing => ({
  state: "todo",
  begunAt: null,
  endedAt: null,
  notes: [],
  progress: null,
  runs: new Map()
})

const maxRuns = 12

/** With which event a step is over. */
const leads: { readonly [Tag in ReleaseEvent["_tag"]]?: Kind } = {
  Admitted: "queue",
  Uploaded: "upload",
  Approved: "approval",
  Started: "start",
  RunsEnded: "runs"
}

const tell = (step: Growing, event: ReleaseEvent): void => {
  switch (event._tag) {
    case "UploadProgress":
      step.progress = event.size === 0 ? null : event.sent / event.size
      step.notes = [`${bytes(event.sent)} of ${bytes(event.size)}`]
      return
    case "RunChanged":
      step.runs.set(event.jobId, line(event.text))
      return
    case "Held":
      step.state = "held"
      step.notes = [wordsOf(event)]
      return
    case "Resumed":
      step.state = "now"
      step.notes = []
      return
    case "Uploaded":
    case "Approved":
    case "Started":
    case "RunsEnded":
    case "CancelAsked":
      step.notes = [wordsOf(event)]
      return
    case "Ended":
      step.notes = [...step.notes, line(event.outcome.summary)]
      return
    case "Queued":
    case "Admitted":
    case "ApprovalAsked":
      return
  }
}

const isRefusal = (event: ReleaseEvent): boolean => event._tag === "Approved" && !event.approved

/** It ended as releases are meant to, well or not. */
const isVerdict = ({ status }: ReleaseOutcome): boolean =>
  status === "passed" || status === "failed" || status === "inconclusive"
