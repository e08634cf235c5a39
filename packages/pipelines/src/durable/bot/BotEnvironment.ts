/** What the environment says of a bot, in the names of its configuration file. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Something that was said elsewhere than in the file: which field of it, and by what name people know it. */
export interface Override {
  readonly path: ReadonlyArray<string>
  readonly value: unknown
  /** Such as `--port` or `NUNU_BOT_PORT`. */
  readonly said: string
  /** Adds an item to the list at the path. @default false */
  readonly append?: boolean
}

/** What the environment says, in the names of the file. */
export const environment: Effect.Effect<ReadonlyArray<Override>> = Effect.gen(function*() {
  const overrides: Array<Override> = []
  for (const [said, path] of variables) {
    const text = yield* variable(said)
    if (text === undefined) continue
    const value = path.at(-1) === "port" && text.trim() !== "" ? Number(text) : text
    overrides.push({ said, path, value: said === "NUNU_BOT_ROOTS" ? text.split(":") : value })
  }
  const host = yield* variable("NUNU_BASE_URL")
  if (host !== undefined && (yield* variable("NUNU_API_URL")) === undefined) {
    overrides.push({ said: "NUNU_BASE_URL", path: ["api", "url"], value: `${host.replace(/\/+$/, "")}/api/v1` })
  }
  if ((yield* variable("NUNU_BOT_TOKEN")) !== undefined) {
    const value = { name: "default", env: "NUNU_BOT_TOKEN" }
    overrides.push({ said: "NUNU_BOT_TOKEN", path: ["tokens"], value, append: true })
  }
  return overrides
})

const variables: ReadonlyArray<readonly [name: string, path: ReadonlyArray<string>]> = [
  ["NUNU_BOT_HOST", ["listen", "host"]],
  ["NUNU_BOT_PORT", ["listen", "port"]],
  ["NUNU_BOT_STORAGE", ["storage"]],
  ["NUNU_BOT_ROOTS", ["roots"]],
  ["NUNU_BOT_RUNNER_HOST", ["runner", "host"]],
  ["NUNU_BOT_RUNNER_PORT", ["runner", "port"]],
  ["NUNU_BOT_PUBLIC_URL", ["publicUrl"]],
  ["NUNU_STATE_DIR", ["stateDirectory"]],
  ["NUNU_API_TOKEN_FILE", ["api", "keyFile"]],
  ["NUNU_API_URL", ["api", "url"]],
  ["NUNU_ARTIFACTS_URL", ["api", "artifactsUrl"]],
  ["NUNU_PROJECT_ID", ["api", "projectId"]]
]

/** Reads a variable; one that is empty is not there. */
export const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.orElseSucceed(() => undefined)
  )
