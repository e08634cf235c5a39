/**
 * Tells people of new bugs, beside the releases and never in their way. For each sink the bot remembers how far it has
 * read the book of releases, and which bugs it has told of which branch; both are written down after a notification was
 * taken. So each is delivered at least once, over restarts, and one that is delivered again has the same id.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { OnOneRunner } from "../OnOneRunner.ts"
import type { LoggedEvent } from "../ReleaseEvent.ts"
import { ReleaseLog } from "../ReleaseLog.ts"
import * as Notification from "./Notification.ts"
import type { Sink } from "./NotificationSink.ts"
import { send } from "./NotificationSink.ts"

/** Counts notifications by `sink` and `outcome`: `sent`, `failed` for an attempt, `refused` for one that was given up. */
export const notifications = Metric.counter("nunu.bot.notifications", {
  description: "Notifications of new bugs: sent, failed attempts, and refused for good",
  incremental: true
})

/**
 * Notifies all sinks for as long as it runs; has to run once, however many processes the bot has. What ended before a
 * sink was first notified counts as told. `publicUrl` is how people reach the bot, for links.
 */
export const run = (sinks: ReadonlyArray<Sink>, { publicUrl }: { readonly publicUrl?: string | undefined } = {}) =>
  Effect.forEach(
    sinks,
    (sink) =>
      Effect.gen(function*() {
        const { readOn } = yield* readerOf(sink, publicUrl)
        return yield* readOn.pipe(
          Effect.catch(({ message }) =>
            Effect.logWarning(`Cannot go on with the notifications of "${sink.name}", tries again: ${message}`)
          ),
          Effect.andThen(Effect.sleep("5 seconds")),
          Effect.forever
        )
      }),
    { concurrency: "unbounded", discard: true }
  )

/** Notifies all sinks until its scope ends, on one of the bot's processes. */
export const layer = (...args: Parameters<typeof run>) =>
  Layer.effectDiscard(OnOneRunner.use((one) => one.run("notifications", run(...args))))

const readerOf = Effect.fnUntraced(function*(sink: Sink, publicUrl: string | undefined) {
  const log = yield* ReleaseLog
  const store = yield* KeyValueStore.KeyValueStore
  const places = KeyValueStore.toSchemaStore(store, Place)
  const told = KeyValueStore.toSchemaStore(store, Told)
  const place = `notifications ${sink.name}`

  const read = Effect.fnUntraced(function*({ after, since }: typeof Place.Type, logged: LoggedEvent) {
    if (logged.event._tag !== "Ended" || logged.seq <= after) return
    const { outcome } = logged.event
    const record = yield* log.get(logged.releaseId)
    const branch = Option.match(record, { onNone: () => "", onSome: ({ request }) => request.branch ?? "" })
    const known = new Set(Option.getOrUndefined(yield* told.get(keyOf(sink, branch)))?.bugIds)
    const bugs = Notification.newBugsOf(outcome, known)
    if (bugs.length > 0) {
      if (logged.at >= since) {
        const request = branch === "" ? {} : { branch }
        yield* deliver(sink, Notification.of(logged, { outcome, request, bugs, publicUrl }))
      }
      yield* told.set(keyOf(sink, branch), { version: 1, bugIds: [...known, ...bugs.map(({ bugId }) => bugId)] })
    }
    yield* places.set(place, { version: 1, since, after: logged.seq })
  })

  const readOn = Effect.gen(function*() {
    const written = yield* places.get(place)
    const now = yield* Clock.currentTimeMillis
    const from = Option.getOrElse(written, (): typeof Place.Type => ({ version: 1, since: now, after: 0 }))
    if (Option.isNone(written)) yield* places.set(place, from)
    return yield* Stream.runForEach(log.follow({ after: from.after }), (logged) => read(from, logged))
  })
  return { readOn }
})

/**
 * Sends a notification until it is taken: after a second, then twice as long each time, at most five minutes; no sooner
 * than the receiver wants. One that the receiver refuses, and it alone, is given up after the fifth time.
 */
const deliver = Effect.fnUntraced(function*(sink: Sink, notification: Notification.Notification) {
  const counted = (outcome: string) =>
    Metric.update(Metric.withAttributes(notifications, { sink: sink.name, outcome }), 1)
  for (let attempts = 1;; attempts++) {
    const attempt = yield* send(sink, notification)
    if (attempt.taken) return yield* counted("sent")
    const bugs = notification.bugs.map(({ bugId }) => bugId).join(", ")
    if (attempt.refused && attempts >= maxRefusals) {
      yield* Effect.logError(
        `Cannot notify "${sink.name}" of ${notification.release.releaseId}, gives it up: ${attempt.why}; bugs ${bugs}`
      )
      return yield* counted("refused")
    }
    yield* counted("failed")
    const jitter = yield* Random.nextBetween(0.8, 1)
    const own = Math.min(1000 * 2 ** (attempts - 1), longestMillis) * jitter
    const wait = Math.max(own, Math.min(attempt.waitMillis, longestAskedMillis))
    // A receiver that is away for a night shall not fill the log.
    if (Number.isInteger(Math.log2(attempts))) {
      yield* Effect.logWarning(
        `Cannot notify "${sink.name}" of ${notification.release.releaseId}, attempt ${attempts}, tries again in ${
          Duration.format(Duration.seconds(Math.ceil(wait / 1000)))
        }: ${attempt.why}`
      )
    }
    yield* Effect.sleep(wait)
  }
})

const maxRefusals = 5
const longestMillis = 300_000
const longestAskedMillis = 3_600_000

const keyOf = ({ name }: Sink, branch: string): string => `notified ${name} ${branch}`

/** How far a sink has come. */
const Place = Schema.Struct({
  version: Schema.Literal(1),
  /** Epoch milliseconds of the first time: what ended before is nothing new. */
  since: Schema.Int,
  /** The place in the book up to which all is done. */
  after: Schema.Int
})

/** Of which bugs of a branch a sink was told. */
const Told = Schema.Struct({ version: Schema.Literal(1), bugIds: Schema.Array(Schema.String) })
