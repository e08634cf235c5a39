/** What is known of steps that have begun, in a SQL database: who may go on is decided by a row that all processes see. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ReleaseLogError } from "./ReleaseLog.ts"
import type { StepAttempt } from "./ReleaseSteps.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseTables from "./ReleaseTables.ts"

/** Keeps attempts in a table that is there: `ReleaseStoreSql` makes it. */
export const layer: Layer.Layer<ReleaseSteps, never, SqlClient.SqlClient> = Layer.effect(
  ReleaseSteps,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return ReleaseSteps.of({
      begin: (releaseId, step) =>
        sql<StepAttempt>`
          INSERT INTO nunu_release_steps (release_id, step, number, note) VALUES (${releaseId}, ${step}, 1, NULL)
          ON CONFLICT (release_id, step) DO UPDATE SET number = nunu_release_steps.number + 1
          RETURNING number, note`.pipe(
          Effect.flatMap(([attempt]) =>
            attempt === undefined ? Effect.die(new Error("no row")) : Effect.succeed(attempt)
          ),
          failed
        ),
      look: (releaseId, step) =>
        sql<StepAttempt>`
          SELECT number, note FROM nunu_release_steps WHERE release_id = ${releaseId} AND step = ${step}`.pipe(
          Effect.map(([attempt]) => attempt ?? null),
          failed
        ),
      write: (releaseId, step, { note, number }) =>
        sql`UPDATE nunu_release_steps SET note = ${note}
          WHERE release_id = ${releaseId} AND step = ${step} AND number = ${number} RETURNING number`.pipe(
          Effect.map((rows) => rows.length > 0),
          failed
        )
    })
  })
)

const failed = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, ReleaseLogError> =>
  Effect.mapError(
    effect,
    (error) =>
      new ReleaseLogError({ message: `Cannot write a step of a release down: ${ReleaseTables.wordsOf(error)}` })
  )
