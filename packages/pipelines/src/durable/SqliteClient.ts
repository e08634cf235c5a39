/**
 * Effect's `SqlClient` over the SQLite that comes with Node (22.13 or newer): one file, one process, nothing to install.
 *
 * The file is locked for as long as it is open: two engines on one would do steps twice. Every commit is on disk before
 * it counts, and only the user can read it, as requests may hold what is secret.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import * as fs from "node:fs"
import { dirname } from "node:path"
import type { SQLInputValue, StatementSync } from "node:sqlite"
import { DatabaseSync } from "node:sqlite"

/** The file cannot be used. */
export class StoreUnavailable extends Data.TaggedError("StoreUnavailable")<{
  readonly file: string
  /** `in-use`: another process has it open. */
  readonly reason: "in-use" | "unusable"
  /** The system's words. */
  readonly detail: string
}> {
  override get message(): string {
    return this.reason === "in-use"
      ? `Cannot open "${this.file}": another process has it open. Stop that one, or let several work together on Postgres`
      : `Cannot open "${this.file}" as a store of releases: ${this.detail}`
  }
}

/** Opens the file, which is made when it is not there, and locks it until the layer ends. */
export const layer = (file: string): Layer.Layer<SqlClient.SqlClient, StoreUnavailable> =>
  Layer.effect(SqlClient.SqlClient, make(file)).pipe(Layer.provide(Reactivity.layer))

const make = Effect.fnUntraced(function*(file: string): Effect.fn.Return<
  SqlClient.SqlClient,
  StoreUnavailable,
  Scope.Scope | Reactivity.Reactivity
> {
  const database = yield* Effect.acquireRelease(open(file), (database) => Effect.sync(() => database.close()))
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    if (statements.size > 500) statements.clear() // lists of ids make a statement for each length
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const query = (statement: () => StatementSync, params: ReadonlyArray<unknown>, how: How) =>
    attempt((bigints) => ask(statement(), params, { ...how, bigints }))
  const connection: Connection = {
    execute: (sql, params, transform) => transformed(query(() => prepare(sql), params, {}), transform),
    executeRaw: (sql, params) => query(() => prepare(sql), params, {}),
    executeValues: (sql, params) => query(() => prepare(sql), params, { arrays: true }),
    executeValuesUnprepared: (sql, params) => query(() => database.prepare(sql), params, { arrays: true }),
    executeUnprepared: (sql, params, transform) =>
      transformed(query(() => database.prepare(sql), params, {}), transform),
    executeStream: () => Stream.die(new Error("Cannot stream rows: nothing here asks for that"))
  }
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.isTransaction
    }),
    compiler: Statement.makeCompilerSqlite(),
    driver: "node:sqlite",
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

const open = (file: string): Effect.Effect<DatabaseSync, StoreUnavailable> =>
  Effect.try({
    try: () => {
      if (file !== ":memory:") {
        fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
        createOnce(file)
      }
      const database = new DatabaseSync(file)
      try {
        // What was killed has left no lock; what is just ending needs a moment.
        database.exec("PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE")
        database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT")
      } catch (cause) {
        database.close()
        throw cause
      }
      return database
    },
    catch: (cause) =>
      new StoreUnavailable({
        file,
        reason: isBusy(codeOf(cause)) ? "in-use" : "unusable",
        detail: cause instanceof Error ? cause.message : String(cause)
      })
  })

/**
 * Never opens what is there: a file that this process closes loses all of its locks, also those that SQLite holds by
 * another opening of it.
 */
const createOnce = (file: string): void => {
  try {
    fs.closeSync(fs.openSync(file, "wx", 0o600))
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
  }
}

interface How {
  readonly arrays?: boolean
}

const ask = (
  statement: StatementSync,
  params: ReadonlyArray<unknown>,
  { arrays = false, bigints }: How & { readonly bigints: boolean }
): ReadonlyArray<any> => { // as `Connection` has it: rows are what their reader says
  const values = params.map(valueOf)
  const gives = statement.columns().length > 0
  // What an insert tells of its row may be a number of 64 bits.
  statement.setReadBigInts(bigints || !gives)
  statement.setReturnArrays(arrays)
  if (gives) return statement.all(...values)
  statement.run(...values)
  return []
}

/** SQLite knows neither booleans nor dates. */
const valueOf = (value: unknown): SQLInputValue => {
  if (typeof value === "boolean") return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (value === undefined) return null
  return value as SQLInputValue // whatever else it is not, SQLite says so
}

/** The cluster's ids have 64 bits: it asks for them by this reference. */
const attempt = <A>(f: (bigints: boolean) => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.withFiber((fiber) =>
    Effect.try({
      try: () => f(Context.get(fiber.context, SqlClient.SafeIntegers)),
      catch: (cause) =>
        new SqlError.SqlError({
          reason: SqlError.classifySqliteError(
            // The number of an error, as Effect expects it.
            cause instanceof Error ? Object.assign(cause, { errno: codeOf(cause) }) : cause,
            { message: "Failed to execute statement", operation: "execute statement" }
          )
        })
    })
  )

const transformed = <A>(
  rows: Effect.Effect<ReadonlyArray<A>, SqlError.SqlError>,
  transform: ((rows: ReadonlyArray<any>) => ReadonlyArray<any>) | undefined
) => transform === undefined ? rows : Effect.map(rows, transform)

const codeOf = (cause: unknown): number | null =>
  typeof cause === "object" && cause !== null && "errcode" in cause && typeof cause.errcode === "number"
    ? cause.errcode
    : null

/** Extended codes say more in their upper bits, as that another process is just recovering the file. */
const isBusy = (code: number | null): boolean => code !== null && (code & 0xff) === 5
