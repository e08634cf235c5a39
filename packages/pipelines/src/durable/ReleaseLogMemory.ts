/** The book of releases in memory: for tests, and for scripts whose releases need not outlive them. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ReleaseRequest, ReleaseStatus } from "./Release.ts"
import { isEnded } from "./Release.ts"
import type { LoggedEvent, ReleaseEvent } from "./ReleaseEvent.ts"
import * as ReleaseFollow from "./ReleaseFollow.ts"
import type { ReleaseRecord } from "./ReleaseLog.ts"
import { ReleaseLog, ReleaseLogError } from "./ReleaseLog.ts"
import * as ReleaseStanding from "./ReleaseStanding.ts"
import * as ReleaseTime from "./ReleaseTime.ts"

interface Entry {
  record: ReleaseRecord
  standing: ReleaseStanding.ReleaseStanding
  readonly keys: Set<string>
  report: string | null
}

/** Makes a book that lives as long as whoever holds it. */
export const make: Effect.Effect<ReleaseLog["Service"]> = Effect.sync(() => {
  const entries = new Map<string, Entry>()
  const log: Array<LoggedEvent> = []
  let changed = Deferred.makeUnsafe<void>()

  const add = (entry: Entry, event: ReleaseEvent, at: number): void => {
    const { record } = entry
    entry.standing = ReleaseStanding.after(entry.standing, event, record.request)
    const { status } = entry.standing
    const outcome = event._tag === "Ended" ? event.outcome : record.outcome
    entry.record = { ...record, status, outcome, updatedAt: at }
    log.push({ seq: log.length + 1, at, releaseId: record.request.releaseId, status, event })
    Deferred.doneUnsafe(changed, Effect.void)
    changed = Deferred.makeUnsafe<void>()
  }

  const events: ReleaseLog["Service"]["events"] = ({ after = 0, limit = Infinity, releaseId } = {}) =>
    Effect.sync(() =>
      // The place of an event is its number.
      log.slice(after).filter((event) => releaseId === undefined || event.releaseId === releaseId).slice(0, limit)
    )

  return ReleaseLog.of({
    submit: (request: ReleaseRequest) =>
      Effect.map(ReleaseTime.now, (at) => {
        const known = entries.get(request.releaseId)
        if (known !== undefined) return { record: known.record, isNew: false }
        const record: ReleaseRecord = { request, status: "queued", outcome: null, submittedAt: at, updatedAt: at }
        const entry: Entry = { record, standing: ReleaseStanding.initial, keys: new Set(), report: null }
        entries.set(request.releaseId, entry)
        add(entry, { _tag: "Queued" }, at)
        return { record: entry.record, isNew: true }
      }),
    append: (releaseId, key, event) =>
      Effect.flatMap(ReleaseTime.now, (at) => {
        const entry = entries.get(releaseId)
        if (entry === undefined) return unknown(releaseId)
        if (!isEnded(entry.record.status) && !entry.keys.has(key)) {
          entry.keys.add(key)
          add(entry, event, at)
        }
        return Effect.void
      }),
    get: (releaseId) => Effect.sync(() => Option.fromNullishOr(entries.get(releaseId)?.record)),
    list: ({ before, branch, limit = 50, status } = {}) =>
      Effect.sync(() => {
        const ids = Array.from(entries.keys())
        const end = before === undefined ? ids.length : Math.max(0, ids.indexOf(before))
        return Array.from(entries.values(), ({ record }) => record)
          .slice(0, end)
          .toReversed()
          .filter((record) =>
            (branch === undefined || record.request.branch === branch) &&
            (status === undefined || status.includes(record.status))
          )
          .slice(0, limit)
      }),
    counts: Effect.sync(() => {
      const counts: Partial<Record<ReleaseStatus, number>> = {}
      for (const { record: { status } } of entries.values()) counts[status] = (counts[status] ?? 0) + 1
      return counts
    }),
    events,
    last: Effect.sync(() => log.length),
    follow: ReleaseFollow.follow(events, Effect.sync(() => Deferred.await(changed))),
    report: (releaseId) => Effect.sync(() => Option.fromNullishOr(entries.get(releaseId)?.report)),
    putReport: (releaseId, report) =>
      Effect.suspend(() => {
        const entry = entries.get(releaseId)
        if (entry === undefined) return unknown(releaseId)
        entry.report = report
        return Effect.void
      })
  })
})

/** Keeps a book for as long as the layer lives. */
export const layer: Layer.Layer<ReleaseLog> = Layer.fresh(Layer.effect(ReleaseLog, make))

const unknown = (releaseId: string) =>
  Effect.fail(
    new ReleaseLogError({ message: `Cannot write down what happened to release ${releaseId}: it is not known` })
  )
