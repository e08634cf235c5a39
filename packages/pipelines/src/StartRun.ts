/**
 * Starts runs, never twice. Every start carries a unique tag, so that what a lost answer started can be found.
 *
 * A 429, a 503 and a connection that was never made mean that nothing was done: if no job has the tag, it is started
 * again, a few times. After any other failure that leaves it open, the tag is looked for; what is not found then is
 * `StartUncertain`.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import * as Grace from "@nunu-effect/core/Grace"
import type { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import { OnRepeat } from "@nunu-effect/core/Repeat"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import type { StartedRuns, StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as FindStarted from "./FindStarted.ts"
import type { OnInterrupt } from "./GivenUp.ts"
import { GivenUp, giveUp, mayRun } from "./GivenUp.ts"
import { StartFailed, StartUncertain } from "./PipelineError.ts"
import * as RunTag from "./RunTag.ts"
import * as Supersede from "./Supersede.ts"
import * as TwinStarts from "./TwinStarts.ts"

/** Starts that look for what they may have started carry a tag that begins so. */
export { startPrefix as tagPrefix } from "./RunTag.ts"

/** What was started, and the tag by which it can be found. */
export interface Started extends StartedRuns {
  readonly tag: string
}

export interface StartOptions {
  /** A tag that no other start has, for who must know it before. @default one is made */
  readonly tag?: string
  /** Makes the start one that another process may ask for again, as after a kill. @default a tag that nobody else has */
  readonly idempotent?: Idempotent
  /**
   * Takes the handles down, in one uninterruptible step with the start: from then on they are the caller's to stop. Told
   * again when the start of another process stands in place of this one.
   * @default nothing
   */
  readonly record?: (started: Started) => Effect.Effect<void>
  /** Is told at once when something may be started that nobody knows of, and with `false` when that is over. */
  readonly onAsking?: (asking: boolean) => void
  /** What becomes of a run that is found after the start was interrupted. @default "stop" */
  readonly onInterrupt?: OnInterrupt
  /** Is told what became of a start that was interrupted before it was known what it has done, or that gave way. */
  readonly onGivenUp?: (givenUp: GivenUp) => Effect.Effect<void>
}

/**
 * A start that all who ask for it make only once: what carries the tag already is taken for its result. Where two have
 * started all the same, as one of them stood still between its look and its start, each sees so by a look after its start:
 * the younger jobs are stopped, and the oldest start is everybody's result.
 */
export interface Idempotent {
  /** The same for all who ask for this start, and for no other. Without commas and white space. */
  readonly tag: string
  /** An earlier attempt may have asked for it: it is then looked for over 30 seconds, as lists may lag behind. */
  readonly earlierAttempt: boolean
}

/**
 * Starts a test, a plan or an instruction. Interrupted while it is not yet known whether something was started, it
 * looks once more and stops what it finds, within 5 seconds.
 *
 * Gotchas: it writes nothing into a `RunLedger`, as what becomes of its runs is the caller's to say; `runAwaitBugs` does.
 * If its process is killed before the answer is there, only the tag finds what was started.
 */
export const startRun = Effect.fn("nunu.startRun")(function*(
  request: StartRunRequest,
  options: StartOptions = {}
): Effect.fn.Return<Started, StartFailed | StartUncertain, Nunu> {
  const { idempotent } = options
  const tag = idempotent?.tag ?? options.tag ?? (yield* RunTag.unique(RunTag.startPrefix))
  const superseding = yield* Supersede.Current
  const tags = [...(request.additionalTags ?? []), ...Supersede.tagsOf(superseding), tag]
  const one = FindStarted.startsOne(request)
  let open = false
  const asking = (isAsking: boolean) => {
    open = isAsking
    options.onAsking?.(isAsking)
  }
  const record = (started: Started) =>
    Effect.tap(options.record?.(started) ?? Effect.void, () => Effect.sync(() => asking(false)))
  const start = Grace.run(Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      asking(true)
      const outcome = yield* restore(nunu.runs.start({ ...request, additionalTags: tags })).pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never), // its waits would be held against the grace
        Effect.exit
      )
      asking(Exit.isSuccess(outcome) || isOpen(outcome)) // until it is recorded
      const started: Started = { ...(yield* outcome), tag }
      yield* record(started)
      return started
    })
  ))
  /** Gives what was found in time, null for nothing. `error`: why what cannot be found may be there all the same. */
  const find = Effect.fnUntraced(function*(error: ApiError | null) {
    asking(true)
    const seen: Seen = new Map()
    const searched = yield* FindStarted.search(tag, { one, interval, within, seen })
    const started = startedOf(Array.from(seen.values()), tag)
    if (started !== null) yield* Effect.uninterruptible(record(started))
    const why = error ?? searched.error
    // What nobody saw could not be judged.
    if (!searched.isAll && (started !== null || why !== null)) {
      asking(true)
      return yield* new StartUncertain({ tag, error: why })
    }
    asking(false)
    return started
  })
  const earlier = idempotent === undefined ? Effect.succeed(null) : Effect.gen(function*() {
    const mayBe = idempotent.earlierAttempt || (yield* Effect.orElseSucceed(FindStarted.look(tag), () => none)).size > 0
    return mayBe ? yield* find(null) : null
  })
  const findLost = (error: ApiError) =>
    Effect.filterOrFail(find(error), (started) => started !== null, () => new StartUncertain({ tag, error }))
  const started = yield* earlier.pipe(
    Effect.filterOrElse((found) => found !== null, () => startUntilDone(tag, start, findLost)),
    Effect.onInterrupt(() =>
      open
        ? Effect.tap(giveUpUnknown({ tag, request, options }), (left) => Effect.sync(() => asking(left)))
        : Effect.void
    )
  )
  return yield* Effect.gen(function*() {
    const kept = idempotent === undefined ? started : yield* keepOldest(started, { request, options })
    if (superseding !== null) yield* Supersede.stopOlder(superseding, { request, jobIds: kept.jobIds })
    return kept
  }).pipe(
    Effect.onInterrupt(() => options.record === undefined ? giveUpStarted(started, options) : Effect.void)
  )
})

type Seen = Map<JobId, FindStarted.FoundJob>

const none: FindStarted.Found = new Map()

const interval: Duration.Input = "3 seconds"
const within: Duration.Input = "30 seconds"

/** What is known of a start that was found; null when nothing was. */
const startedOf = ([first, ...rest]: ReadonlyArray<FindStarted.FoundJob>, tag: string): Started | null =>
  first === undefined ? null : {
    jobIds: [first.jobId, ...rest.map(({ jobId }) => jobId)],
    tag,
    runId: null,
    buildId: null,
    testPlanExecutionId: rest.every(({ executionId }) => executionId === first.executionId) ? first.executionId : null,
    message: null
  }

const startsAtMost = 4

/** Starts, and starts again what was not done; `find` is for what may have been. */
const startUntilDone = Effect.fnUntraced(function*(
  tag: string,
  start: Effect.Effect<Started, ApiError, Nunu>,
  find: (error: ApiError) => Effect.Effect<Started, StartUncertain, Nunu>
): Effect.fn.Return<Started, StartFailed | StartUncertain, Nunu> {
  const { maxRetryAfter } = yield* RetryPolicy.RetryPolicy
  let refusal: ApiError | null = null
  for (let number = 1;; number++) {
    const found = refusal === null ? none : yield* lookOnce(tag)
    if (refusal !== null && found !== null && found.size > 0) return yield* find(refusal)
    // A server that turned a start away and cannot be asked about it is asked again, not started on.
    if (refusal === null || found !== null || refusal.sent === "never") {
      const outcome: Result.Result<Started, ApiError> = yield* Effect.result(start)
      if (Result.isSuccess(outcome)) return outcome.success
      refusal = outcome.failure
      if (isLost(refusal)) return yield* find(refusal)
    }
    const asked = waitAsked(refusal, yield* Clock.currentTimeMillis)
    if (number === startsAtMost || !wasNotDone(refusal) || Duration.isGreaterThan(asked, maxRetryAfter)) {
      if (number === startsAtMost && wasNotDone(refusal) && refusal.status === 503) { // some say so and do it
        yield* Effect.sleep(interval)
        const atLast = yield* lookOnce(tag)
        if (atLast !== null && atLast.size > 0) return yield* find(refusal)
      }
      return yield* new StartFailed({ error: refusal })
    }
    const wait = Duration.max(Duration.seconds(2 ** number * (yield* Random.nextBetween(0.8, 1.2))), asked)
    yield* (yield* OnRepeat)({ error: refusal, attempt: number + 1, attempts: startsAtMost, wait })
    yield* Effect.sleep(wait)
  }
})

/** Null when it cannot be told; repeats are for who calls this. */
const lookOnce = (tag: string): Effect.Effect<FindStarted.Found | null, never, Nunu> =>
  Effect.orElseSucceed(RetryPolicy.withRetryPolicy(FindStarted.look(tag), { times: 0 }), () => null)

/** The server may have done what was asked. */
const isLost = (error: ApiError): boolean =>
  !wasNotDone(error) &&
  (error.sent === "maybe" || (error.status !== null && (error.status >= 500 || error.status < 400)))

/** Nothing is known of what was asked: the answer was lost, or not waited for. */
const isOpen = (exit: Exit.Failure<unknown, ApiError>): boolean =>
  exit.cause.reasons.some((reason) => reason._tag === "Interrupt" || (reason._tag === "Fail" && isLost(reason.error)))

/** For how long the server wants to be left alone. */
const waitAsked = (error: ApiError, now: number): Duration.Duration =>
  error._tag === "TooManyRequests" && error.retryAt !== null
    ? Duration.millis(Math.max(0, DateTime.toEpochMillis(error.retryAt) - now))
    : Duration.zero

/** Of all starts under the tag leaves the oldest, once the lists show our own. */
const keepOldest = Effect.fnUntraced(function*(started: Started, { options, request }: {
  readonly request: StartRunRequest
  readonly options: StartOptions
}): Effect.fn.Return<Started, StartUncertain, Nunu> {
  const { jobIds, tag } = started
  const seen: Seen = new Map()
  const one = FindStarted.startsOne(request)
  const { error, isAll } = yield* FindStarted.search(tag, { one, interval, within, seen, known: jobIds })
  if (!(yield* addUnlisted(jobIds, seen))) return started // whoever looks next may tell which is older
  const { oldest, younger: [first, ...rest] } = TwinStarts.split(seen, { request, ours: jobIds })
  if (first === undefined) return started
  const isOurs = oldest.every(({ jobId }) => jobIds.includes(jobId)) &&
    ![first, ...rest].some((jobId) => jobIds.includes(jobId))
  const stop = (within?: Duration.Input) =>
    Effect.flatMap(
      giveUp([first, ...rest], { onInterrupt: "stop", ...(within === undefined ? {} : { within }) }),
      options.onGivenUp ?? (() => Effect.void)
    )
  // Before others are recorded in their place: nobody would have them any more.
  yield* Effect.onInterrupt(stop(), () => stop("2 seconds"))
  const kept = isOurs ? started : startedOf(oldest, tag) ?? started
  if (!isOurs) yield* Effect.uninterruptible(options.record?.(kept) ?? Effect.void)
  if (!isOurs && !isAll && !one) return yield* new StartUncertain({ tag, error })
  return kept
})

/** Looks at jobs that a list which shows others does not show; gives whether all are seen then. */
const addUnlisted = Effect.fnUntraced(function*(jobIds: ReadonlyArray<JobId>, seen: Seen) {
  const nunu = yield* Nunu
  if (seen.size === 0) return false
  for (const jobId of jobIds.filter((jobId) => !seen.has(jobId))) {
    const job = yield* Effect.option(nunu.jobs.get(jobId))
    if (job._tag === "None") return false
    seen.set(jobId, FindStarted.ofJob(job.value))
  }
  return true
})

/** Nobody else has the handles. A twin may have had its 2 seconds before. */
const giveUpStarted = (
  { jobIds }: Started,
  { idempotent, onGivenUp = () => Effect.void, onInterrupt = "stop" }: StartOptions
) =>
  Effect.flatMap(
    giveUp(jobIds, { onInterrupt, ...(idempotent === undefined ? {} : { within: "2500 millis" }) }),
    onGivenUp
  )

/**
 * Looks once more for what may have been started, and gives it up. Gives whether something may still run that was to be
 * stopped. After the grace, all of it takes less than 5 s.
 */
const giveUpUnknown = Effect.fnUntraced(function*({ options, request, tag }: {
  readonly tag: string
  readonly request: StartRunRequest
  readonly options: StartOptions
}) {
  const { onGivenUp = () => Effect.void, onInterrupt = "stop" } = options
  const seen: Seen = new Map()
  const one = FindStarted.startsOne(request)
  const isAll = yield* FindStarted.search(tag, { one, interval: "500 millis", within: "1 second", seen }).pipe(
    Effect.interruptible,
    Effect.timeoutOption("1500 millis"),
    Effect.map(Option.match({ onNone: () => false, onSome: (searched) => searched.isAll }))
  )
  const [first, ...rest] = seen.keys()
  const givenUp = first === undefined ? null : yield* giveUp([first, ...rest], { onInterrupt, within: "1500 millis" })
  if (givenUp !== null) yield* onGivenUp(givenUp)
  if (!isAll) yield* onGivenUp(GivenUp.Unknown({ tag }))
  return !isAll || (givenUp !== null && mayRun(givenUp))
})
