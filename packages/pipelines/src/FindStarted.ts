/** Looks for what a start has started when its answer is not known: by the tag that it carried. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { isTransient } from "@nunu-effect/core/ErrorCategory"
import type { Job, JobId } from "@nunu-effect/core/Job"
import { JobId as JobIdSchema } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Page } from "@nunu-effect/core/Page"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import { TestPlanExecutionId } from "@nunu-effect/core/TestPlanExecution"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/** A job that carries the tag. */
export interface FoundJob {
  readonly jobId: JobId
  /** Epoch milliseconds; null where it is not told. */
  readonly createdAt: number | null
  /** The start of a plan that it belongs to; null where it is not told. */
  readonly executionId: string | null
}

/** The jobs that carry a tag, by their ids. */
export type Found = ReadonlyMap<JobId, FoundJob>

/** Takes from a job what tells it from others. */
export const ofJob = ({ createdAt, jobId, testPlanExecutionId: executionId }: Job): FoundJob => ({
  jobId,
  createdAt: millisOf(createdAt),
  executionId
})

/** Looks once, among jobs and then among runs. Fails when nothing was found and not all could be read. */
export const look = Effect.fnUntraced(function*(tag: string): Effect.fn.Return<Found, ApiError, Nunu> {
  const nunu = yield* Nunu
  const found = new Map<JobId, FoundJob>()
  const jobs = yield* Effect.result(listAll((page) => nunu.jobs.list({ tags: [tag], page, pageSize })))
  for (const job of Result.getOrElse(jobs, () => [])) {
    if (job.tags.includes(tag)) found.set(job.jobId, ofJob(job))
  }
  if (found.size > 0) return found
  const runs = yield* listAll((page) => nunu.runs.list({ tags: [tag], page, pageSize }))
  for (const run of runs) {
    const { jobId, tags, testPlanExecutionId: executionId } = run
    if (!tags.includes(tag) || jobId === null) continue
    const id = JobIdSchema.make(jobId)
    found.set(id, { jobId: id, createdAt: millisOf(run.createdAt), executionId })
  }
  if (found.size === 0 && Result.isFailure(jobs)) return yield* jobs.failure
  return found
})

export interface SearchOptions {
  /** The start makes one job and no more, see `startsOne`. */
  readonly one: boolean
  readonly interval: Duration.Input
  /** How long lists may lag behind: so many looks are made as fit in. */
  readonly within: Duration.Input
  /** What is seen goes in here at once. */
  readonly seen: Map<JobId, FoundJob>
  /** Jobs that are known to be there: a list that does not show them lags behind. @default none */
  readonly known?: ReadonlyArray<JobId>
}

/** What a search came to. */
export interface Searched {
  /** Something was seen, and that is all there is. */
  readonly isAll: boolean
  /** Why the last look could not tell; null when it could. */
  readonly error: ApiError | null
}

/**
 * Looks every `interval`. One job is all of a single start. The start of a plan is whole when as many jobs are seen as its
 * execution counts; where it does not tell that, when two looks agree, as jobs may appear one by one.
 *
 * A look that fails has taken the repeats of the client: in an outage it all takes longer than `within`, so that a short
 * one is survived. After 5 minutes no other look is begun.
 */
export const search = Effect.fnUntraced(function*(
  tag: string,
  { interval, known = [], one, seen, within }: SearchOptions
): Effect.fn.Return<Searched, never, Nunu> {
  const looks = Math.floor(Duration.toMillis(within) / Duration.toMillis(interval))
  const begunAt = yield* Clock.currentTimeMillis
  let error: ApiError | null = null
  for (let number = 0; number <= looks; number++) {
    if ((yield* Clock.currentTimeMillis) - begunAt > outage) break
    if (number > 0) yield* Effect.sleep(interval)
    const looked = yield* Effect.result(look(tag))
    error = Result.isFailure(looked) ? looked.failure : null
    const found: Found = Result.getOrElse(looked, () => nothing)
    const isSame = found.size === seen.size && Array.from(seen.keys()).every((jobId) => found.has(jobId))
    for (const [jobId, job] of found) seen.set(jobId, job)
    if (seen.size === 0 || !known.every((jobId) => seen.has(jobId))) continue
    if (one) return { isAll: true, error: null }
    const expected = yield* countOf(seen)
    // A count that is too low does not count them all yet.
    if (expected === seen.size || (isSame && (expected ?? 0) < seen.size)) return { isAll: true, error: null }
  }
  return { isAll: false, error }
})

/** A test plan starts a job for each of its tests; what `extra` asks for is not known. */
export const startsOne = (request: StartRunRequest): boolean =>
  request.testPlanId === undefined && request.extra === undefined

const nothing: Found = new Map()

/**
 * How many jobs the executions count that were seen, without tests that are skipped; null where one does not tell, and
 * more than there can be while one cannot be asked.
 */
const countOf = Effect.fnUntraced(function*(seen: Found): Effect.fn.Return<number | null, never, Nunu> {
  const nunu = yield* Nunu
  let count = 0
  for (const executionId of new Set(Array.from(seen.values(), (job) => job.executionId))) {
    if (executionId === null) return null
    const execution = yield* Effect.result(nunu.testPlanExecutions.get(TestPlanExecutionId.make(executionId)))
    if (Result.isFailure(execution) && isTransient(execution.failure)) return Infinity
    if (Result.isFailure(execution) || execution.success.totalTests === null) return null
    count += execution.success.totalTests - (execution.success.testStatus?.skipped ?? 0)
  }
  return count
})

const millisOf = (time: DateTime.Utc | null): number | null => time === null ? null : DateTime.toEpochMillis(time)

/** Milliseconds for which it is looked on while lists cannot be read. */
const outage = 300_000

const pageSize = 100

/** A test plan starts as many jobs as it has tests: more than a page may hold. */
const listAll = Effect.fnUntraced(function*<A>(
  list: (page: number) => Effect.Effect<Page<A>, ApiError>
): Effect.fn.Return<ReadonlyArray<A>, ApiError> {
  const items: Array<A> = []
  for (let page = 0;; page++) {
    const answer = yield* list(page)
    items.push(...answer.data)
    if (answer.data.length === 0 || page + 1 >= answer.pagination.totalPages) return items
  }
})
