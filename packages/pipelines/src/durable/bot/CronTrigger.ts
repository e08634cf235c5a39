/**
 * Releases by the clock. The id of a release is made from the moment that it was due, so that any number of bots, and
 * one that was restarted, ask for the same release once.
 */
import * as Clock from "effect/Clock"
import * as Cron from "effect/Cron"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { ReleaseId } from "../Release.ts"
import { ReleaseBot } from "./ReleaseBot.ts"
import { SourcedTemplate, TriggerName } from "./ReleaseTemplate.ts"

const fields = {
  name: TriggerName,
  cron: Schema.String.annotate({
    description: "Five fields (minute, hour, day of the month, month, weekday), or six with seconds before them"
  }),
  timeZone: Schema.optionalKey(Schema.String.annotate({
    description: "In which the fields are meant, such as Europe/Zurich; UTC by default"
  })),
  catchUpMinutes: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1440 })).annotate({
      description: "A release that was due while no bot ran is asked for if it is no older than this; 15 by default"
    })
  ),
  release: SourcedTemplate
}

/** When to ask for which release. A time that never comes is refused. */
export const CronTrigger = Schema.Struct(fields).check(
  Schema.makeFilter(({ cron, timeZone }) => {
    const fault = faultOf(cron, timeZone)
    return fault === undefined ? undefined : { path: [fault.path], issue: fault.issue }
  })
)
export type CronTrigger = typeof CronTrigger.Type

/**
 * Asks for the releases of a trigger as they come due, for as long as it runs. It looks at the clock at least once a
 * minute: a machine that slept, or whose clock was set, misses nothing. A store that fails is asked again.
 */
export const run = Effect.fnUntraced(function*(trigger: CronTrigger): Effect.fn.Return<never, never, ReleaseBot> {
  const bot = yield* ReleaseBot
  const { name, release } = trigger
  const cron = cronOf(trigger)
  const catchUpMillis = (trigger.catchUpMinutes ?? 15) * 60_000
  let after = (yield* Clock.currentTimeMillis) - Math.max(catchUpMillis, 1)

  /** Gives whether the release is settled: taken, or refused as it would be at each repeat. */
  const ask = (at: number) => {
    const releaseId = idOf(name, at)
    return Effect.matchEffect(bot.submit({ ...release, releaseId }), {
      onSuccess: ({ isNew }) =>
        Effect.as(isNew ? Effect.logInfo(`The cron trigger "${name}" asked for ${releaseId}`) : Effect.void, true),
      onFailure: ({ _tag, message }) =>
        Effect.as(
          // Asked for already, before the configuration was changed.
          _tag === "ReleaseConflict"
            ? Effect.void
            : Effect.logWarning(`The cron trigger "${name}" did not get ${releaseId}: ${message}`),
          _tag !== "BotUnavailable"
        )
    })
  }

  while (true) {
    const now = yield* Clock.currentTimeMillis
    const due = dueAt(cron, { after, now, catchUpMillis })
    const settled = due === null || (yield* ask(due))
    if (settled && due !== null) after = due
    yield* Effect.sleep(settled ? Math.min(Cron.next(cron, new Date(now)).getTime() - now, 60_000) : againMillis)
  }
})

/** The latest moment in `(after, now]` that the trigger names, unless it is over for longer than `catchUpMillis`. */
export const dueAt = (
  cron: Cron.Cron,
  { after, catchUpMillis, now }: { readonly after: number; readonly now: number; readonly catchUpMillis: number }
): number | null => {
  const latest = Cron.prev(cron, new Date(now + 1)).getTime()
  // A trigger that catches nothing up still has to meet its own moment, at which a timer is never quite on time.
  return latest > after && now - latest <= Math.max(catchUpMillis, 60_000) ? latest : null
}

/** Names the release that was due at a moment, such as `nightly-20261124T020000Z`. */
export const idOf = (name: string, at: number): ReleaseId =>
  ReleaseId.make(`${name}-${new Date(at).toISOString().replace(/\.\d+|[:-]/g, "")}`)

/** Reads the time of a trigger; UTC unless it names a zone. */
export const cronOf = ({ cron, timeZone }: Pick<CronTrigger, "cron" | "timeZone">): Cron.Cron =>
  Cron.parseUnsafe(cron, timeZone ?? "UTC")

const againMillis = 5000

const faultOf = (cron: string, timeZone = "UTC"): { readonly path: string; readonly issue: string } | undefined => {
  const zone = Cron.parse("* * * * *", timeZone)
  if (Result.isFailure(zone)) {
    return { path: "timeZone", issue: `${JSON.stringify(timeZone)} is no time zone: say one such as Europe/Zurich` }
  }
  const parsed = Cron.parse(cron, timeZone)
  if (Result.isFailure(parsed)) return { path: "cron", issue: `${parsed.failure.message}: ${JSON.stringify(cron)}` }
  return Result.isSuccess(Result.try(() => Cron.next(parsed.success, new Date(0))))
    ? undefined
    : { path: "cron", issue: `${JSON.stringify(cron)} is a time that never comes` }
}
