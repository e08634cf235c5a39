/**
 * A file to which lines are added, each on disk before it counts.
 *
 * Lines that come while others are being written wait for them and then go together, with one `fsync`: so a slow disk
 * costs a wide window no more than a narrow one.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

export interface LedgerJournal {
  /** Completes when the line is on disk. Once one has failed, all fail: a line must not follow half of another. */
  readonly append: (line: string) => Effect.Effect<void, PlatformError>
}

/** Opens a file that exists, for as long as a scope lasts. */
export const open = Effect.fnUntraced(function*(file: string): Effect.fn.Return<
  LedgerJournal,
  PlatformError,
  FileSystem.FileSystem | Scope.Scope
> {
  const fs = yield* FileSystem.FileSystem
  const opened = yield* fs.open(file, { flag: "a", mode: 0o600 })
  const oneAtATime = yield* Semaphore.make(1)
  let waiting: Array<string> = []
  let batch = 0 // of those that wait
  let written = -1 // the last batch that is on disk
  let broken: PlatformError | undefined

  const write = Effect.gen(function*() {
    const lines = waiting
    const number = batch
    waiting = []
    batch++
    yield* opened.writeAll(new TextEncoder().encode(lines.join("")))
    yield* opened.sync
    written = number
  }).pipe(Effect.tapError((error) => Effect.sync(() => broken = error)))

  return {
    append: (line) =>
      Effect.suspend(() => {
        const mine = batch
        waiting.push(line)
        return oneAtATime.withPermit(
          Effect.suspend(() => mine <= written ? Effect.void : broken === undefined ? write : Effect.fail(broken))
        )
      }).pipe(Effect.uninterruptible)
  }
})
