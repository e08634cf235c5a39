/**
 * The ledger in a folder: one file for each upload, locks beside it. Only the user can read it, as upload ids are secrets.
 *
 * A file is written anew to another name, synced and renamed when a run begins; then lines are added to it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { LedgerClaim, LedgerLook } from "./LedgerClaim.ts"
import type { LedgerJournal } from "./LedgerJournal.ts"
import * as Journal from "./LedgerJournal.ts"
import * as LedgerLock from "./LedgerLock.ts"
import { Processes } from "./LedgerOwner.ts"
import { LedgerFailed, UploadInUse } from "./UploadError.ts"
import type { UploadRecord } from "./UploadRecord.ts"
import * as Record from "./UploadRecord.ts"

export interface LedgerDirectory {
  readonly claim: (id: string) => Effect.Effect<LedgerClaim, LedgerFailed | UploadInUse, Scope.Scope>
  readonly list: Effect.Effect<ReadonlyArray<LedgerLook>, LedgerFailed>
}

/** Keeps records in `folder`, which is made with the first one. */
export const make = Effect.fnUntraced(function*(folder: string): Effect.fn.Return<
  LedgerDirectory,
  never,
  FileSystem.FileSystem | Path.Path | Processes
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const services = Context.make(FileSystem.FileSystem, fs).pipe( // and no scope: that is the caller's
    Context.add(Path.Path, path),
    Context.add(Processes, yield* Processes)
  )
  const fileOf = (id: string) => path.join(folder, `${id}${extension}`)
  const failed = (error: PlatformError) => LedgerFailed.of(folder, error)

  const claim = Effect.fnUntraced(function*(id: string): Effect.fn.Return<
    LedgerClaim,
    PlatformError | LedgerFailed | UploadInUse,
    Scope.Scope | FileSystem.FileSystem | Path.Path | Processes
  > {
    const file = fileOf(id)
    const scope = yield* Effect.scope
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    yield* fs.chmod(folder, 0o700) // also when somebody else has made it
    yield* LedgerLock.acquire(folder, id).pipe(
      Effect.catchTag("Held", ({ file, lock }) => Effect.fail(new UploadInUse({ ...lock, id, lockFile: file })))
    )
    yield* removeUnfinished(id)
    let journal: { readonly lines: LedgerJournal; readonly scope: Scope.Closeable } | undefined
    const close = Effect.suspend(() => {
      const closing = journal === undefined ? Effect.void : Scope.close(journal.scope, Exit.void)
      journal = undefined
      return closing
    })
    const moveTo = Effect.fnUntraced(function*(name: (number: number) => string) {
      yield* close
      let number = 1
      while (yield* fs.exists(path.join(folder, name(number)))) number++
      const to = path.join(folder, name(number))
      yield* fs.rename(file, to)
      yield* syncFolder
      return to
    })
    const found = yield* read(file)
    if (found !== null && Result.isFailure(found) && found.failure.kind === "newer") {
      return yield* new LedgerFailed({
        folder,
        detail: `${file} was written by a newer version of this program (${found.failure.message}): ` +
          "use that one, or remove the file"
      })
    }
    return {
      found: found === null
        ? null
        : Result.isSuccess(found)
        ? found.success
        : `its record could not be read (${found.failure.message}) and was set aside as ${yield* moveTo(
          (number) => `${id}.corrupt-${number}`
        )}`,
      begin: (record: UploadRecord) =>
        Effect.gen(function*() {
          yield* close
          const temporary = yield* LedgerLock.written(file, Record.toText(record))
          yield* fs.rename(temporary, file)
          yield* syncFolder
          const own = yield* Scope.fork(scope)
          journal = { lines: yield* Scope.provide(Journal.open(file), own), scope: own }
        }).pipe(Effect.uninterruptible, Effect.provide(services), Effect.mapError(failed)),
      append: (entry) =>
        Effect.suspend(() =>
          journal === undefined
            ? Effect.die(new Error("nothing was begun in the ledger"))
            : Effect.mapError(journal.lines.append(Record.toLine(entry)), failed)
        ),
      remove: Effect.andThen(close, fs.remove(file, { force: true })).pipe(
        Effect.andThen(syncFolder),
        Effect.uninterruptible,
        Effect.mapError(failed)
      ),
      setAside: moveTo((number) => `${id}~${number}${extension}`).pipe(Effect.uninterruptible, Effect.mapError(failed))
    }
  }, Effect.uninterruptible)

  const read = Effect.fnUntraced(function*(file: string) {
    const text = yield* fs.readFileString(file).pipe(
      Effect.catchIf(({ reason }) => reason._tag === "NotFound", () => Effect.succeed(null))
    )
    return text === null ? null : Record.fromText(text)
  })

  /** What a process left that died while it wrote. */
  const removeUnfinished = Effect.fnUntraced(function*(id: string) {
    for (const name of yield* fs.readDirectory(folder)) {
      if (name.startsWith(`${id}${extension}.`) && name.endsWith(".tmp")) {
        yield* fs.remove(path.join(folder, name), { force: true })
      }
    }
  })

  /** So that a rename is not lost with the power. Some systems cannot do that for folders. */
  const syncFolder = fs.open(folder, { flag: "r" }).pipe(
    Effect.flatMap((opened) => opened.sync),
    Effect.scoped,
    Effect.ignore
  )

  const look = Effect.fnUntraced(function*(name: string): Effect.fn.Return<
    ReadonlyArray<LedgerLook>,
    PlatformError,
    FileSystem.FileSystem | Path.Path | Processes
  > {
    const file = path.join(folder, name)
    const unreadable = (why: string, what = "cannot be read") => `${file} ${what}: ${why}`
    if (setAside.test(name)) {
      return [{
        id: name,
        found: unreadable("remove it by hand", "was set aside as it could not be read"),
        owner: null
      }]
    }
    const id = name.slice(0, -extension.length)
    const found = yield* Effect.match(read(file), {
      onSuccess: (found) =>
        found === null || Result.isSuccess(found) ? found?.success ?? null : unreadable(found.failure.message),
      onFailure: (error) => unreadable(LedgerFailed.wordsOf(error))
    })
    if (found === null) return [] // removed meanwhile
    const held = yield* LedgerLock.holder(folder, id)
    return [{
      id,
      found,
      owner: held === null || held.lock === null ? null : { pid: held.lock.pid, host: held.lock.host }
    }]
  })

  return {
    claim: (id) =>
      claim(id).pipe(
        Effect.provide(services),
        Effect.catchTag("PlatformError", (error) => Effect.fail(failed(error)))
      ),
    list: fs.readDirectory(folder).pipe(
      Effect.catchIf(({ reason }) => reason._tag === "NotFound", () => Effect.succeed([])),
      Effect.map((names) => names.filter((name) => name.endsWith(extension) || setAside.test(name)).toSorted()),
      Effect.flatMap((names) => Effect.forEach(names, look)),
      Effect.map((looks) => looks.flat()),
      Effect.provide(services),
      Effect.mapError(failed)
    )
  }
})

const extension = ".jsonl"

/** A record that could not be read when somebody claimed it. */
const setAside = /\.corrupt-\d+$/
