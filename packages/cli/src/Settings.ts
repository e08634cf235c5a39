/**
 * Where the API is and with which key: flag, else environment, else file. The key is never taken from the command line,
 * where other users of the machine can read it. Names as the vendor's own command line has them.
 */
import { defaultArtifactsUrl } from "@nunu-effect/core/ArtifactHostApi"
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import { defaultBaseUrl } from "@nunu-effect/core/NunuApi"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export interface Settings {
  readonly apiKey: Redacted.Redacted
  readonly baseUrl: string
  /** Of artifacts and knowledge. */
  readonly artifactsUrl: string
  readonly projectId: string | undefined
}

export interface SettingsFlags {
  readonly config: Option.Option<string>
  readonly apiUrl: Option.Option<string>
  readonly projectId: Option.Option<string>
}

export const load = Effect.fnUntraced(function*(flags: SettingsFlags): Effect.fn.Return<
  Settings,
  ConfigurationError,
  FileSystem.FileSystem | Path.Path
> {
  const file = yield* readFile(flags.config)
  const apiKey = (yield* variable("NUNU_API_TOKEN")) ?? (yield* variable("NUNU_API_KEY")) ?? file.api_token
  if (apiKey === undefined) {
    return yield* new ConfigurationError({
      message: "Cannot reach the API without a key: set NUNU_API_TOKEN, or add --emulator to try it without an account"
    })
  }
  const host = yield* variable("NUNU_BASE_URL")
  return {
    apiKey: Redacted.make(apiKey),
    baseUrl: Option.getOrUndefined(flags.apiUrl) ??
      (yield* variable("NUNU_API_URL")) ??
      (host === undefined ? undefined : `${host.replace(/\/+$/, "")}/api/v1`) ??
      file.api_url ??
      defaultBaseUrl,
    artifactsUrl: (yield* variable("NUNU_ARTIFACTS_URL")) ?? file.artifacts_url ?? defaultArtifactsUrl,
    projectId: Option.getOrUndefined(flags.projectId) ?? (yield* variable("NUNU_PROJECT_ID")) ?? file.project_id
  }
})

const ConfigFile = Schema.fromJsonString(Schema.Struct({
  api_token: Schema.optionalKey(Schema.NonEmptyString),
  project_id: Schema.optionalKey(Schema.NonEmptyString),
  api_url: Schema.optionalKey(Schema.NonEmptyString),
  artifacts_url: Schema.optionalKey(Schema.NonEmptyString)
}))
type ConfigFile = typeof ConfigFile.Type

/** The named file, else the first that exists of the usual ones. A file that cannot be read as one is an error. */
const readFile = Effect.fnUntraced(function*(named: Option.Option<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const home = yield* variable("HOME")
  const userConfig = (yield* variable("XDG_CONFIG_HOME")) ?? (home === undefined ? "." : path.join(home, ".config"))
  const candidates = Option.match(named, {
    onSome: (file) => [file],
    onNone: () => ["nunu.json", path.join(".nunu", "config.json"), path.join(userConfig, "nunu", "config.json")]
  })
  for (const file of candidates) {
    const exists = yield* Effect.orElseSucceed(fs.exists(file), () => false)
    if (!exists && Option.isNone(named)) continue
    const refuse = (why: string) => new ConfigurationError({ message: `Cannot read settings from "${file}": ${why}` })
    const text = yield* Effect.mapError(
      fs.readFileString(file),
      (error) => refuse(error.reason._tag === "NotFound" ? "there is no such file" : LedgerFailed.wordsOf(error))
    )
    return yield* Effect.mapError(Schema.decodeEffect(ConfigFile)(text), (error) => refuse(error.message))
  }
  return {} satisfies ConfigFile as ConfigFile // none of them exists
})

const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.orElseSucceed(() => undefined)
  )
