/**
 * Uploads a file as a build. Start here.
 *
 * `upload` takes a source and gives a receipt with the `BuildId`. It can be interrupted at every point: the parts under
 * way are stopped first, then the API is told with one DELETE, so that nothing stays reserved.
 */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import type { BuildId } from "@nunu-effect/core/Build"
import * as Grace from "@nunu-effect/core/Grace"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import type {
  InitiateUploadRequest,
  MultipartTicket,
  SinglePartTicket,
  UploadedPart,
  UploadTicket
} from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { PartTransport } from "./PartTransport.ts"
import * as PartUrls from "./PartUrls.ts"
import * as Preflight from "./Preflight.ts"
import { sendParts } from "./SendParts.ts"
import type { UploadErrorReason } from "./UploadError.ts"
import { CompleteFailed, CompletionUncertain, InitiateFailed, PlanMismatch, UploadError } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { UploadOptions } from "./UploadOptions.ts"
import type { Part } from "./UploadPlan.ts"
import * as UploadPlan from "./UploadPlan.ts"
import type { UploadSource } from "./UploadSource.ts"
import type { Width } from "./UploadWindow.ts"

export type { UploadOptions } from "./UploadOptions.ts"

/** What an upload came to. */
export interface UploadReceipt {
  readonly buildId: BuildId
  /** Bytes. */
  readonly size: number
  readonly parts: number
  /** How many PUTs it took; more than `parts` when some were repeated. */
  readonly attempts: number
  readonly durationMillis: number
}

export const upload: (
  source: UploadSource,
  options?: UploadOptions
) => Effect.Effect<UploadReceipt, UploadError, Nunu | PartTransport> = Effect.fn("nunu.upload")(
  function*(source: UploadSource, options: UploadOptions = {}) {
    const startedAt = yield* Clock.currentTimeMillis
    const emit = options.onEvent ?? (() => Effect.void)
    const request = yield* Preflight.toRequest(source, options)
    const { concurrency = "auto" } = options
    let ticket: UploadTicket | undefined
    let completing = false
    return yield* Effect.gen(function*() {
      // From the moment the server has reserved a place, `ticket` is known: there is no moment in between.
      const reserved = yield* Grace.run(
        Effect.uninterruptibleMask((restore) =>
          Effect.tap(restore(initiate(request)), (reserved) => Effect.sync(() => ticket = reserved))
        )
      ).pipe(repeatWhatWasNotDone)
      const sent = reserved._tag === "Multipart"
        ? yield* sendInParts(source, reserved, concurrency, emit)
        : yield* sendWhole(source, reserved, concurrency, emit)
      yield* emit(UploadEvent.Completing({ buildId: reserved.buildId }))
      // From the moment it is complete there is nothing to give up, whatever happens then.
      completing = true
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.tap(restore(complete(reserved, sent.parts)), () => Effect.sync(() => ticket = undefined))
      )
      yield* emit(UploadEvent.Completed({ buildId: reserved.buildId }))
      return {
        buildId: reserved.buildId,
        size: source.size,
        parts: sent.parts.length,
        attempts: sent.attempts,
        durationMillis: (yield* Clock.currentTimeMillis) - startedAt
      }
    }).pipe(
      Effect.onExit((exit) =>
        Exit.isSuccess(exit) || ticket === undefined || isUncertain(exit)
          ? Effect.void
          : abort(ticket, completing, emit)
      )
    )
  },
  Effect.mapError((reason: UploadErrorReason) => new UploadError({ reason }))
)

/** Checks a request without sending anything: fails with all of its faults at once. */
export const check = (source: UploadSource, options: UploadOptions = {}): Effect.Effect<void, UploadError> =>
  Effect.asVoid(Effect.mapError(Preflight.toRequest(source, options), (reason) => new UploadError({ reason })))

type Emit = (event: UploadEvent) => Effect.Effect<void>

interface Sent {
  readonly parts: ReadonlyArray<UploadedPart>
  readonly attempts: number
}

const initiate = Effect.fnUntraced(function*(request: InitiateUploadRequest) {
  const nunu = yield* Nunu
  return yield* nunu.builds.initiateUpload(request).pipe(
    Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never),
    Effect.mapError((error: ApiError) => new InitiateFailed({ error }))
  )
})

/** A 429, a 503 and a connection that was not made have reserved nothing, so that asking again is safe. */
const repeatWhatWasNotDone = Effect.fnUntraced(function*<A, R>(effect: Effect.Effect<A, InitiateFailed, R>) {
  const { maxRetryAfter } = yield* RetryPolicy.RetryPolicy
  return yield* Effect.retry(effect, {
    schedule: Schedule.exponential("1 second").pipe(
      Schedule.setInputType<InitiateFailed>(),
      Schedule.jittered,
      Schedule.upTo({ times: 4 }),
      Schedule.modifyDelay(({ duration, input, now }) => Effect.succeed(Duration.max(duration, askedFor(input, now))))
    ),
    while: (failed) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) => wasNotDone(failed.error) && Duration.isLessThanOrEqualTo(askedFor(failed, now), maxRetryAfter)
      )
  })
})

/** How long the server wants to be left alone. */
const askedFor = ({ error }: InitiateFailed, now: number): Duration.Duration =>
  error._tag === "TooManyRequests" && error.retryAt !== null
    ? Duration.millis(Math.max(0, DateTime.toEpochMillis(error.retryAt) - now))
    : Duration.zero

const sendInParts = Effect.fnUntraced(function*(
  source: UploadSource,
  ticket: MultipartTicket,
  concurrency: Width,
  emit: Emit
): Effect.fn.Return<Sent, UploadErrorReason, Nunu | PartTransport | Scope.Scope> {
  const plan = UploadPlan.make(source.size, ticket)
  if (Result.isFailure(plan)) return yield* new PlanMismatch({ message: plan.failure })
  const { buildId, partSize, totalParts } = ticket
  yield* emit(UploadEvent.Initiated({ buildId, size: source.size, partSize, totalParts }))
  const sent = yield* sendParts({
    source,
    reader: yield* source.open,
    parts: plan.success,
    totalParts,
    urls: yield* PartUrls.make(ticket, { parts: plan.success.map(({ partNumber }) => partNumber), emit }),
    replaceable: true,
    concurrency,
    emit,
    onStored: () => Effect.void
  })
  return { parts: sent, attempts: sent.reduce((sum, part) => sum + part.attempts, 0) }
}, Effect.scoped)

const sendWhole = Effect.fnUntraced(function*(
  source: UploadSource,
  ticket: SinglePartTicket,
  concurrency: Width,
  emit: Emit
): Effect.fn.Return<Sent, UploadErrorReason, PartTransport | Scope.Scope> {
  const { buildId, uploadUrl } = ticket
  const part: Part = { partNumber: 1, offset: 0, size: source.size }
  yield* emit(UploadEvent.Initiated({ buildId, size: source.size, partSize: source.size, totalParts: 1 }))
  const sent = yield* sendParts({
    source,
    reader: yield* source.open,
    parts: [part],
    totalParts: 1,
    urls: { get: () => Effect.succeed(uploadUrl) },
    replaceable: false,
    concurrency,
    emit,
    onStored: () => Effect.void
  })
  return { parts: sent, attempts: sent.reduce((sum, part) => sum + part.attempts, 0) }
}, Effect.scoped)

/**
 * Makes a build of what was sent. After an answer that was lost the API may say 404 to the repeat, as it is done: then
 * the build itself is asked for.
 */
const complete = Effect.fnUntraced(function*(
  ticket: UploadTicket,
  parts: ReadonlyArray<UploadedPart>
): Effect.fn.Return<void, CompleteFailed | CompletionUncertain, Nunu> {
  const nunu = yield* Nunu
  const { buildId } = ticket
  yield* nunu.builds.completeUpload(
    ticket._tag === "SinglePart"
      ? { buildId }
      : { buildId, uploadId: ticket.uploadId, objectKey: ticket.objectKey, parts }
  ).pipe(
    Effect.catch((error: ApiError): Effect.Effect<unknown, CompleteFailed | CompletionUncertain> => {
      const lost = error.sent === "maybe" || (error.status !== null && error.status >= 500)
      if (lost) return Effect.fail(new CompletionUncertain({ buildId, error }))
      if (error._tag !== "NotFound" || error.attempts === 1) return Effect.fail(new CompleteFailed({ error }))
      return Effect.matchEffect(nunu.builds.get(buildId), {
        onSuccess: (build) =>
          build.status === "OK" ? Effect.void : Effect.fail(new CompletionUncertain({ buildId, error })),
        onFailure: () => Effect.fail(new CompletionUncertain({ buildId, error }))
      })
    })
  )
})

/** Tells the API once that an upload was given up. Bounded, as finalizers cannot be interrupted. */
const abort = Effect.fnUntraced(function*(ticket: UploadTicket, completing: boolean, emit: Emit) {
  const nunu = yield* Nunu
  const { buildId, objectKey } = ticket
  const outcome = yield* nunu.builds.cancelUpload(
    ticket._tag === "Multipart" ? { buildId, objectKey, uploadId: ticket.uploadId } : { buildId, objectKey }
  ).pipe(
    Effect.as("cancelled" as const),
    Effect.catchTag("NotFound", () => Effect.succeed(completing ? "maybe-complete" as const : "cancelled" as const)),
    Effect.timeout(undoingTime),
    Effect.orElseSucceed(() => "not-cancelled" as const)
  )
  yield* emit(UploadEvent.Aborted({ buildId, outcome }))
})

/** Within the 5 seconds that a CI system gives before it kills, with time left to tell what came of it. */
const undoingTime = "4500 millis"

const isUncertain = (exit: Exit.Exit<unknown, UploadErrorReason>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error._tag === "CompletionUncertain")
