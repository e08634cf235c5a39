/** One start and what comes of it, from the request to the bugs: the piece that all programs are made of. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { LedgerFailed } from "@nunu-effect/upload/UploadError"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { awaitRuns } from "./AwaitRun.ts"
import { collectBugs } from "./CollectBugs.ts"
import { startsOne } from "./FindStarted.ts"
import type { GivenUp, OnInterrupt } from "./GivenUp.ts"
import { giveUp, mayRun } from "./GivenUp.ts"
import type { FinishedJob, Look } from "./Look.ts"
import type { BugsUnread, StartFailed, StartUncertain } from "./PipelineError.ts"
import { GaveWay, PipelineError } from "./PipelineError.ts"
import type { Trial } from "./PipelineResult.ts"
import { targetOf } from "./PipelineResult.ts"
import type { RunClaim } from "./RunLedger.ts"
import { RunLedger } from "./RunLedger.ts"
import * as RunRecord from "./RunRecord.ts"
import * as RunTag from "./RunTag.ts"
import type { Started } from "./StartRun.ts"
import { startRun } from "./StartRun.ts"
import * as Supersede from "./Supersede.ts"
import type { JudgedJob } from "./Verdict.ts"

/** Takes down what happens in a trial. */
export interface TrialListener {
  readonly onStarted?: (started: Started) => Effect.Effect<void>
  readonly onLook?: (look: Look) => Effect.Effect<void>
  readonly onLookFailed?: (error: ApiError) => Effect.Effect<void>
  /** All jobs are over; their bugs are being collected. */
  readonly onFinished?: (jobs: ReadonlyArray<FinishedJob>) => Effect.Effect<void>
  readonly onGivenUp?: (givenUp: GivenUp) => Effect.Effect<void>
}

export interface TrialOptions extends TrialListener {
  /** @default the name of the test, else an id */
  readonly name?: string
  /** How long to wait for the runs. @default no limit but that of the run */
  readonly timeout?: Duration.Input | undefined
  /** What becomes of the runs when this is given up: interrupted, failed or out of time. @default "stop" */
  readonly onInterrupt?: OnInterrupt | undefined
  /** See `AwaitOptions.looksAt`. @default "runs" */
  readonly looksAt?: "jobs" | "runs"
}

/** Runs a trial to its end. It does not fail: what failed is in it, with what was known until then. */
export const runTrial = Effect.fn("nunu.trial")(function*(
  request: StartRunRequest,
  options: TrialOptions = {}
): Effect.fn.Return<Trial, never, Nunu | Scope.Scope> {
  const { onInterrupt = "stop" } = options
  let started: Started | null = null
  let claim: RunClaim | null = null
  let asking = false // something may be started that nobody knows of
  let left = false // something may run that could not be stopped
  const onGivenUp = (givenUp: GivenUp) => {
    left ||= mayRun(givenUp)
    return options.onGivenUp?.(givenUp) ?? Effect.void
  }
  const begin = (take: (jobIds: JobIds) => void) =>
    Effect.gen(function*() {
      const superseding = yield* Supersede.Current
      if (superseding !== null && (yield* Supersede.givesWay(superseding, request))) {
        return yield* new GaveWay({ branch: superseding.options.branch })
      }
      const tag = yield* RunTag.unique(RunTag.startPrefix)
      const start = { tag, test: testOf(request), one: startsOne(request), jobIds: null }
      const own = onInterrupt === "stop"
        ? yield* Effect.uninterruptible(Effect.tap(writeDown(start), (own) => Effect.sync(() => claim = own)))
        : null // to be left alone, whatever becomes of this
      const { jobIds } = yield* startRun(request, {
        tag,
        record: (handles) =>
          Effect.suspend(() => {
            started = handles
            take(handles.jobIds)
            return own === null ? Effect.void : warned(own.started(handles.jobIds)) // its tag finds it all the same
          }),
        onAsking: (isAsking) => {
          asking = isAsking
        },
        onInterrupt,
        onGivenUp
      })
      if (started !== null) yield* options.onStarted?.(started) ?? Effect.void
      return jobIds
    })
  const { jobs, ...ending } = yield* toEnd(begin, { ...options, onInterrupt, onGivenUp }).pipe(
    Effect.onExit((exit) => {
      const isLeft = left || asking || (Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      return claim === null || isLeft ? Effect.void : warned(claim.remove)
    })
  )
  return { ...ending, name: options.name ?? nameOf(request, jobs), target: targetOf(request), started, jobs }
}, Effect.scoped)

/** Writes a start down, so that a cleanup can stop what nobody waits for any more. */
const writeDown = Effect.fnUntraced(function*(start: Pick<RunRecord.RunRecord, "tag" | "test" | "one" | "jobIds">) {
  const ledger = yield* RunLedger
  const { target } = yield* Nunu
  const startedAt = yield* Clock.currentTimeMillis
  return yield* Effect.mapError(
    ledger.begin({ version: RunRecord.version, startedAt, target, ...start }),
    (reason) => new UploadError({ reason })
  )
})

/** Writes down what could not be stopped. Its start was another program's, so that its tag is not known. */
const writeLeft = Effect.fnUntraced(function*([first, ...rest]: ReadonlyArray<JobId>) {
  if (first === undefined) return
  const tag = yield* RunTag.unique("left:")
  yield* Effect.scoped(writeDown({ tag, test: "a run", one: rest.length === 0, jobIds: [first, ...rest] }))
})

const testOf = (request: StartRunRequest): string => request.multiplayerTestId ?? request.testPlanId ?? "instructions"

const warned = <R>(writing: Effect.Effect<unknown, LedgerFailed | UploadError, R>): Effect.Effect<unknown, never, R> =>
  Effect.catch(writing, ({ message }) => Effect.logWarning(message))

/** Waits for jobs that were started before, as a trial that nothing is known of but what its jobs tell. */
export const awaitTrial = Effect.fn("nunu.awaitTrial")(function*(
  jobIds: JobIds,
  options: TrialOptions = {}
): Effect.fn.Return<Trial, never, Nunu> {
  const begin = (take: (jobIds: JobIds) => void) =>
    Effect.sync(() => {
      take(jobIds)
      return jobIds
    })
  const nunu = yield* Nunu
  const onGivenUp = (givenUp: GivenUp) =>
    Effect.andThen(
      givenUp._tag === "Stopped" ? warned(writeLeft(givenUp.stopped.running)) : Effect.void,
      options.onGivenUp?.(givenUp) ?? Effect.void
    ).pipe(Effect.provideService(Nunu, nunu))
  const onInterrupt = options.onInterrupt ?? "detach"
  const { jobs, ...ending } = yield* toEnd(begin, { ...options, onInterrupt, onGivenUp })
  const told = <A>(of: (judged: JudgedJob) => A | null): A | null => {
    const [first = null, ...others] = new Set(jobs.map(of))
    return others.length === 0 ? first : null
  }
  return {
    ...ending,
    name: options.name ?? told(({ job }) => job.testName) ?? `${jobIds.length} ${jobIds.length === 1 ? "job" : "jobs"}`,
    target: {
      multiplayerTestId: told(({ job }) => job.multiplayerTestId),
      testPlanId: null,
      instructions: null,
      deploymentConfigId: null,
      buildId: told(({ job, run }) => job.buildId ?? run?.build?.id ?? null)
    },
    started: null,
    jobs
  }
})

type JobIds = Started["jobIds"]

/** Waits for the jobs that `begin` gives and collects their bugs; what it has taken is given up when this is. */
const toEnd = Effect.fnUntraced(function*<R>(
  begin: (
    take: (jobIds: JobIds) => void
  ) => Effect.Effect<JobIds, StartFailed | StartUncertain | GaveWay | UploadError, Nunu | R>,
  options: TrialOptions & { readonly onInterrupt: OnInterrupt }
) {
  const { onInterrupt } = options
  const startedAt = yield* DateTime.now
  let open: JobIds | null = null // what is to be given up with this
  let jobs: ReadonlyArray<JudgedJob> = []
  const outcome = yield* Effect.gen(function*() {
    const jobIds = yield* begin((jobIds) => open = jobIds)
    const finished = yield* awaitRuns(jobIds, {
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
      ...(options.onLook === undefined ? {} : { onLook: options.onLook }),
      ...(options.onLookFailed === undefined ? {} : { onLookFailed: options.onLookFailed }),
      looksAt: options.looksAt ?? "runs"
    })
    open = null // over: nothing is left to stop
    yield* options.onFinished?.(finished) ?? Effect.void
    const read = yield* Effect.forEach(finished, withBugs, { concurrency: 4 })
    jobs = read.map(({ job }) => job)
    for (const { unread } of read) if (unread !== null) return yield* unread
  }).pipe(
    Effect.onExit((exit) =>
      Exit.isSuccess(exit) || open === null
        ? Effect.void
        : Effect.flatMap(giveUp(open, { onInterrupt }), (givenUp) => options.onGivenUp?.(givenUp) ?? Effect.void)
    ),
    Effect.result
  )
  const reason = outcome._tag === "Failure" ? outcome.failure : null
  if (reason?._tag === "WaitTimedOut" || reason?._tag === "WaitFailed") jobs = reason.finished.map(withoutBugs)
  return {
    jobs,
    error: reason === null ? null : new PipelineError({ reason }),
    startedAt,
    endedAt: yield* DateTime.now
  }
})

interface Read {
  readonly job: JudgedJob
  /** Why its bugs could not be read: those of the other jobs are read all the same. */
  readonly unread: BugsUnread | null
}

const withBugs = (finished: FinishedJob): Effect.Effect<Read, never, Nunu> =>
  finished.run === null
    ? Effect.succeed({ job: withoutBugs(finished), unread: null })
    : Effect.match(collectBugs(finished.run), {
      onSuccess: ({ bugs, settled }) => ({ job: { ...finished, bugs, settled }, unread: null }),
      onFailure: (unread) => ({ job: withoutBugs(finished), unread })
    })

const withoutBugs = (finished: FinishedJob): JudgedJob => ({ ...finished, bugs: null, settled: false })

const nameOf = (request: StartRunRequest, jobs: ReadonlyArray<JudgedJob>): string => {
  const named = jobs.find(({ job }) => job.testName !== null)
  return named?.job.testName ?? request.name ?? request.multiplayerTestId ?? request.testPlanId ?? "instructions"
}
