/**
 * What a bot runs with: its configuration file, with the environment over it and the flags over both, as one JSON value
 * that is checked as a whole. All faults are told at once, each by the place where it was said.
 */
import * as ApiKey from "@nunu-effect/core/ApiKey"
import { ConfigurationError, isLoopback } from "@nunu-effect/core/BaseUrl"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as JsonFile from "../../JsonFile.ts"
import type { AdmissionPolicy } from "./Admission.ts"
import { defaultPolicy } from "./Admission.ts"
import { BotConfig } from "./BotConfig.ts"
import type { Override } from "./BotEnvironment.ts"
import { environment, variable } from "./BotEnvironment.ts"
import type { BotToken } from "./BotTokens.ts"
import * as KeyFile from "./KeyFile.ts"
import type { Sink } from "./NotificationSink.ts"
import * as NotificationSink from "./NotificationSink.ts"
import * as SecretSource from "./SecretSource.ts"

/** Where releases are kept, and so which engine carries them. */
export type BotStorage =
  | { readonly _tag: "Memory" }
  | { readonly _tag: "Sqlite"; readonly file: string }
  | {
    readonly _tag: "Postgres"
    readonly url: Redacted.Redacted
    readonly runner: { readonly host: string; readonly port: number; readonly listenHost?: string }
  }

export interface BotSettings {
  readonly host: string
  readonly port: number
  readonly storage: BotStorage | null
  /** Empty for an open bot. */
  readonly tokens: ReadonlyArray<BotToken>
  readonly open: boolean
  /** Watched folders are among them. */
  readonly roots: ReadonlyArray<string>
  readonly policy: AdmissionPolicy
  readonly cron: NonNullable<BotConfig["cron"]>
  readonly folders: NonNullable<BotConfig["folders"]>
  readonly sinks: ReadonlyArray<Sink>
  readonly publicUrl: string | undefined
  readonly stateDirectory: string | undefined
  /** Never asked by a bot of an emulator, which has a key of its own. */
  readonly apiKey: ApiKey.Source
  readonly baseUrl: string | undefined
  readonly artifactsUrl: string | undefined
  readonly projectId: string | undefined
}

export interface Options {
  /** None: the environment and the flags say it all. */
  readonly file: string | undefined
  /** In the names of the file. */
  readonly flags: ReadonlyArray<Override>
  /** Needs no key, and no token while it is reached from this machine only. */
  readonly emulator: boolean
}

/** Reads and checks what a bot runs with, secrets included. */
export const load = Effect.fnUntraced(function*(
  { emulator, file, flags }: Options
): Effect.fn.Return<BotSettings, ConfigurationError, FileSystem.FileSystem> {
  const faults: Array<string> = []
  const overrides = [...(yield* environment), ...flags]
  const base = file === undefined ? { version: 1 } : yield* textOf(file).pipe(
    Effect.flatMap((text) => Effect.fromResult(jsonOf(text))),
    Effect.catch((fault) => {
      faults.push(`${file}: ${fault}`)
      return Effect.succeed({ version: 1 })
    })
  )
  const { said, value } = overlay(base, overrides)
  const nameOf = (path: string) => said.find(([field]) => path === field || path.startsWith(`${field}.`))
  const { config, faults: wrong } = decode(value)
  for (const { message, path } of wrong) {
    const over = nameOf(path)
    const field = over === undefined ? path : over[1] + path.slice(over[0].length)
    faults.push([over === undefined ? file : undefined, field, message].filter((part) => part).join(": "))
  }
  const isWrong = (field: string) => wrong.some(({ path }) => path.split(/[.[]/)[0] === field)
  const collect = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.match(effect, { onFailure: ({ message }) => (faults.push(message), null), onSuccess: (value: A) => value })

  const host = config.listen?.host ?? "127.0.0.1"
  const tokens = yield* Effect.forEach(config.tokens ?? [], (source) => collect(readToken(source)))
  const open = config.open ?? (emulator && tokens.length === 0 && isLoopback(host))
  if (!open && tokens.length === 0 && !isWrong("tokens")) {
    faults.push("tokens: Expected at least one, or one in NUNU_BOT_TOKEN, as whoever reaches the bot could use it")
  }
  if (open && tokens.length > 0) faults.push("open: Expected no tokens beside it: they would not be asked for")
  if (open && !isLoopback(host) && !isWrong("listen")) {
    faults.push(`open: Expected listen.host to be 127.0.0.1, not ${host}, where others would get in too`)
  }
  faults.push(...sameTokens(tokens.filter((token) => token !== null)))
  const sinks = yield* Effect.forEach(config.notifications ?? [], (sink) => collect(NotificationSink.fromConfig(sink)))
  for (const root of config.roots ?? []) {
    if (!(yield* isFolder(root))) faults.push(`roots: Expected a folder that can be read: ${root}`)
  }
  const storage = storageOf(config)
  if (storage?._tag === "Postgres" && storage.runner.host === "" && !isWrong("runner")) {
    faults.push("runner.host: Expected the name or address under which other runners reach this one, with postgres")
  }
  const key = emulator ? { source: Redacted.make("nunu_emulator") } : yield* collect(readKey(config.api?.keyFile))

  if (faults.length > 0 || key === null) {
    return yield* new ConfigurationError({ message: `Cannot start the bot: ${faults.join("; ")}` })
  }
  return {
    host,
    port: config.listen?.port ?? 4020,
    storage,
    tokens: tokens.filter((token) => token !== null),
    open,
    roots: [...(config.roots ?? []), ...(config.folders ?? []).map(({ folder }) => folder)],
    policy: {
      maxConcurrent: config.maxConcurrent ?? defaultPolicy.maxConcurrent,
      maxPerBranch: config.maxPerBranch ?? defaultPolicy.maxPerBranch,
      supersede: config.supersede ?? defaultPolicy.supersede
    },
    cron: config.cron ?? [],
    folders: config.folders ?? [],
    sinks: sinks.filter((sink) => sink !== null),
    publicUrl: config.publicUrl,
    stateDirectory: config.stateDirectory,
    apiKey: key.source,
    baseUrl: config.api?.url,
    artifactsUrl: config.api?.artifactsUrl,
    projectId: config.api?.projectId
  }
})

/** Puts what was said elsewhere over the file; tells which field then is whose, such as `folders[0]`. */
const overlay = (base: unknown, overrides: ReadonlyArray<Override>) => {
  const root: Fields = isFields(base) ? structuredClone(base) : {}
  const said: Array<readonly [field: string, name: string]> = []
  for (const { append, path, said: name, value } of overrides) {
    let at = root
    for (const key of path.slice(0, -1)) at = fieldsAt(at, key)
    const last = path.at(-1) ?? ""
    const before = at[last]
    if (append === true) {
      const list = Array.isArray(before) ? before : []
      at[last] = [...list, value]
      said.push([`${path.join(".")}[${list.length}]`, name])
    } else {
      at[last] = value
      said.push([path.join("."), name])
    }
  }
  return { value: isFields(base) ? root : base, said }
}

interface Fields {
  [key: string]: unknown
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const fieldsAt = (fields: Fields, key: string): Fields => {
  const before = fields[key]
  const there = isFields(before) ? before : {}
  fields[key] = there
  return there
}

/** Reads the value; what can be read of one with faults is read too, so that its own faults are told with them. */
const decode = (value: unknown): { readonly config: BotConfig; readonly faults: ReadonlyArray<JsonFile.Fault> } => {
  const whole = JsonFile.parse(BotConfig, JSON.stringify(value))
  if (Result.isSuccess(whole)) return { config: whole.success, faults: [] }
  const faults = whole.failure
  const readable = JsonFile.parse(BotConfig, JSON.stringify({ ...without(value, faults), version: 1 }))
  return { config: Result.getOrElse(readable, () => ({ version: 1 as const })), faults }
}

/** Leaves out what has faults: a field, an item of a list, or a field of a part. */
const without = (value: unknown, faults: ReadonlyArray<JsonFile.Fault>): Fields => {
  const isWrong = (place: string) =>
    faults.some(({ path }) => path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`))
  const kept = (part: unknown, place: string): unknown => {
    if (Array.isArray(part)) return part.filter((_, index) => !isWrong(`${place}[${index}]`))
    if (!isFields(part)) return undefined
    return Object.fromEntries(Object.entries(part).filter(([key]) => !isWrong(`${place}.${key}`)))
  }
  return Object.fromEntries(
    Object.entries(isFields(value) ? value : {}).map(([key, part]) => [key, isWrong(key) ? kept(part, key) : part])
  )
}

const textOf = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.mapError(
    fs.readFileString(file),
    ({ reason }) => reason._tag === "NotFound" ? "there is no such file" : reason.message
  )
})

const jsonOf = (text: string): Result.Result<unknown, string> =>
  Result.try({
    try: (): unknown => JSON.parse(text.replace(/^\ufeff/, "")),
    catch: (error) => `it is not JSON: ${error instanceof Error ? error.message : ""}`
  })

const readToken = Effect.fnUntraced(function*(source: { readonly name: string } & SecretSource.SecretSource) {
  const token = yield* SecretSource.read(source, `the token "${source.name}"`)
  return /^[\x21-\x7e]{16,}$/.test(Redacted.value(token))
    ? { name: source.name, token }
    : yield* new ConfigurationError({
      message: `Cannot use the token "${source.name}": it must have 16 letters, digits or signs at least, and no spaces`
    })
})

const sameTokens = (tokens: ReadonlyArray<BotToken>): ReadonlyArray<string> =>
  tokens.flatMap(({ name, token }, index) => {
    const other = tokens.slice(0, index).find((other) => Redacted.value(other.token) === Redacted.value(token))
    return other === undefined ? [] : [`tokens: Expected "${name}" to be another token than "${other.name}"`]
  })

/** From a file it can be read again; one in the environment stays as it is. */
const readKey = Effect.fnUntraced(function*(keyFile: string | undefined) {
  if (keyFile !== undefined) return { source: (yield* KeyFile.make(keyFile)).current }
  const text = (yield* variable("NUNU_API_TOKEN")) ?? (yield* variable("NUNU_API_KEY"))
  if (text === undefined) {
    return yield* new ConfigurationError({
      message: "api.keyFile: Expected a file with the API key, or the key in NUNU_API_TOKEN"
    })
  }
  const source: ApiKey.Source = Redacted.make(text)
  yield* ApiKey.check(source)
  return { source }
})

const storageOf = ({ runner, storage }: BotConfig): BotStorage | null => {
  if (storage === undefined) return null
  if (storage === "memory") return { _tag: "Memory" }
  if (storage.startsWith("sqlite:")) return { _tag: "Sqlite", file: storage.slice("sqlite:".length) }
  return {
    _tag: "Postgres",
    url: Redacted.make(storage),
    runner: { ...runner, host: runner?.host ?? "", port: runner?.port ?? 4021 }
  }
}

const isFolder = Effect.fnUntraced(function*(folder: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.match(fs.stat(folder), { onFailure: () => false, onSuccess: ({ type }) => type === "Directory" })
})
