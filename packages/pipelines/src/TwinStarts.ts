/**
 * Several starts under one tag, of which one may stand: a process that was taken for dead may have started as well. All
 * that look at the same jobs choose the same start, the oldest. Pure.
 */
import type { JobId } from "@nunu-effect/core/Job"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { Found, FoundJob } from "./FindStarted.ts"
import { startsOne } from "./FindStarted.ts"

export interface Twins {
  /** Of the start that stands; none when nothing was found. */
  readonly oldest: ReadonlyArray<FoundJob>
  /** Of all others. */
  readonly younger: ReadonlyArray<JobId>
}

/**
 * Tells the jobs of the oldest start from those of the others; `ours` are those that one start is known to have made. Jobs
 * of a plan belong together by their execution; where that is not told, only ours and those of others are told apart.
 */
export const split = (found: Found, { ours = [], request }: {
  readonly request: StartRunRequest
  readonly ours?: ReadonlyArray<JobId>
}): Twins => {
  const starts = new Map<string, Array<FoundJob>>()
  for (const job of found.values()) {
    const key = startsOne(request) ? job.jobId : job.executionId ?? (ours.includes(job.jobId) ? "ours" : "others")
    starts.set(key, [...starts.get(key) ?? [], job])
  }
  const [oldest = [], ...younger] = Array.from(starts.values(), (jobs) => jobs.toSorted(byAge)).toSorted(([a], [b]) =>
    a === undefined || b === undefined ? 0 : byAge(a, b)
  )
  return { oldest, younger: younger.flat().map(({ jobId }) => jobId) }
}

/** Of two at the same moment, that with the lesser id counts as older. */
const byAge = (a: FoundJob, b: FoundJob): number =>
  (a.createdAt ?? 0) - (b.createdAt ?? 0) || (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0)
