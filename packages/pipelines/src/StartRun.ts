/**
 * Starts runs, never twice. Every start carries a unique tag, so that what a lost answer started can be found.
 *
 * A 429, a 503 and a connection that was never made mean that nothing was done: it is started again, a few times. After
 * any other failure that leaves it open, the tag is looked for; what is not found then is `StartUncertain`.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import type { JobId } from "@nunu-effect/core/Job"
import { JobId as JobIdSchema } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { StartedRuns, StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Clock from "effect/Clock"
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
  const start = Effect.uninterruptible(Effect.gen(function*() {
    open = true
    const outcome = yield* Effect.exit(nunu.runs.start(tagged))
    open = Exit.isFailure(outcome) && isOpen(outcome)
    const started: Started = { ...(yield* outcome), tag }
    yield* record(started)
    return started
  }))
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
    Effect.retry({ schedule: again, while: (error) => error._tag === "StartFailed" && wasNotDone(error.error) }),
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
  !wasNotDone(error) && (error.sent === "maybe" || (error.status !== null && (error.status >= 500 || error.status < 400)))

const isOpen = (exit: Exit.Failure<unknown, ApiError>): boolean =>
  exit.cause.reasons.some((reason) => reason._tag === "Fail" && isLost(reason.error))

/** Looks among jobs, then among runs; gives nothing where nothing is found or where it cannot be asked. */
const find = Effect.fnUntraced(function*(tag: string): Effect.fn.Return<ReadonlyArray<Started>, never, Nunu> {
  const nunu = yield* Nunu
  const jobs = yield* Effect.orElseSucceed(nunu.jobs.list({ tags: [tag] }), () => ({ data: [] }))
  const runs = jobs.data.length > 0
    ? { data: [] }
    : yield* Effect.orElseSucceed(nunu.runs.list({ tags: [tag] }), () => ({ data: [] }))
  const [first, ...rest]: ReadonlyArray<JobId> = [
    ...jobs.data.filter((job) => job.tags.includes(tag)).map((job) => job.jobId),
    ...runs.data.filter((run) => run.tags.includes(tag))
      .flatMap((run) => run.jobId === null ? [] : [JobIdSchema.make(run.jobId)])
  ]
  if (first === undefined) return []
  return [{ jobIds: [first, ...rest], runId: null, buildId: null, testPlanExecutionId: null, message: null, tag }]
})

/** For up to 30 seconds: lists may lag behind. */
const untilFound = {
  schedule: Schedule.spaced("3 seconds").pipe(Schedule.upTo({ duration: "30 seconds" })),
  until: (found: ReadonlyArray<Started>) => found.length > 0
}

const again = Schedule.exponential("2 seconds").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

const stopWhatWasStarted = (tag: string): Effect.Effect<void, never, Nunu> =>
  Effect.flatMap(find(tag), ([started]) => started === undefined ? Effect.void : stopRunsNow(started.jobIds)).pipe(
    Effect.interruptible,
    Effect.timeout("5 seconds"),
    Effect.ignore
  )
