/** The tables of releases in a SQL database, beside those of the engine. They are made, and brought up to date, on opening. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** A later version of this library has written the store. */
export class NewerStore extends Data.TaggedError("NewerStore")<{ readonly version: number }> {
  override get message(): string {
    return `Cannot read the releases as a newer version has written them: their tables are version ${this.version}, and ` +
      `this one knows ${latest}. Run the version that wrote them, or a later one`
  }
}

/** Makes what is missing. Versions are only added: a store of any earlier one is read, one of a later one is left alone. */
export const migrate: Effect.Effect<void, SqlError | Migrator.MigrationError | NewerStore, SqlClient.SqlClient> = Effect
  .gen(function*() {
    yield* Migrator.make({})({
      loader: Migrator.fromRecord({ "1_releases": Effect.suspend(() => releases) }),
      table: "nunu_release_migrations"
    })
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ readonly version: number }>`
      SELECT MAX(migration_id) AS version FROM nunu_release_migrations`
    const version = row?.version ?? latest
    if (version > latest) return yield* new NewerStore({ version })
  })

/** The version of the tables. */
const latest = 1

/**
 * Events are numbered by a counter, not by the database: numbers are given in the order in which events become visible,
 * so that who follows the log misses none. `text` columns hold JSON, texts and ids.
 */
const releases = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE nunu_releases (
    release_id TEXT NOT NULL PRIMARY KEY,
    request TEXT NOT NULL,
    branch TEXT,
    status TEXT NOT NULL,
    unheld TEXT NOT NULL,
    outcome TEXT,
    report TEXT,
    submitted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
  )`
  yield* sql`CREATE INDEX nunu_releases_status ON nunu_releases (status)`
  yield* sql`CREATE INDEX nunu_releases_submitted ON nunu_releases (submitted_at)`
  yield* sql`CREATE TABLE nunu_release_events (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    release_id TEXT NOT NULL,
    event_key TEXT NOT NULL,
    status TEXT NOT NULL,
    event TEXT NOT NULL,
    UNIQUE (release_id, event_key)
  )`
  yield* sql`CREATE INDEX nunu_release_events_of ON nunu_release_events (release_id, seq)`
  yield* sql`CREATE TABLE nunu_release_counter (id INTEGER NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)`
  yield* sql`INSERT INTO nunu_release_counter (id, seq) VALUES (1, 0)`
  yield* sql`CREATE TABLE nunu_release_steps (
    release_id TEXT NOT NULL,
    step TEXT NOT NULL,
    number INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (release_id, step)
  )`
  yield* sql`CREATE TABLE nunu_run_waits (
    release_id TEXT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL,
    job_ids TEXT NOT NULL,
    deadline BIGINT
  )`
})

/** What the database says of a failure, which is not in the message of every error. */
export const wordsOf = (error: { readonly message: string; readonly cause?: unknown }): string => {
  let deepest: { readonly message: string; readonly cause?: unknown } = error
  while (deepest.cause instanceof Error) deepest = deepest.cause
  return deepest.message
}
