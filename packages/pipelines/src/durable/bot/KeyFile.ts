/** An API key in a file, which is read again when the file changes: a new key needs no restart. */
import * as ApiKey from "@nunu-effect/core/ApiKey"
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

export interface KeyFile {
  /** The key that the file holds now, for `Nunu.layer`. */
  readonly current: Effect.Effect<Redacted.Redacted>
}

/**
 * Reads a key from a file, and again whenever the file has changed. The file holds the key alone, or a line
 * `NUNU_API_TOKEN=<key>` as an environment file does. A changed file that holds no key that can be used is told once, and
 * the key from before stays.
 */
export const make = Effect.fnUntraced(function*(
  file: string
): Effect.fn.Return<KeyFile, ConfigurationError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const refuse = (why: string) => new ConfigurationError({ message: `Cannot read the API key from "${file}": ${why}` })
  const stamp = Effect.map(
    fs.stat(file),
    ({ ino, mtime, size }) => [size, Option.getOrUndefined(mtime)?.getTime(), Option.getOrUndefined(ino)].join(" ")
  )
  const read = Effect.gen(function*() {
    const at = yield* stamp
    const apiKey = Redacted.make(keyIn(yield* fs.readFileString(file)))
    yield* ApiKey.check(apiKey)
    return { at, apiKey }
  }).pipe(Effect.catch((error) =>
    refuse(
      error._tag === "PlatformError"
        ? error.reason._tag === "NotFound" ? "there is no such file" : error.reason.message
        : error.message
    )
  ))
  let known = yield* read
  const current = Effect.gen(function*() {
    const at = yield* Effect.orElseSucceed(stamp, () => known.at) // gone for a moment, while it is replaced
    if (at !== known.at) {
      const before = known
      // Whatever comes of it, this state of the file is not read again.
      known = yield* Effect.catch(
        read,
        (error) => Effect.as(Effect.logWarning(`${error.message}; the key from before stays`), { ...before, at })
      )
      if (known.apiKey !== before.apiKey) yield* Effect.logInfo(`Read the API key again from "${file}"`)
    }
    return known.apiKey
  })
  return { current }
})

const keyIn = (text: string): string => {
  const [, value] = /^(?:export\s+)?NUNU_API_(?:TOKEN|KEY)=(.*)$/m.exec(text) ?? []
  return (value ?? text).trim().replace(/^(["'])(.*)\1$/, "$2")
}
