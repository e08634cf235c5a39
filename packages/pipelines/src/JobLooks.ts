/**
 * Looks at many jobs with few calls. The API has no filter by job id, so the lists of what is queued and of what runs are
 * read, a hundred jobs a call; what they do not show is looked at alone.
 *
 * Gotchas: a list that changes while it is read may leave a job out, and one in a status that is on no list may be far
 * down on the list of all. Both cost a call of their own, and nothing else.
 */
import type { ApiError, KeyedCallError, NotFound } from "@nunu-effect/core/ApiError"
import { isAuth, isTransient } from "@nunu-effect/core/ErrorCategory"
import type { Job, JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/** Why one job could not be looked at. */
export type LookError = NotFound | KeyedCallError

/** What a look at one job gave. */
export type JobLook = Result.Result<Job, LookError>

/** A job to look at, with the status that it had before; null when it was not seen yet. */
export interface Wanted {
  readonly jobId: JobId
  readonly status: string | null
}

/**
 * Looks at all of them, and gives a result for each, and for others that are welcome where a list has shown them. One
 * alone is asked for by itself; more through lists.
 */
export const lookAtJobs = Effect.fn("nunu.lookAtJobs")(function*(
  wanted: ReadonlyArray<Wanted>,
  welcome: ReadonlySet<JobId> = new Set()
): Effect.fn.Return<ReadonlyMap<JobId, JobLook>, never, Nunu> {
  const missing = new Set(wanted.map(({ jobId }) => jobId))
  const found = new Map<JobId, JobLook>()
  const take = (jobs: ReadonlyArray<Job>) => {
    for (const job of jobs) {
      if (missing.delete(job.jobId) || welcome.has(job.jobId)) found.set(job.jobId, Result.succeed(job))
    }
  }
  if (missing.size + welcome.size > 1) {
    for (const list of listsFor(wanted)) {
      const failure = yield* readList(list, missing, take)
      if (failure === null) continue
      for (const jobId of missing) found.set(jobId, Result.fail(failure))
      return found
    }
  }
  if (missing.size > 2) yield* readList({ status: "completed", pages: pagesOf(missing.size) + 1 }, missing, take)
  const alone = yield* Effect.forEach(missing, lookAtJob, { concurrency: atOnce })
  for (const [jobId, look] of alone) found.set(jobId, look)
  return found
})

const pageSize = 100
const atOnce = 8

interface List {
  readonly status: "all" | "queued" | "running" | "completed"
  /** How many of its pages are read at most. */
  readonly pages: number
}

const pagesOf = (jobs: number): number => Math.ceil(jobs / pageSize)

/**
 * Who was not seen yet is among the newest of all; so, as a rule, is who stands in another status than those that can be
 * asked for. What leaves the queue between two lists is on the second of them.
 */
const listsFor = (wanted: ReadonlyArray<Wanted>): ReadonlyArray<List> => {
  const others = wanted.filter(({ status }) => status !== "QUEUED" && status !== "RUNNING").length
  const mayBeQueued = wanted.some(({ status }) => status === null || status === "QUEUED")
  return [
    ...(others > 0 ? [{ status: "all", pages: pagesOf(others) } as const] : []),
    ...(mayBeQueued ? [{ status: "queued", pages: Infinity } as const] : []),
    { status: "running", pages: Infinity }
  ]
}

/**
 * Reads a list, newest first, until it has shown all that is missing or it would be cheaper to ask for each. Gives the
 * failure that asking for each would have too.
 */
const readList = Effect.fnUntraced(function*(
  { pages, status }: List,
  missing: ReadonlySet<JobId>,
  take: (jobs: ReadonlyArray<Job>) => void
): Effect.fn.Return<KeyedCallError | null, never, Nunu> {
  const nunu = yield* Nunu
  for (let page = 0; page < pages && missing.size > 0; page++) {
    const answer = yield* Effect.result(nunu.jobs.list({ status, page, pageSize }))
    if (Result.isFailure(answer)) return isShared(answer.failure) ? answer.failure : null
    const { data, pagination } = answer.success
    take(data)
    const left = pagination.totalPages - page - 1
    if (data.length === 0 || left <= 0 || (pages === Infinity && left >= missing.size)) return null
  }
  return null
})

/** A server that fails, and a key that is refused, are so for each job. An answer that cannot be read is not. */
const isShared = (error: ApiError): error is KeyedCallError => isTransient(error) || isAuth(error)

const lookAtJob = Effect.fnUntraced(function*(jobId: JobId): Effect.fn.Return<readonly [JobId, JobLook], never, Nunu> {
  const nunu = yield* Nunu
  return [jobId, yield* Effect.result(nunu.jobs.get(jobId))]
})
