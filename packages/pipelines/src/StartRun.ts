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
import { GivenUp, giveUp } from "./GivenUp.ts"
import { StartFailed, StartUncertain } from "./PipelineError.ts"
import * as RunTag from "./RunTag.ts"
import * as Supersede from "./Supersede.ts"

/** Starts that look for what they may have started carry a tag that begins so. */
export { startPrefix as tagPrefix } from "./RunTag.ts"

/** What was started, and the tag by which it can be found. */
export interface Started extends StartedRuns {
  readonly tag: string
}

export interface StartOptions {
  /**
   * Takes the handles down, in one uninterruptible step with the start: from then on they are the caller's to stop.
   * @default nothing
   */
  readonly record?: (started: Started) => Effect.Effect<void>
  /** What becomes of a run that is found after the start was interrupted. @default "stop" */
  readonly onInterrupt?: OnInterrupt
  /** Is told what became of a start that was interrupted before it was known what it has done. */
  readonly onGivenUp?: (givenUp: GivenUp) => Effect.Effect<void>
}

/**
 * Starts a test, a plan or an instruction. Interrupted while it is not yet known whether something was started, it
 * looks once more and stops what it finds.
 */
export const startRun = Effect.fn("nunu.startRun")(function*(
  request: StartRunRequest,
  options: StartOptions = {}
): Effect.fn.Return<Started, StartFailed | StartUncertain, Nunu> {
  const tag = yield* RunTag.unique(RunTag.startPrefix)
  const superseding = yield* Supersede.Current
  const tags = [...(request.additionalTags ?? []), ...Supersede.tagsOf(superseding), tag]
  let open = false
  const record = (started: Started) =>
    Effect.tap(options.record?.(started) ?? Effect.void, () => Effect.sync(() => open = false))
  const start = Grace.run(Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const nunu = yield* Nunu
      open = true
      const outcome = yield* restore(nunu.runs.start({ ...request, additionalTags: tags })).pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never), // its waits would be held against the grace
        Effect.exit
      )
      open = Exit.isFailure(outcome) && isOpen(outcome)
      const started: Started = { ...(yield* outcome), tag }
      yield* record(started)
      return started
    })
  ))
  const find = Effect.fnUntraced(function*(error: ApiError) {
    open = true
    const seen = new Set<JobId>()
    const isAll = yield* FindStarted.search(tag, { request, interval: "3 seconds", within: "30 seconds", seen })
    const [first, ...rest] = seen
    if (first === undefined) return yield* new StartUncertain({ tag, error })
    const started: Started = { ...nothingElse, jobIds: [first, ...rest], tag }
    yield* Effect.uninterruptible(record(started))
    if (!isAll) return yield* new StartUncertain({ tag, error }) // what nobody saw could not be judged
    return started
  })
  const started = yield* startUntilDone(tag, start, find).pipe(
    Effect.onInterrupt(() => open ? giveUpUnknown({ tag, request, options }) : Effect.void)
  )
  if (superseding !== null) {
    yield* Supersede.stopOlder(superseding, { request, jobIds: started.jobIds }).pipe(
      Effect.onInterrupt(() => options.record === undefined ? giveUpStarted(started, options) : Effect.void)
    )
  }
  return started
})

const nothingElse = { runId: null, buildId: null, testPlanExecutionId: null, message: null }

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
    const found = refusal === null
      ? nothing
      : yield* RetryPolicy.withRetryPolicy(FindStarted.look(tag), { times: 0 }) // repeats are what this loop is for
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
      return yield* new StartFailed({ error: refusal })
    }
    const wait = Duration.max(Duration.seconds(2 ** number * (yield* Random.nextBetween(0.8, 1.2))), asked)
    yield* (yield* OnRepeat)({ error: refusal, attempt: number + 1, attempts: startsAtMost, wait })
    yield* Effect.sleep(wait)
  }
})

const nothing: FindStarted.Found = new Set()

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

/** Nobody else has the handles. */
const giveUpStarted = ({ jobIds }: Started, { onGivenUp = () => Effect.void, onInterrupt = "stop" }: StartOptions) =>
  Effect.flatMap(giveUp(jobIds, { onInterrupt }), onGivenUp)

/** Looks once more for what may have been started, and gives it up. After the grace, all of it takes less than 5 s. */
const giveUpUnknown = Effect.fnUntraced(function*({ options, request, tag }: {
  readonly tag: string
  readonly request: StartRunRequest
  readonly options: StartOptions
}) {
  const { onGivenUp = () => Effect.void, onInterrupt = "stop" } = options
  const seen = new Set<JobId>()
  const isAll = yield* FindStarted.search(tag, { request, interval: "500 millis", within: "1 second", seen }).pipe(
    Effect.interruptible,
    Effect.timeoutOption("1500 millis"),
    Effect.map(Option.getOrElse(() => false))
  )
  const [first, ...rest] = seen
  if (first !== undefined) yield* onGivenUp(yield* giveUp([first, ...rest], { onInterrupt, within: "1500 millis" }))
  if (!isAll) yield* onGivenUp(GivenUp.Unknown({ tag }))
})
