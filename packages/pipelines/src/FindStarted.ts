/** Looks for what a start has started when its answer was lost: by the unique tag that it carried. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import { JobId as JobIdSchema } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Page } from "@nunu-effect/core/Page"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The jobs that carry a tag, none of them twice. */
export type Found = ReadonlySet<JobId>

/** Looks once, among jobs and then among runs. Gives null when nothing was found and not all could be read. */
export const look = Effect.fnUntraced(function*(tag: string): Effect.fn.Return<Found | null, never, Nunu> {
  const nunu = yield* Nunu
  const jobs = yield* listAll((page) => nunu.jobs.list({ tags: [tag], page, pageSize }))
  const found = new Set(jobs?.filter((job) => job.tags.includes(tag)).map((job) => job.jobId))
  if (found.size > 0) return found
  const runs = yield* listAll((page) => nunu.runs.list({ tags: [tag], page, pageSize }))
  for (const run of runs ?? []) {
    if (run.tags.includes(tag) && run.jobId !== null) found.add(JobIdSchema.make(run.jobId))
  }
  return found.size === 0 && (jobs === null || runs === null) ? null : found
})

/**
 * Looks every `interval` for as long as `within` allows, as lists may lag behind. What may have started several jobs is
 * found when two looks agree, as they may appear one by one. What is seen goes into `seen` at once; gives whether that
 * is all.
 */
export const search = Effect.fnUntraced(function*(tag: string, options: {
  readonly request: StartRunRequest
  readonly interval: Duration.Input
  readonly within: Duration.Input
  readonly seen: Set<JobId>
}): Effect.fn.Return<boolean, never, Nunu> {
  const { request, seen } = options
  const looks = Math.floor(Duration.toMillis(options.within) / Duration.toMillis(options.interval))
  for (let number = 0; number <= looks; number++) {
    if (number > 0) yield* Effect.sleep(options.interval)
    const found = (yield* look(tag)) ?? new Set()
    const isSame = found.size === seen.size && Array.from(seen).every((jobId) => found.has(jobId))
    for (const jobId of found) seen.add(jobId)
    if (seen.size > 0 && (isSame || startsOne(request))) return true
  }
  return false
})

/** A test plan starts a job for each of its tests; what `extra` asks for is not known. */
const startsOne = (request: StartRunRequest): boolean => request.testPlanId === undefined && request.extra === undefined

const pageSize = 100

/** A test plan starts as many jobs as it has tests: more than a page may hold. Null when a page cannot be read. */
const listAll = Effect.fnUntraced(function*<A>(
  list: (page: number) => Effect.Effect<Page<A>, ApiError>
): Effect.fn.Return<ReadonlyArray<A> | null> {
  const items: Array<A> = []
  for (let page = 0;; page++) {
    const answer = yield* Effect.orElseSucceed(list(page), () => null)
    if (answer === null) return null
    items.push(...answer.data)
    if (answer.data.length === 0 || page + 1 >= answer.pagination.totalPages) return items
  }
})
