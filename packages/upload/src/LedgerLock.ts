/**
 * Locks of the ledger: at most one living process works on a record.
 *
 * A lock is a file that names its owner and is linked into place whole, under a number one higher than that of any lock
 * that is there; of several that try, the system lets one have a number. Then the folder is looked through again: who
 * finds another living owner steps back. Everybody links first and looks then, so of two at least one sees the other,
 * also when a number is used anew after a lock was released. Locks of dead owners need no removal to be taken over.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { LedgerOwner, Processes } from "./LedgerOwner.ts"

export const Lock = Schema.Struct({
  ...LedgerOwner.fields,
  /** Epoch milliseconds. */
  since: Schema.Int
})
export type Lock = typeof Lock.Type

/** Takes the lock of a record until the scope ends; fails with the lock of a living owner where there is one. */
export const acquire = (
  folder: string,
  id: string
): Effect.Effect<
  void,
  PlatformError | Held,
  FileSystem.FileSystem | Path.Path | Processes | Scope.Scope
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* Effect.acquireRelease(take(folder, id), (file) => Effect.ignore(fs.remove(file, { force: true })))
  })

/** Somebody else works on the record. */
export interface Held {
  readonly _tag: "Held"
  readonly lock: Lock
  /** The file that can be removed by hand. */
  readonly file: string
}

/** The lock of a living owner, null when nobody works on the record. */
export const holder = Effect.fnUntraced(function*(folder: string, id: string) {
  const locks = yield* locksOf(folder, id)
  return locks.find((lock) => lock.lives) ?? null
})

interface Found {
  readonly number: number
  readonly file: string
  readonly lock: Lock | null
  readonly lives: boolean
}

const take = Effect.fnUntraced(function*(folder: string, id: string): Effect.fn.Return<
  string,
  PlatformError | Held,
  FileSystem.FileSystem | Path.Path | Processes
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { self } = yield* Processes
  const lock: Lock = { ...self, since: yield* Clock.currentTimeMillis }
  const mine = yield* Effect.acquireUseRelease(
    written(path.join(folder, `${id}.lock`), JSON.stringify(lock)),
    Effect.fnUntraced(function*(temporary) {
      while (true) {
        const others = yield* locksOf(folder, id)
        yield* refuseIfHeld(others, "")
        const number = Math.max(0, ...others.map((other) => other.number)) + 1
        const file = path.join(folder, `${id}.lock-${number}`)
        const taken = yield* Effect.as(fs.link(temporary, file), true).pipe(
          Effect.catchIf(({ reason }) => reason._tag === "AlreadyExists", () => Effect.succeed(false))
        )
        if (taken) return file
      }
    }),
    (temporary) => Effect.ignore(fs.remove(temporary, { force: true }))
  )
  const others = yield* Effect.onError(
    Effect.tap(locksOf(folder, id), (found) => refuseIfHeld(found, mine)),
    () => Effect.ignore(fs.remove(mine, { force: true }))
  )
  for (const other of others) {
    if (other.file !== mine) yield* Effect.ignore(fs.remove(other.file, { force: true }))
  }
  return mine
}, Effect.uninterruptible)

const refuseIfHeld = (found: ReadonlyArray<Found>, mine: string): Effect.Effect<void, Held> => {
  const held = found.find((other) => other.lives && other.file !== mine)
  return held?.lock == null
    ? Effect.void
    : Effect.fail({ _tag: "Held", lock: held.lock, file: held.file })
}

const locksOf = Effect.fnUntraced(function*(folder: string, id: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const processes = yield* Processes
  const found: Array<Found> = []
  for (const name of yield* fs.readDirectory(folder)) {
    const number = name.startsWith(`${id}.lock-`) ? Number(name.slice(id.length + ".lock-".length)) : NaN
    if (!Number.isInteger(number)) continue
    const file = path.join(folder, name)
    const text = yield* Effect.orElseSucceed(fs.readFileString(file), () => "") // released meanwhile
    // Locks are linked into place whole, so one that cannot be read is nobody's.
    const lock = Result.getOrElse(decode(text), () => null)
    found.push({ number, file, lock, lives: lock !== null && (yield* processes.lives(lock)) })
  }
  return found
})

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Lock))

/** Writes a file of a name that nothing has, to the disk. */
export const written = Effect.fnUntraced(function*(prefix: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  const name = `${prefix}.${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)}.tmp`
  return yield* Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(name, { flag: "wx", mode: 0o600 })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
    return name
  })).pipe(Effect.onError(() => Effect.ignore(fs.remove(name, { force: true }))))
})
