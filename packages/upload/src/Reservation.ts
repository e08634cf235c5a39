/** How a place for an upload is got: once, and never so that nobody knows of it. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { wasNotDone } from "@nunu-effect/core/ApiError"
import * as Grace from "@nunu-effect/core/Grace"
import { Nunu } from "@nunu-effect/core/Nunu"
import { OnRepeat } from "@nunu-effect/core/Repeat"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import type { InitiateUploadRequest, UploadTicket } from "@nunu-effect/core/UploadTicket"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { InitiateFailed } from "./UploadError.ts"

/**
 * Asks for a place and takes the answer down, in one step that an interruption does not cut: it waits for the answer, for
 * as long as `Grace.period`. What certainly reserved nothing is asked for again.
 */
export const reserve = <A, E>(request: InitiateUploadRequest, options: {
  /** Is told before the request, and with `false` when it is known that it has reserved nothing. */
  readonly onAsking: (asking: boolean) => void
  /** Takes the answer down, and gives what is to be gone on with. */
  readonly onTicket: (ticket: UploadTicket) => Effect.Effect<A, E>
}): Effect.Effect<A, InitiateFailed | E, Nunu> => {
  const ask = Effect.gen(function*() {
    const nunu = yield* Nunu
    options.onAsking(true)
    return yield* nunu.builds.initiateUpload(request).pipe(
      Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never),
      Effect.mapError((error: ApiError) => new InitiateFailed({ error })),
      Effect.tapError((failed) => Effect.sync(() => options.onAsking(failed.mayBeReserved)))
    )
  })
  return Grace.run(
    Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(ask), options.onTicket))
  ).pipe(repeatWhatWasNotDone)
}

/** A 429, a 503 and a connection that was not made have reserved nothing, so that asking again is safe. */
const repeatWhatWasNotDone = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, InitiateFailed | E, R>) {
  const { maxRetryAfter } = yield* RetryPolicy.RetryPolicy
  return yield* Effect.retry(
    effect,
    Schedule.exponential("1 second").pipe(
      Schedule.setInputType<InitiateFailed | E>(),
      Schedule.jittered,
      Schedule.upTo({ times: repeatsAtMost }),
      Schedule.while(({ input, now }) =>
        Effect.succeed(
          input instanceof InitiateFailed && wasNotDone(input.error) &&
            Duration.isLessThanOrEqualTo(askedFor(input, now), maxRetryAfter)
        )
      ),
      Schedule.modifyDelay(({ duration, input, now }) => Effect.succeed(Duration.max(duration, askedFor(input, now)))),
      Schedule.tap(({ attempt, duration: wait, input }) =>
        Effect.flatMap(OnRepeat, (onRepeat) =>
          input instanceof InitiateFailed
            ? onRepeat({ error: input.error, attempt: attempt + 1, attempts: repeatsAtMost + 1, wait })
            : Effect.void)
      )
    )
  )
})

const repeatsAtMost = 4

/** How long the server wants to be left alone. */
const askedFor = (failed: unknown, now: number): Duration.Duration =>
  failed instanceof InitiateFailed && failed.error._tag === "TooManyRequests" && failed.error.retryAt !== null
    ? Duration.millis(Math.max(0, DateTime.toEpochMillis(failed.error.retryAt) - now))
    : Duration.zero
