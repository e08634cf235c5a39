/** The book of releases in a SQL database: SQLite or Postgres, for any number of processes. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { isEnded, ReleaseOutcome, ReleaseRequest, ReleaseStatus } from "./Release.ts"
import { LoggedEvent, ReleaseEvent } from "./ReleaseEvent.ts"
import * as ReleaseFollow from "./ReleaseFollow.ts"
import type { ReleaseRecord } from "./ReleaseLog.ts"
import { ReleaseLog, ReleaseLogError } from "./ReleaseLog.ts"
import * as ReleaseStanding from "./ReleaseStanding.ts"
import * as ReleaseTables from "./ReleaseTables.ts"
import * as ReleaseTime from "./ReleaseTime.ts"

/** Keeps the book in tables that are there: `ReleaseStoreSql` makes them. */
export const layer: Layer.Layer<ReleaseLog, never, SqlClient.SqlClient> = Layer.effect(
  ReleaseLog,
  Effect.suspend(() => make)
)

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  let changed = Deferred.makeUnsafe<void>()
  const wake = Effect.sync(() => {
    Deferred.doneUnsafe(changed, Effect.void)
    changed = Deferred.makeUnsafe<void>()
  })
  const forUpdate = sql.onDialectOrElse({ pg: () => sql`FOR UPDATE`, orElse: () => sql`` })

  const rowOf = (releaseId: string) =>
    Effect.map(
      sql<ReleaseRow>`SELECT ${sql.literal(columns)} FROM nunu_releases WHERE release_id = ${releaseId}`,
      ([row]) => row ?? null
    )

  /** Of how far an upload is only the last word is kept: there is one every few seconds, and uploads take hours. */
  const forgetProgress = (releaseId: string) =>
    sql`DELETE FROM nunu_release_events WHERE release_id = ${releaseId} AND event LIKE '{"_tag":"UploadProgress"%'`

  /** The counter's row stays locked until the end of the transaction: numbers become visible in their order. */
  const write = Effect.fnUntraced(function*(row: ReleaseRow, key: string, event: ReleaseEvent) {
    const at = yield* ReleaseTime.now
    const { status, unheld } = ReleaseStanding.after(row, event, yield* decodeRequest(row.request))
    const outcome = event._tag === "Ended" ? yield* encodeOutcome(event.outcome) : row.outcome
    if (event._tag === "UploadProgress") yield* forgetProgress(row.release_id)
    const [counter] = yield* sql<{ readonly seq: number | string }>`
      UPDATE nunu_release_counter SET seq = seq + 1 WHERE id = 1 RETURNING seq`
    yield* sql`INSERT INTO nunu_release_events ${
      sql.insert({
        seq: Number(counter?.seq),
        at,
        release_id: row.release_id,
        event_key: key,
        status,
        event: yield* encodeEvent(event)
      })
    }`
    yield* sql`UPDATE nunu_releases SET status = ${status}, unheld = ${unheld}, outcome = ${outcome}, updated_at = ${at}
      WHERE release_id = ${row.release_id}`
  })

  const submit = Effect.fnUntraced(function*(request: ReleaseRequest) {
    const at = yield* ReleaseTime.now
    const added = yield* sql`INSERT INTO nunu_releases ${
      sql.insert({
        release_id: request.releaseId,
        request: yield* encodeRequest(request),
        branch: request.branch ?? null,
        status: "queued",
        unheld: "queued",
        outcome: null,
        report: null,
        submitted_at: at,
        updated_at: at
      })
    } ON CONFLICT (release_id) DO NOTHING RETURNING release_id`
    const row = yield* rowOf(request.releaseId)
    if (row === null) return yield* Effect.die(new Error("a release that was written is not there"))
    if (added.length > 0) yield* write(row, "queued", { _tag: "Queued" })
    return { record: yield* recordOf(row), isNew: added.length > 0 }
  })

  const append = Effect.fnUntraced(function*(releaseId: string, key: string, event: ReleaseEvent) {
    const [row] = yield* sql<ReleaseRow>`
      SELECT ${sql.literal(columns)} FROM nunu_releases WHERE release_id = ${releaseId} ${forUpdate}`
    if (row === undefined) {
      return yield* new ReleaseLogError({
        message: `Cannot write down what happened to release ${releaseId}: it is not known`
      })
    }
    const known = yield* sql`
      SELECT 1 FROM nunu_release_events WHERE release_id = ${releaseId} AND event_key = ${key}`
    if (!isEnded(row.status) && known.length === 0) yield* write(row, key, event)
  })

  const events: ReleaseLog["Service"]["events"] = ({ after = 0, limit, releaseId } = {}) =>
    sql<EventRow>`SELECT seq, at, release_id, status, event FROM nunu_release_events WHERE ${
      sql.and([
        sql`seq > ${after}`,
        ...(releaseId === undefined ? [] : [sql`release_id = ${releaseId}`])
      ])
    } ORDER BY seq ${limit === undefined ? sql`` : sql`LIMIT ${limit}`}`.pipe(
      Effect.flatMap(Effect.forEach(eventOf)),
      failed("read")
    )

  return ReleaseLog.of({
    submit: (request) => Effect.tap(sql.withTransaction(submit(request)).pipe(failed("write")), () => wake),
    append: (releaseId, key, event) =>
      Effect.tap(sql.withTransaction(append(releaseId, key, event)).pipe(failed("write")), () => wake),
    get: (releaseId) =>
      rowOf(releaseId).pipe(
        Effect.flatMap((row) => row === null ? Effect.succeedNone : Effect.asSome(recordOf(row))),
        failed("read")
      ),
    list: ({ before, branch, limit = 50, status } = {}) =>
      sql<ReleaseRow>`SELECT ${sql.literal(columns)} FROM nunu_releases WHERE ${
        sql.and([
          ...(before === undefined ? [] : [
            sql`(submitted_at, release_id) <
              (SELECT submitted_at, release_id FROM nunu_releases WHERE release_id = ${before})`
          ]),
          ...(branch === undefined ? [] : [sql`branch = ${branch}`]),
          ...(status === undefined ? [] : [status.length === 0 ? sql`1 = 0` : sql.in("status", status)])
        ])
      } ORDER BY submitted_at DESC, release_id DESC LIMIT ${limit}`.pipe(
        Effect.flatMap(Effect.forEach(recordOf)),
        failed("read")
      ),
    counts: sql<{ readonly status: ReleaseStatus; readonly number: number | string }>`
      SELECT status, COUNT(*) AS number FROM nunu_releases GROUP BY status`.pipe(
      Effect.map((rows): Partial<Record<ReleaseStatus, number>> =>
        Object.fromEntries(rows.map(({ number, status }) => [status, Number(number)]))
      ),
      failed("read")
    ),
    last: sql<{ readonly seq: number | string }>`SELECT seq FROM nunu_release_counter WHERE id = 1`.pipe(
      Effect.map(([row]) => Number(row?.seq ?? 0)),
      failed("read")
    ),
    events,
    // Other processes are not heard of: they are looked for every half second.
    follow: ReleaseFollow.follow(
      events,
      Effect.sync(() =>
        Effect.timeoutOrElse(Deferred.await(changed), { duration: "500 millis", orElse: () => Effect.void })
      )
    ),
    report: (releaseId) =>
      sql<{ readonly report: string | null }>`SELECT report FROM nunu_releases WHERE release_id = ${releaseId}`.pipe(
        Effect.map(([row]) => Option.fromNullishOr(row?.report)),
        failed("read")
      ),
    putReport: (releaseId, report) =>
      Effect.asVoid(sql`UPDATE nunu_releases SET report = ${report} WHERE release_id = ${releaseId}`).pipe(
        failed("write")
      )
  })
})

/** Numbers of 64 bits are texts in Postgres. */
interface ReleaseRow extends ReleaseStanding.ReleaseStanding {
  readonly release_id: string
  readonly request: string
  readonly outcome: string | null
  readonly submitted_at: number | string
  readonly updated_at: number | string
}

interface EventRow {
  readonly seq: number | string
  readonly at: number | string
  readonly release_id: string
  readonly status: string
  readonly event: string
}

const columns = "release_id, request, status, unheld, outcome, submitted_at, updated_at"

const Request = Schema.fromJsonString(Schema.toCodecJson(ReleaseRequest))
const Outcome = Schema.fromJsonString(Schema.toCodecJson(ReleaseOutcome))
const Event = Schema.fromJsonString(Schema.toCodecJson(ReleaseEvent))
const decodeRequest = Schema.decodeUnknownEffect(Request)
const encodeRequest = Schema.encodeEffect(Request)
const decodeOutcome = Schema.decodeUnknownEffect(Outcome)
const encodeOutcome = Schema.encodeEffect(Outcome)
const decodeEvent = Schema.decodeUnknownEffect(Event)
const encodeEvent = Schema.encodeEffect(Event)
const decodeStatus = Schema.decodeUnknownEffect(ReleaseStatus)

const recordOf = Effect.fnUntraced(function*(row: ReleaseRow): Effect.fn.Return<ReleaseRecord, Schema.SchemaError> {
  return {
    request: yield* decodeRequest(row.request),
    status: yield* decodeStatus(row.status),
    outcome: row.outcome === null ? null : yield* decodeOutcome(row.outcome),
    submittedAt: Number(row.submitted_at),
    updatedAt: Number(row.updated_at)
  }
})

const eventOf = Effect.fnUntraced(function*(row: EventRow): Effect.fn.Return<LoggedEvent, Schema.SchemaError> {
  return {
    seq: Number(row.seq),
    at: Number(row.at),
    releaseId: row.release_id,
    status: yield* decodeStatus(row.status),
    event: yield* decodeEvent(row.event)
  }
})

/** Says what went wrong in the database's words. */
const failed = (action: "read" | "write") =>
<A, E extends { readonly message: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, ReleaseLogError, R> =>
  Effect.mapError(
    effect,
    (error) =>
      error instanceof ReleaseLogError
        ? error
        : new ReleaseLogError({ message: `Cannot ${action} the book of releases: ${ReleaseTables.wordsOf(error)}` })
  )
