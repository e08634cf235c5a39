/** A file system of which one operation, or all from one on, go wrong. */
import { Effect, FileSystem, PlatformError } from "effect"

export interface Faults {
  /** Operations that change something, so far: `write`, `sync`, `rename`, `link`, `remove`, `open`, `mkdir`, `chmod`. */
  readonly log: Array<string>
  /** What becomes of an operation, by its number from 0. `torn`: half of it is done, as far as it has halves. */
  decide: (number: number, operation: string) => "done" | "fails" | "torn"
}

export const make = (): Faults => ({ log: [], decide: () => "done" })

/** Wraps a file system; only what changes something can go wrong. */
export const faulty = (fs: FileSystem.FileSystem, faults: Faults): FileSystem.FileSystem => {
  const attempt = <A, R>(
    operation: string,
    effect: Effect.Effect<A, PlatformError.PlatformError, R>,
    half: Effect.Effect<unknown, PlatformError.PlatformError> = Effect.void
  ): Effect.Effect<A, PlatformError.PlatformError, R> =>
    Effect.suspend(() => {
      const outcome = faults.decide(faults.log.push(operation) - 1, operation)
      if (outcome === "done") return effect
      return Effect.andThen(outcome === "torn" ? half : Effect.void, Effect.fail(full(operation)))
    })
  const file = (opened: FileSystem.File): FileSystem.File =>
    Object.create(opened, {
      writeAll: {
        value: (bytes: Uint8Array) =>
          attempt("write", opened.writeAll(bytes), opened.writeAll(bytes.subarray(0, bytes.length >> 1)))
      },
      sync: { get: () => attempt("sync", opened.sync) }
    })
  return {
    ...fs,
    open: (path, options) =>
      options?.flag === "r"
        ? Effect.map(fs.open(path, options), file)
        : Effect.map(attempt("open", fs.open(path, options)), file),
    rename: (from, to) => attempt("rename", fs.rename(from, to)),
    link: (from, to) => attempt("link", fs.link(from, to)),
    remove: (path, options) => attempt("remove", fs.remove(path, options)),
    makeDirectory: (path, options) => attempt("mkdir", fs.makeDirectory(path, options)),
    chmod: (path, mode) => attempt("chmod", fs.chmod(path, mode))
  }
}

const full = (method: string) =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method,
    description: "ENOSPC: no space left on device"
  })
