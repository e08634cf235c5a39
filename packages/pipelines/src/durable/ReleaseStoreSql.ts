/** All that releases keep in a SQL database beside what the engine keeps there. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import type { ReleaseLog } from "./ReleaseLog.ts"
import { ReleaseLogError } from "./ReleaseLog.ts"
import * as ReleaseLogSql from "./ReleaseLogSql.ts"
import type { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseStepsSql from "./ReleaseStepsSql.ts"
import * as ReleaseTables from "./ReleaseTables.ts"
import type { RunWaits } from "./RunWaits.ts"
import * as RunWaitsSql from "./RunWaitsSql.ts"

/** Makes the tables, or brings them up to date, and keeps the book, the steps and the waits in them. */
export const layer: Layer.Layer<ReleaseLog | ReleaseSteps | RunWaits, ReleaseLogError, SqlClient.SqlClient> = Layer
  .unwrap(
    ReleaseTables.migrate.pipe(
      Effect.mapError((error) =>
        new ReleaseLogError({
          message: error._tag === "NewerStore"
            ? error.message
            : `Cannot make the tables of releases: ${ReleaseTables.wordsOf(error)}`
        })
      ),
      Effect.as(Layer.mergeAll(ReleaseLogSql.layer, ReleaseStepsSql.layer, RunWaitsSql.layer))
    )
  )
