/** The configuration of a bot as a file: JSON, checked against its schema, every fault told at once. */
import * as BaseUrl from "@nunu-effect/core/BaseUrl"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as JsonFile from "../../JsonFile.ts"
import { CronTrigger } from "./CronTrigger.ts"
import { FolderTrigger } from "./FolderTrigger.ts"
import { SinkConfig } from "./NotificationSink.ts"

const AbsolutePath = Schema.String.check(Schema.isPattern(/^(\/|[A-Za-z]:[\\/])/, { expected: "an absolute path" }))
const Port = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))

const ApiUrl = Schema.String.check(
  Schema.makeFilter((text) => {
    const url = URL.parse(text)
    if (url === null) return "Expected a URL"
    return url.protocol === "https:" || (url.protocol === "http:" && BaseUrl.isLoopback(url.hostname))
      ? undefined
      : "Expected https:// (http:// only for loopback)"
  })
)

/** Where a bot keeps its releases: `memory`, `sqlite:FILE` or `postgres://…`. What it is instead is not told: a password. */
const Storage = Schema.String.check(
  Schema.makeFilter((text) =>
    /^(memory$|sqlite:.|postgres(ql)?:\/\/.)/.test(text) ? undefined : "Expected memory, sqlite:FILE or postgres://…"
  )
)

/** The name of a token, under which what its owner does is written down. */
const TokenName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{1,50}$/, { expected: "1 to 50 letters, digits, _ and -" })
)

const TokenSource = Schema.Union([
  Schema.Struct({ name: TokenName, env: Schema.NonEmptyString }),
  Schema.Struct({ name: TokenName, file: Schema.NonEmptyString })
])

const namesOnce = Schema.makeFilter((items: ReadonlyArray<{ readonly name: string }>) =>
  items.flatMap(({ name }, index) =>
    items.findIndex((other) => other.name === name) < index
      ? [{ path: [index, "name"], issue: `${JSON.stringify(name)} is there already` }]
      : []
  )
)

/** The description is the key's: that of a schema with a rule of our own gets lost in JSON Schema. */
const described = <S extends Schema.Top>(schema: S, description: string) =>
  Schema.optionalKey(schema.annotateKey({ description }))

export const BotConfig = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  version: Schema.Literal(1),
  listen: Schema.optionalKey(Schema.Struct({
    host: described(Schema.NonEmptyString, "Address of the HTTP API and the page; 127.0.0.1 by default"),
    port: described(Port, "4020 by default; 0 takes a free one")
  })),
  storage: described(
    Storage,
    "memory, sqlite:FILE or postgres://…; a file in the state directory by default. A password belongs into " +
      "NUNU_BOT_STORAGE instead"
  ),
  runner: described(
    Schema.Struct({
      host: described(Schema.NonEmptyString, "The name or address under which the other runners reach this one"),
      port: described(Port.check(Schema.isGreaterThan(0)), "4021 by default"),
      listenHost: described(Schema.NonEmptyString, "The address to listen on; host by default")
    }),
    "How runners on one Postgres reach each other; for a private network, as no password is asked for there"
  ),
  api: Schema.optionalKey(Schema.Struct({
    keyFile: described(
      Schema.NonEmptyString,
      "A file with the API key, read again when it changes; without it the key is in NUNU_API_TOKEN"
    ),
    url: described(ApiUrl, "The vendor's by default"),
    artifactsUrl: described(ApiUrl, "The vendor's by default"),
    projectId: described(Schema.NonEmptyString, "For keys that open several projects")
  })),
  tokens: described(
    Schema.Array(TokenSource).check(namesOnce),
    "Who may ask the bot: for each a name and where its token is, in a variable or in a file"
  ),
  open: described(
    Schema.Boolean,
    "Whether everybody on this machine may ask, without a token; only with an address that others do not reach"
  ),
  roots: described(
    Schema.Array(AbsolutePath),
    "Folders whose files may be released; without one, only builds that are there already"
  ),
  maxConcurrent: described(Count, "How many releases are under way at once; 4 by default"),
  maxPerBranch: described(Count, "How many of one branch are; 1 by default"),
  supersede: described(Schema.Boolean, "Whether a newer release of a branch ends the older ones; true by default"),
  cron: described(Schema.Array(CronTrigger).check(namesOnce), "Releases by the clock"),
  folders: described(Schema.Array(FolderTrigger).check(namesOnce), "Releases by files that appear in a folder"),
  notifications: described(Schema.Array(SinkConfig).check(namesOnce), "Who is told of new bugs"),
  publicUrl: described(
    Schema.String.check(Schema.isPattern(/^https?:\/\/./, { expected: "an http or https URL" })),
    "How people reach the bot, for links in what it sends"
  ),
  stateDirectory: described(
    Schema.NonEmptyString,
    "Where uploads under way are written down, and the releases of the default storage; the system's custom by default"
  )
}).annotate({ title: "nunu bot", description: "What a release bot does, for whom and with what" })
export type BotConfig = typeof BotConfig.Type

/** Gives the JSON Schema of a configuration file, which editors check it against. */
export const jsonSchema = (): JsonSchema.JsonSchema => JsonFile.jsonSchemaOf(BotConfig)
