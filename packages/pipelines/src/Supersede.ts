/**
 * Lets a newer build take the place of an older one of the same branch, whose runs are stopped: nobody waits for them any
 * more, and their devices are free for the newer one's.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { Job, JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as PageStream from "@nunu-effect/core/PageStream"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { isOver } from "./Look.ts"
import * as RunTag from "./RunTag.ts"
import type { Stopped } from "./StopRun.ts"
import { stopRuns } from "./StopRun.ts"

export interface SupersedeOptions {
  /** Whose older runs are stopped. Pipelines on one branch that are not to stop each other name themselves here too. */
  readonly branch: string
  /** Is told which runs were stopped, once, if there were any or it could not be found out. */
  readonly onSuperseded?: (superseded: Superseded) => Effect.Effect<void>
}

/** What became of the older runs of a branch. */
export interface Superseded {
  /** What is still running there is `running`. */
  readonly stopped: Stopped
  /** Why not all could be looked for or stopped. */
  readonly error: ApiError | null
}

/**
 * Runs a program whose starts take the place of older ones of their branch. All of its starts belong together; runs of
 * the same build, and runs that were started later, are left alone. Once a later program has taken its place in
 * turn, the trials that are left to it are not started and fail with `GaveWay`. Else nothing of it makes it fail.
 */
export const supersede =
  (options: SupersedeOptions) => <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(
      RunTag.unique(releasePrefix),
      (releaseTag) => Effect.provideService(program, Current, { options, releaseTag, first: null, gaveWay: false })
    )

/** What the starts of a program have in common; null when it supersedes nothing. */
export interface Superseding {
  readonly options: SupersedeOptions
  readonly releaseTag: string
  /** Of its first start, by which it is newer or older than another; null before. */
  first: readonly [JobId, ...Array<JobId>] | null
  /** A newer one has taken its place. */
  gaveWay: boolean
}

export const Current = Context.Reference<Superseding | null>("@nunu-effect/pipelines/Supersede", {
  defaultValue: () => null
})

/** The tags that a start needs, so that a later one can find it. */
export const tagsOf = (superseding: Superseding | null): ReadonlyArray<string> =>
  superseding === null ? [] : [RunTag.ofBranch(superseding.options.branch), superseding.releaseTag]

/** Stops the older runs of the branch, after the first start of a program. */
export const stopOlder = Effect.fn("nunu.supersede")(function*(
  superseding: Superseding,
  ours: { readonly request: StartRunRequest; readonly jobIds: readonly [JobId, ...Array<JobId>] }
): Effect.fn.Return<void, never, Nunu> {
  if (superseding.first !== null) return
  superseding.first = ours.jobIds
  const { options, releaseTag } = superseding
  const listed = yield* Effect.result(jobsOf(options.branch))
  if (listed._tag === "Failure") {
    return yield* options.onSuperseded?.({ stopped: { over: [], running: [] }, error: listed.failure }) ?? Effect.void
  }
  const others = othersOf(listed.success, { releaseTag, ...ours }).filter((job) => !isOver(job))
  if (others.length === 0) return
  const newest = yield* Effect.result(newestOf(ours.jobIds, listed.success))
  if (newest._tag === "Failure") {
    return yield* options.onSuperseded?.({ stopped: { over: [], running: [] }, error: newest.failure }) ?? Effect.void
  }
  const [first, ...rest] = others.filter((job) => isOlder(job, newest.success)).map((job) => job.jobId)
  if (first === undefined) return
  const superseded = yield* stopRuns([first, ...rest]).pipe(
    Effect.map((stopped): Superseded => ({ stopped, error: null })),
    Effect.catch((error) => Effect.succeed({ stopped: { over: [], running: [first, ...rest] }, error }))
  )
  yield* options.onSuperseded?.(superseded) ?? Effect.void
})

/**
 * Looks, before a start that is not the first of its program, whether a newer program of the branch has taken its place.
 * What cannot be found out counts as no.
 */
export const givesWay = Effect.fn("nunu.givesWay")(function*(
  superseding: Superseding,
  request: StartRunRequest
): Effect.fn.Return<boolean, never, Nunu> {
  const { first: jobIds, options, releaseTag } = superseding
  if (jobIds === null || superseding.gaveWay) return superseding.gaveWay
  return yield* Effect.gen(function*() {
    const listed = yield* jobsOf(options.branch)
    const firsts = new Map<string, Job>()
    for (const job of othersOf(listed, { releaseTag, request, jobIds })) {
      const program = job.tags.find((tag) => tag.startsWith(releasePrefix)) ?? job.jobId
      const known = firsts.get(program)
      if (known === undefined || isOlder(job, known)) firsts.set(program, job)
    }
    if (firsts.size === 0) return false
    const first = yield* newestOf(jobIds, listed)
    return superseding.gaveWay = Array.from(firsts.values()).some((job) => isOlder(first, job))
  }).pipe(Effect.orElseSucceed(() => false))
})

/** The jobs of other programs and other builds. */
const othersOf = (listed: ReadonlyArray<Job>, { jobIds, releaseTag, request }: {
  readonly releaseTag: string
  readonly request: StartRunRequest
  readonly jobIds: ReadonlyArray<JobId>
}): ReadonlyArray<Job> =>
  listed
    .filter((job) => !job.tags.includes(releaseTag) && !jobIds.includes(job.jobId))
    .filter((job) => job.buildId === null || job.buildId !== request.buildId)

const releasePrefix = "nunu-effect-release:"

/** The newest jobs of a branch, up to a hundred in a row that are over: before them is nothing that runs. */
const jobsOf = Effect.fnUntraced(function*(branch: string) {
  const nunu = yield* Nunu
  const tag = RunTag.ofBranch(branch)
  let overInARow = 0
  return yield* PageStream.make((page) => nunu.jobs.list({ tags: [tag], ...page }), { id: (job) => job.jobId }).pipe(
    Stream.filter((job) => job.tags.includes(tag)),
    Stream.takeWhile((job) => (overInARow = isOver(job) ? overInARow + 1 : 0) < 100),
    Stream.runCollect
  )
})

/** Our own job as it was listed. A list may lag behind, and without our own time a newer build's job looks older. */
const newestOf = Effect.fnUntraced(function*(jobIds: readonly [JobId, ...Array<JobId>], listed: ReadonlyArray<Job>) {
  const nunu = yield* Nunu
  return listed.find(({ jobId }) => jobIds.includes(jobId)) ?? (yield* Effect.retry(nunu.jobs.get(jobIds[0]), {
    while: ({ _tag }) => _tag === "NotFound",
    schedule: Schedule.spaced("3 seconds"),
    times: 10
  }))
})

/** Of two programs that start at the same moment, one gives way: that with the lesser job id. */
const isOlder = (job: Job, ours: Job): boolean => {
  const [its, our] = [job, ours].map(({ createdAt }) => createdAt === null ? 0 : DateTime.toEpochMillis(createdAt))
  return its === our ? job.jobId < ours.jobId : (its ?? 0) < (our ?? 0)
}
