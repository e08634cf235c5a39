/**
 * The memory of runs that are neither over nor stopped: a start is written down before it is asked for, and forgotten when
 * nothing of it runs any more. So `RunCleanup` can stop what a killed process has left, or what could not be stopped.
 * Runs that are to be left alone are not written down.
 *
 * Without a ledger (the default) nothing is written down. The records of uploads are beside it, see `UploadLedger`.
 */
import type { JobId } from "@nunu-effect/core/Job"
import * as LedgerLock from "@nunu-effect/upload/LedgerLock"
import { Processes } from "@nunu-effect/upload/LedgerOwner"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as RunRecord from "./RunRecord.ts"

export interface RunLedgerService {
  /** Writes a start down; it is this process's until the scope ends. */
  readonly begin: (record: RunRecord.RunRecord) => Effect.Effect<RunClaim, LedgerFailed, Scope.Scope>
  /** Looks at all records. */
  readonly list: Effect.Effect<ReadonlyArray<RunLook>, LedgerFailed>
  /** Forgets a record. */
  readonly remove: (id: string) => Effect.Effect<void, LedgerFailed>
}

/** A record in the hands of the program that made it. */
export interface RunClaim {
  /** Takes down the handles that the start was answered with. */
  readonly started: (jobIds: readonly [JobId, ...Array<JobId>]) => Effect.Effect<void, LedgerFailed>
  /** Forgets it, as nothing of it runs any more. */
  readonly remove: Effect.Effect<void, LedgerFailed>
}

/** What can be seen of a record. */
export interface RunLook {
  readonly id: string
  /** A text in words when it cannot be read. */
  readonly found: RunRecord.RunRecord | string
  /** The process whose run it is. */
  readonly owner: { readonly pid: number; readonly host: string } | null
}

const none: RunLedgerService = {
  begin: () => Effect.succeed({ started: () => Effect.void, remove: Effect.void }),
  list: Effect.succeed([]),
  remove: () => Effect.void
}

/** Where runs are written down. @default nowhere */
export const RunLedger = Context.Reference<RunLedgerService>("@nunu-effect/pipelines/RunLedger", {
  defaultValue: () => none
})

/** Keeps records in a folder, which is made with the first one: a file for each start, which only the user can read. */
export const layerFileSystem = (
  folder: string
): Layer.Layer<never, never, FileSystem.FileSystem | Path.Path | Processes> => Layer.effect(RunLedger, make(folder))

const make = Effect.fnUntraced(function*(folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const services = Context.make(FileSystem.FileSystem, fs).pipe( // and no scope: that is the caller's
    Context.add(Path.Path, path),
    Context.add(Processes, yield* Processes)
  )
  const fileOf = (id: string) => path.join(folder, `${id}${extension}`)
  const failed = (error: PlatformError) => LedgerFailed.of(folder, error)

  const write = Effect.fnUntraced(function*(id: string, record: RunRecord.RunRecord) {
    const temporary = yield* LedgerLock.written(fileOf(id), RunRecord.toText(record))
    yield* fs.rename(temporary, fileOf(id))
  }, Effect.uninterruptible)

  const remove = (id: string) => fs.remove(fileOf(id), { force: true })

  /** With what a process that was killed has left beside it. */
  const removeAll = Effect.fnUntraced(function*(id: string) {
    yield* remove(id)
    for (const name of yield* fs.readDirectory(folder)) {
      if (name.startsWith(`${id}.`)) yield* fs.remove(path.join(folder, name), { force: true })
    }
  })

  const begin = Effect.fnUntraced(function*(record: RunRecord.RunRecord) {
    const id = record.tag.replace(/[^A-Za-z0-9._-]/g, "_")
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    yield* fs.chmod(folder, 0o700) // also when somebody else has made it
    // Nobody else has the tag, so nobody else has the lock.
    yield* Effect.catchTag(LedgerLock.acquire(folder, id), "Held", () => Effect.void)
    yield* write(id, record)
    const claim: RunClaim = {
      started: (jobIds) => write(id, { ...record, jobIds }).pipe(Effect.provide(services), Effect.mapError(failed)),
      remove: Effect.mapError(remove(id), failed)
    }
    return claim
  }, Effect.uninterruptible)

  const look = Effect.fnUntraced(function*(id: string): Effect.fn.Return<
    ReadonlyArray<RunLook>,
    PlatformError,
    FileSystem.FileSystem | Path.Path | Processes
  > {
    const file = fileOf(id)
    const text = yield* Effect.result(fs.readFileString(file))
    if (Result.isFailure(text) && text.failure.reason._tag === "NotFound") return [] // removed meanwhile
    const held = yield* LedgerLock.holder(folder, id)
    const owner = held === null || held.lock === null ? null : { pid: held.lock.pid, host: held.lock.host }
    const unreadable = (why: string) => `${file} cannot be read: ${why}`
    const found = Result.isFailure(text)
      ? unreadable(LedgerFailed.wordsOf(text.failure))
      : Result.getOrElse(RunRecord.fromText(text.success), () => unreadable("it is no record of this version"))
    return [{ id, found, owner }]
  })

  return {
    begin: (record) => begin(record).pipe(Effect.provide(services), Effect.mapError(failed)),
    list: fs.readDirectory(folder).pipe(
      Effect.catchIf(({ reason }) => reason._tag === "NotFound", () => Effect.succeed([])),
      Effect.map((names) => names.filter((name) => name.endsWith(extension)).toSorted()),
      Effect.flatMap((names) => Effect.forEach(names, (name) => look(name.slice(0, -extension.length)))),
      Effect.map((looks) => looks.flat()),
      Effect.provide(services),
      Effect.mapError(failed)
    ),
    remove: (id) => Effect.mapError(removeAll(id), failed)
  } satisfies RunLedgerService
})

const extension = ".json"
