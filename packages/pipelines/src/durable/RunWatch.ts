/**
 * Looks for the runs of all releases that wait, together: N runs cost about N/100 list calls an interval. One process of
 * a store does it; what it has to know is in `RunWaits`, so that another can go on with it at any instant.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { isAuth } from "@nunu-effect/core/ErrorCategory"
import type { Job, JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { Player, Run } from "@nunu-effect/core/Run"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { JobLook, Wanted } from "../JobLooks.ts"
import { lookAtJobs } from "../JobLooks.ts"
import { isOver, lastAttempt } from "../Look.ts"
import * as PollPolicy from "../PollPolicy.ts"
import { line } from "../report/ReportText.ts"
import * as RunWatcher from "../RunWatcher.ts"
import type { Watched } from "./ReleaseDefinition.ts"
import type { ReleaseEvent } from "./ReleaseEvent.ts"
import * as ReleaseTime from "./ReleaseTime.ts"
import type { RunWait } from "./RunWaits.ts"

/** What a watch reads, and whom it tells. */
export interface WatchOptions<R = never> {
  /** All that wait now. Asked as often as a first look is waited for: every 5 seconds. */
  readonly waits: Effect.Effect<ReadonlyArray<RunWait>>
  /** Is told once at least; from then on the wait is not watched. */
  readonly onEnded: (wait: RunWait, ended: Watched) => Effect.Effect<void, never, R>
  /** Tells what has changed; the same key tells the same. */
  readonly onEvent: (releaseId: string, key: string, event: ReleaseEvent) => Effect.Effect<void>
}

/** How long looks may fail before a release is given up as lost: it is not held by anything meanwhile. */
export const outage: Duration.Input = "24 hours"

/** Watches without an end. */
export const watch = Effect.fnUntraced(function*<R>(options: WatchOptions<R>): Effect.fn.Return<void, never, Nunu | R> {
  const policy = yield* PollPolicy.PollPolicy
  const watched = new Map<string, WatchedRelease>()
  while (true) {
    const now = yield* ReleaseTime.now
    yield* takeUp(watched, yield* options.waits, policy)
    const jobs = Array.from(watched.values()).flatMap(({ jobs }) => jobs)
    if (jobs.some((job) => job.due <= now)) yield* look(jobs, now, policy)
    for (const release of watched.values()) if (hasNews(release)) yield* tell(release, options)
    const after = yield* ReleaseTime.now
    for (const release of watched.values()) {
      const ended = endOf(release, after)
      if (ended === null) continue
      watched.delete(release.wait.releaseId)
      yield* options.onEnded(release.wait, ended)
    }
    const next = nextTime(watched.values(), now + Duration.toMillis(policy.first))
    yield* Effect.sleep(Math.max(100, next - (yield* ReleaseTime.now)))
  }
})

interface WatchedRelease {
  readonly wait: RunWait
  readonly jobs: ReadonlyArray<WatchedJob>
  /** Since when the key is refused; what was told of it. */
  heldSince: number | null
}

/** A job, as small as can be: there may be thousands. */
interface WatchedJob {
  readonly jobId: JobId
  readonly since: number
  looks: number
  /** The time from which on it may be looked for, and that at which it is. */
  from: number
  due: number
  status: string | null
  /** How it stands, in words; null when that was told. */
  news: string | null
  told: string | null
  over: boolean
  error: ApiError | null
  /** Since when looks fail; null while they do not. Not from the last one that did not: a machine may have slept since. */
  failingSince: number | null
}

/** Brings what is watched to what is written down. */
const takeUp = Effect.fnUntraced(function*(
  watched: Map<string, WatchedRelease>,
  waits: ReadonlyArray<RunWait>,
  policy: PollPolicy.PollPolicy
) {
  const now = yield* ReleaseTime.now
  const left = new Set(watched.keys())
  const added: Array<WatchedJob> = []
  for (const wait of waits) {
    left.delete(wait.releaseId)
    if (watched.has(wait.releaseId)) continue
    const jobs = wait.jobIds.map((jobId): WatchedJob => ({
      jobId,
      since: now,
      looks: 0,
      from: 0,
      due: 0,
      status: null,
      news: null,
      told: null,
      over: false,
      error: null,
      failingSince: null
    }))
    added.push(...jobs)
    watched.set(wait.releaseId, { wait, jobs, heldSince: null })
  }
  for (const releaseId of left) watched.delete(releaseId)
  yield* plan(added, now, policy)
})

/** Those that have been looked for equally often are looked for together. */
const plan = Effect.fnUntraced(function*(
  jobs: ReadonlyArray<WatchedJob>,
  now: number,
  policy: PollPolicy.PollPolicy
) {
  const waits = new Map<number, number>()
  for (const job of jobs) {
    const wait = waits.get(job.looks) ?? Duration.toMillis(yield* PollPolicy.wait(policy, job.looks))
    waits.set(job.looks, wait)
    job.from = now + Duration.toMillis(PollPolicy.shortestWait(policy, job.looks))
    job.due = now + wait
  }
})

/** Looks for all whose time has come or may have; others that a list shows by the way have been looked for as well. */
const look = Effect.fnUntraced(function*(
  jobs: ReadonlyArray<WatchedJob>,
  now: number,
  policy: PollPolicy.PollPolicy
): Effect.fn.Return<void, never, Nunu> {
  const open = jobs.filter((job) => !job.over)
  const wanted = open.filter((job) => job.from <= now).map(({ jobId, status }): Wanted => ({ jobId, status }))
  const looks = yield* lookAtJobs(wanted, new Set(open.filter((job) => job.from > now).map(({ jobId }) => jobId)))
  const runs = open.length > closelyAtMost ? noRuns : yield* readRuns(looks)
  const after = yield* ReleaseTime.now
  const shown = open.filter((job) => {
    const seen = looks.get(job.jobId)
    if (seen === undefined) return false
    take(job, seen, { now: after, run: runs.get(job.jobId) ?? null })
    job.looks++
    return true
  })
  yield* plan(shown, after, policy)
})

/** So many jobs at most are looked at closely, a call for each at each look: somebody may be looking at the page. */
const closelyAtMost = 8

const noRuns: ReadonlyMap<JobId, Run> = new Map()

/** The runs that go on; one that cannot be read is told of by its job alone. */
const readRuns = Effect.fnUntraced(function*(
  looks: ReadonlyMap<JobId, JobLook>
): Effect.fn.Return<ReadonlyMap<JobId, Run>, never, Nunu> {
  const runs = new Map<JobId, Run>()
  yield* Effect.forEach(looks, ([jobId, look]) => {
    const attempt = Result.isSuccess(look) && !isOver(look.success) ? lastAttempt(look.success) : undefined
    return attempt === undefined ? Effect.void : RunWatcher.readRun(attempt.runId).pipe(
      Effect.map((run) => runs.set(jobId, run)),
      Effect.timeout("5 seconds"), // what is told by the way must not delay what is waited for
      Effect.ignore
    )
  }, { concurrency: closelyAtMost, discard: true })
  return runs
})

const take = (
  job: WatchedJob,
  seen: JobLook,
  { now, run }: { readonly now: number; readonly run: Run | null }
): void => {
  if (Result.isFailure(seen)) {
    job.error = seen.failure
    job.failingSince ??= now
    return
  }
  const text = textOf(seen.success, run)
  job.error = null
  job.failingSince = null
  job.status = seen.success.status
  if (text !== job.told) job.news = text
  job.over = isOver(seen.success)
}

const textOf = (job: Job, run: Run | null): string => {
  const attempt = lastAttempt(job)
  const words = attempt === undefined ? "" : `, run ${attempt.runId} ${attempt.result ?? attempt.state ?? ""}`
  return line(`${job.testName ?? job.jobId}: ${job.status}${words}${run === null ? "" : stepsOf(run)}`)
}

/** How many steps are done, of all players. */
const stepsOf = ({ players }: Run): string => {
  const sum = (of: (player: Player) => number | null) => players.reduce((sum, player) => sum + (of(player) ?? 0), 0)
  const all = sum(({ stepCount }) => stepCount)
  return all === 0 ? "" : `, ${sum(({ completedStepCount }) => completedStepCount)} of ${all} steps`
}

const hasNews = ({ heldSince, jobs }: WatchedRelease): boolean =>
  jobs.some(({ error, news }) => news !== null || isAuth(error)) || heldSince !== null

const tell = Effect.fnUntraced(function*(release: WatchedRelease, { onEvent }: Pick<WatchOptions, "onEvent">) {
  const { jobs, wait: { releaseId } } = release
  for (const job of jobs) {
    if (job.news === null) continue
    yield* onEvent(releaseId, `run/${job.jobId}/${job.news}`, {
      _tag: "RunChanged",
      jobId: job.jobId,
      text: job.news
    })
    job.told = job.news
    job.news = null
  }
  const refused = jobs.find(({ error }) => isAuth(error))
  if (refused !== undefined && release.heldSince === null) {
    release.heldSince = refused.failingSince
    const message = refused.error?.message ?? ""
    yield* onEvent(releaseId, `held/wait/${release.heldSince}`, { _tag: "Held", why: "key", message })
  }
  if (refused === undefined && release.heldSince !== null) {
    yield* onEvent(releaseId, `resumed/wait/${release.heldSince}`, { _tag: "Resumed" })
    release.heldSince = null
  }
})

/** How a wait has ended; null while it goes on. */
const endOf = ({ jobs, wait }: WatchedRelease, now: number): Watched | null => {
  if (jobs.every(({ over }) => over)) return { how: "ended", message: "" }
  if (wait.deadline !== null && wait.deadline <= now) return { how: "timed-out", message: "" }
  for (const { error, failingSince, since } of jobs) {
    if (error === null || failingSince === null) continue
    const isUnknown = error._tag === "NotFound" && now - since > unknownFor
    if (isUnknown || now - failingSince > Duration.toMillis(outage)) return { how: "lost", message: error.message }
  }
  return null
}

/** For how long after a start the API may say that it does not know a job. */
const unknownFor = Duration.toMillis(PollPolicy.defaultPolicy.unknown)

/** The next moment at which there is something to do, and `latest` at the latest. */
const nextTime = (watched: Iterable<WatchedRelease>, latest: number): number => {
  let next = latest
  for (const { jobs, wait } of watched) {
    if (wait.deadline !== null && wait.deadline < next) next = wait.deadline
    for (const job of jobs) if (!job.over && job.due < next) next = job.due
  }
  return next
}
