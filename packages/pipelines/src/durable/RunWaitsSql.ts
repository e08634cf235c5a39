/** Releases that wait for their runs, in a SQL database. */
import { JobId } from "@nunu-effect/core/Job"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ReleaseLogError } from "./ReleaseLog.ts"
import * as ReleaseTables from "./ReleaseTables.ts"
import type { RunWait } from "./RunWaits.ts"
import { RunWaits } from "./RunWaits.ts"

/** Keeps waits in a table that is there: `ReleaseStoreSql` makes it. */
export const layer: Layer.Layer<RunWaits, never, SqlClient.SqlClient> = Layer.effect(
  RunWaits,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return RunWaits.of({
      add: ({ deadline, jobIds, releaseId, token }) =>
        sql`INSERT INTO nunu_run_waits ${
          sql.insert({ release_id: releaseId, token, job_ids: JSON.stringify(jobIds), deadline })
        } ON CONFLICT (release_id) DO NOTHING`.pipe(Effect.asVoid, failed),
      remove: (releaseId) =>
        sql`DELETE FROM nunu_run_waits WHERE release_id = ${releaseId}`.pipe(Effect.asVoid, failed),
      list: sql<WaitRow>`SELECT release_id, token, job_ids, deadline FROM nunu_run_waits`.pipe(
        Effect.flatMap(Effect.forEach(waitOf)),
        failed
      )
    })
  })
)

interface WaitRow {
  readonly release_id: string
  readonly token: string
  readonly job_ids: string
  readonly deadline: number | string | null
}

const decodeJobIds = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(JobId)))

const waitOf = (row: WaitRow): Effect.Effect<RunWait, Schema.SchemaError> =>
  Effect.map(decodeJobIds(row.job_ids), (jobIds) => ({
    releaseId: row.release_id,
    token: row.token,
    jobIds,
    deadline: row.deadline === null ? null : Number(row.deadline)
  }))

const failed = <A>(effect: Effect.Effect<A, SqlError | Schema.SchemaError>): Effect.Effect<A, ReleaseLogError> =>
  Effect.mapError(
    effect,
    (error) => new ReleaseLogError({ message: `Cannot keep the waits of releases: ${ReleaseTables.wordsOf(error)}` })
  )
