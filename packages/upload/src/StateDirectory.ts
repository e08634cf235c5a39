/** Where a program of this project keeps what must outlive it. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"

/**
 * Tells the state directory by each system's custom: `$XDG_STATE_HOME/nunu` or `~/.local/state/nunu` on Linux,
 * `~/Library/Application Support/nunu` on macOS, `%LOCALAPPDATA%\nunu` on Windows. `NUNU_STATE_DIR` goes before all of
 * them. Without a home it is `.nunu/state` where the program runs.
 */
export const resolve = Effect.fnUntraced(function*(platform: string): Effect.fn.Return<string, never, Path.Path> {
  const path = yield* Path.Path
  const said = yield* variable("NUNU_STATE_DIR")
  if (said !== undefined) return path.resolve(said)
  const home = yield* variable("HOME")
  switch (platform) {
    case "win32": {
      const local = yield* variable("LOCALAPPDATA")
      if (local !== undefined) return path.join(local, "nunu")
      break
    }
    case "darwin":
      if (home !== undefined) return path.join(home, "Library", "Application Support", "nunu")
      break
    default: {
      const state = yield* variable("XDG_STATE_HOME") // one that is relative does not count, says its specification
      if (state !== undefined && path.isAbsolute(state)) return path.join(state, "nunu")
      if (home !== undefined) return path.join(home, ".local", "state", "nunu")
    }
  }
  return path.resolve(".nunu", "state")
})

const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.orElseSucceed(() => undefined)
  )
