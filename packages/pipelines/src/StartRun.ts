/**
 * Starts runs, never twice. Every start carries a unique tag, so that what a lost answer started can be found.
 *
 * A 429, a 503 and a connection that was never made mean that nothing was done: it is started again, a few times. After
 * any other failure that leaves it open, the tag is looked for; what is not found then is `StartUncertain`.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import * as Grace from "@nunu-effect/core/Grace"
import type { JobId } from "@nunu-effect/core/Job"
import { JobId as JobIdSchema } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Page } from "@nunu-effect/core/Page"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import type { StartedRuns, StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { StartFailed, StartUncertain } from "./PipelineError.ts"
import { stopRunsNow } from "./StopRun.ts"

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
}

/**
 * Starts a test, a plan or an instruction. Interrupted while it is not yet known whether something was started, it
 * looks once more and stops what it finds.
 */
export const startRun = Effect.fn("nunu.startRun")(function*(
  request: StartRunRequest,
  options: StartOptions = {}
): Effect.fn.Return<Started, StartFailed | StartUncertain, Nunu> {
  const nunu = yield* Nunu
  const tag = yield* uniqueTag
  const tagged = { ...request, additionalTags: [...(request.additionalTags ?? []), tag] }
  const record = (started: Started) => options.record?.(started) ?? Effect.void
  let open = false
  const start = Grace.run(Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      open = true
      const outcome = yield* restore(nunu.runs.start(tagged)).pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never), // its waits would be held against the grace
        Effect.exit
      )
      open = Exit.isFailure(outcome) && isOpen(outcome)
      const started: Started = { ...(yield* outcome), tag }
      yield* record(started)
      return started
    })
  ))
  const findAgain = Effect.fnUntraced(function*(error: ApiError) {
    const [started] = yield* Effect.repeat(find(tag), untilFound)
    if (started === undefined) return yield* new StartUncertain({ tag, error })
    yield* Effect.uninterruptible(Effect.tap(record(started), () => Effect.sync(() => open = false)))
    return started
  })
  return yield* start.pipe(
    Effect.catch((error): Effect.Effect<Started, StartFailed | StartUncertain, Nunu> =>
      isLost(error) ? findAgain(error) : Effect.fail(new StartFailed({ error }))
    ),
    Effect.retry({ schedule: again, while: canStartAgain }),
    Effect.onInterrupt(() => open ? stopWhatWasStarted(tag) : Effect.void)
  )
})

/** Starts that look for what they may have started carry a tag that begins so. */
export const tagPrefix = "nunu-effect:"

const uniqueTag = Effect.gen(function*() {
  const now = yield* Clock.currentTimeMillis
  const random = yield* Random.nextIntBetween(0, 36 ** 6)
  return `${tagPrefix}${now.toString(36)}${random.toString(36).padStart(6, "0")}`
})

/** The server may have done what was asked. */
const isLost = (error: ApiError): boolean =>
  !wasNotDone(error) &&
  (error.sent === "maybe" || (error.status !== null && (error.status >= 500 || error.status < 400)))

/** Nothing is known of what was asked: the answer was lost, or not waited for. */
const isOpen = (exit: Exit.Failure<unknown, ApiError>): boolean =>
  exit.cause.reasons.some((reason) => reason._tag === "Interrupt" || (reason._tag === "Fail" && isLost(reason.error)))

/** Looks among jobs, then among runs; gives nothing where nothing is found or where it cannot be asked. */
const find = Effect.fnUntraced(function*(tag: string): Effect.fn.Return<ReadonlyArray<Started>, never, Nunu> {
  const nunu = yield* Nunu
  const jobs = yield* listAll((page) => nunu.jobs.list({ tags: [tag], page, pageSize }))
  const runs = jobs.length > 0 ? [] : yield* listAll((page) => nunu.runs.list({ tags: [tag], page, pageSize }))
  const found = new Set<JobId>([
    ...jobs.filter((job) => job.tags.includes(tag)).map((job) => job.jobId),
    ...runs.filter((run) => run.tags.includes(tag))
      .flatMap((run) => run.jobId === null ? [] : [JobIdSchema.make(run.jobId)])
  ])
  const [first, ...rest] = found
  if (first === undefined) return []
  return [{ jobIds: [first, ...rest], runId: null, buildId: null, testPlanExecutionId: null, message: null, tag }]
})

/** A test plan starts as many jobs as it has tests: more than a page may hold. */
const listAll = Effect.fnUntraced(function*<A>(
  list: (page: number) => Effect.Effect<Page<A>, ApiError>
): Effect.fn.Return<ReadonlyArray<A>> {
  const items: Array<A> = []
  for (let page = 0;; page++) {
    const answer = yield* Effect.orElseSucceed(list(page), () => null)
    if (answer === null) return []
    items.push(...answer.data)
    if (answer.data.length === 0 || page + 1 >= answer.pagination.totalPages) return items
  }
})

const pageSize = 100

/** For up to 30 seconds: lists may lag behind. */
const untilFound = {
  schedule: Schedule.spaced("3 seconds").pipe(Schedule.upTo({ times: 10, duration: "30 seconds" })),
  until: (found: ReadonlyArray<Started>) => found.length > 0
}

/** After about 2, 4 and 8 seconds, and never before the time that the server asked for. */
const again = Schedule.exponential("2 seconds").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 3 }),
  Schedule.setInputType<StartFailed | StartUncertain>(),
  Schedule.modifyDelay(({ duration, input, now }) =>
    Effect.succeed(Duration.max(duration, waitAsked(input.error, now)))
  )
)

/** A server that wants to be left alone for longer than the policy allows is not asked again. */
const canStartAgain = Effect.fnUntraced(function*(failure: StartFailed | StartUncertain) {
  const { maxRetryAfter } = yield* RetryPolicy.RetryPolicy
  return failure._tag === "StartFailed" && wasNotDone(failure.error) &&
    Duration.isLessThanOrEqualTo(waitAsked(failure.error, yield* Clock.currentTimeMillis), maxRetryAfter)
})

const waitAsked = (error: ApiError, now: number): Duration.Duration =>
  error._tag === "TooManyRequests" && error.retryAt !== null
    ? Duration.millis(Math.max(0, DateTime.toEpochMillis(error.retryAt) - now))
    : Duration.zero

const stopWhatWasStarted = (tag: string): Effect.Effect<void, never, Nunu> =>
  Effect.flatMap(find(tag), ([started]) => started === undefined ? Effect.void : stopRunsNow(started.jobIds)).pipe(
    Effect.interruptible,
    Effect.timeout("3 seconds"), // after the grace, so that all of it takes less than 5
    Effect.ignore
  )
