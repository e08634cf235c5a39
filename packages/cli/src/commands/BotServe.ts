/** `nunu bot serve`: releases as a service, until it is stopped. What has begun then goes on at its next start. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Nunu from "@nunu-effect/core/Nunu"
import { StartRunRequest } from "@nunu-effect/core/StartRun"
import type * as BotEnvironment from "@nunu-effect/pipelines/durable/bot/BotEnvironment"
import type * as BotSettings from "@nunu-effect/pipelines/durable/bot/BotSettings"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as StateDirectory from "@nunu-effect/upload/StateDirectory"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Connection from "../Connection.ts"
import { Output } from "../Output.ts"
import { nunu } from "../SharedFlags.ts"
import { startFlags, toStartRequest } from "./RunFlags.ts"

const flags = {
  storage: Flag.String("storage").pipe(
    Flag.withMetavar("WHERE"),
    Flag.withDescription(
      "memory, sqlite:FILE, or postgres://… better in NUNU_BOT_STORAGE (default: bot.sqlite in the state directory)"
    ),
    Flag.optional
  ),
  port: Flag.Int("port").pipe(
    Flag.withAlias("p"),
    Flag.withDescription("Port of the HTTP API and the page; 0 takes a free one (default: 4020)"),
    Flag.optional
  ),
  cron: Flag.String("cron").pipe(
    Flag.withMetavar("TIME"),
    Flag.withDescription("Release --file or --build at this time, such as \"0 3 * * *\", in UTC"),
    Flag.optional
  ),
  file: Flag.String("file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("What --cron releases: the file as it is then"),
    Flag.optional
  ),
  build: Flag.String("build").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("What --cron releases: a build that is there"),
    Flag.optional
  ),
  watch: Flag.String("watch").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Release each new build file in this folder"),
    Flag.optional
  ),
  ...startFlags
} as const

export const serve = Command.make(
  "serve",
  flags,
  Effect.fnUntraced(function*(given) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.scoped(Effect.gen(function*() {
      // Most of what a start takes, and of no use to those who only want to read the help.
      const BotSettings = yield* Effect.promise(() => import("@nunu-effect/pipelines/durable/bot/BotSettings"))
      const BotNode = yield* Effect.promise(() => import("@nunu-effect/pipelines/durable/bot/BotNode"))
      const settings = yield* BotSettings.load({
        file: Option.getOrUndefined(shared.config),
        flags: yield* overrides(given, shared),
        emulator: shared.emulator
      })
      const path = yield* Path.Path
      const stateDirectory = settings.stateDirectory === undefined
        ? yield* StateDirectory.resolve(process.platform)
        : path.resolve(settings.stateDirectory)
      const storage: BotSettings.BotStorage = settings.storage ??
        (shared.emulator ? { _tag: "Memory" } : { _tag: "Sqlite", file: path.join(stateDirectory, "bot.sqlite") })
      const where = storage._tag === "Sqlite" ? `sqlite:${storage.file}` : storage._tag.toLowerCase()
      const api = shared.emulator
        ? Connection.layer({ ...shared, config: Option.none() })
        : Layer.mergeAll(layerRemote(settings), UploadNode.layer, UploadNode.layerLedger(stateDirectory))
      const serving = Effect.gen(function*() {
        const url = yield* BotNode.url
        yield* output.serving(
          { _tag: "Serving", url, storage: where, openapi: `${url}/openapi.json` },
          `${url}\n\nReleases are kept in ${where}. The API is described at ${url}/openapi.json. Ctrl-C ends it: what has ` +
            `begun goes on at the next start${storage._tag === "Memory" ? ", but not from memory" : ""}.`
        )
        return yield* Effect.ensuring(Effect.never, BotNode.drain)
      })
      return yield* serving.pipe(
        Effect.provide(Layer.provideMerge(BotNode.layer(settings, storage), api)),
        Effect.catchTag("ServeError", ({ cause }) =>
          new ConfigurationError({
            message: `Cannot listen on ${settings.host}, port ${settings.port}: ${String(cause)}`
          }))
      )
    }))
    yield* output.run("bot serve", shared.output, program)
  })
).pipe(
  Command.withDescription(
    "Take releases and carry each to its verdict, over hours, restarts and crashes, until Ctrl-C or SIGTERM.\n\n" +
      "--config names a file that says what it does: tokens, folders, times, notifications; docs/bot.md describes it. It is\n" +
      "not the file with the settings of the other commands, which the bot does not read. The environment goes\n" +
      "before the file, and the flags before both. A token is read from NUNU_BOT_TOKEN too, the API key from\n" +
      "NUNU_API_TOKEN, or from a file, which is read again when it changes."
  ),
  Command.withShortDescription("Serve the release bot"),
  Command.withExamples([
    {
      command: "nunu bot serve --emulator",
      description: "See it without an account: everybody on this machine may ask"
    },
    { command: "nunu bot serve --config bot.json", description: "Serve as a file says" },
    {
      command: "nunu bot serve --storage sqlite:/var/lib/nunu/bot.sqlite --port 8080",
      description: "Keep the releases in a file, and listen on another port"
    },
    {
      command: "nunu bot serve --watch /srv/builds --test TEST_ID --deployment DEPLOYMENT_ID",
      description: "Test each build that appears in a folder"
    }
  ])
)

type Given = Command.Command.Config.Infer<typeof flags>

/** The flags in the names of the configuration file. */
const overrides = Effect.fnUntraced(function*(
  given: Given,
  shared: Effect.Success<typeof nunu>
): Effect.fn.Return<ReadonlyArray<BotEnvironment.Override>, ConfigurationError, Path.Path> {
  const path = yield* Path.Path
  const { build, cron, file, port, storage, watch } = given
  const simple: ReadonlyArray<readonly [string, ReadonlyArray<string>, Option.Option<unknown>]> = [
    ["--storage", ["storage"], storage],
    ["--port", ["listen", "port"], port],
    ["--api-url", ["api", "url"], shared.apiUrl],
    ["--project-id", ["api", "projectId"], shared.projectId]
  ]
  const said = simple.flatMap(([said, path, value]) => Option.isSome(value) ? [{ said, path, value: value.value }] : [])
  const withCron = Option.isNone(cron) ? namesOf({ file, build }) : []
  const withTrigger = Option.isNone(cron) && Option.isNone(watch) ? namesOf(Struct.pick(given, startNames)) : []
  const useless = [
    ...withCron.map((name) => `${name} goes with --cron only`),
    ...withTrigger.map((name) => `${name} goes with --cron or --watch only`)
  ]
  if (useless.length > 0) {
    return yield* new ConfigurationError({ message: `Cannot start the bot: ${useless.join("; ")}` })
  }
  if (Option.isNone(cron) && Option.isNone(watch)) return said
  const release = { run: encodeRun(yield* toStartRequest(given, shared.emulator)) }
  const sources = [
    ...Option.toArray(Option.map(file, (file) => ({ _tag: "File", path: path.resolve(file) }))),
    ...Option.toArray(Option.map(build, (buildId) => ({ _tag: "Build", buildId })))
  ]
  if (Option.isSome(cron) && sources.length !== 1) {
    return yield* new ConfigurationError({
      message: "Cannot start the bot: give exactly one of --file and --build with --cron"
    })
  }
  const triggers = [
    ...Option.toArray(Option.map(cron, (cron) => ({
      said: "--cron",
      path: ["cron"],
      value: { name: "cron", cron, release: { ...release, source: sources[0] } }
    }))),
    ...Option.toArray(Option.map(watch, (folder) => ({
      said: "--watch",
      path: ["folders"],
      value: { name: "watch", folder: path.resolve(folder), files: buildFiles, release }
    })))
  ]
  return [...said, ...triggers.map((trigger) => ({ ...trigger, append: true }))]
})

const startNames = Struct.keys(startFlags)

/** The flags that were given. */
const namesOf = (flags: Readonly<Record<string, Option.Option<unknown>>>): ReadonlyArray<string> =>
  Object.entries(flags).flatMap(([name, value]) =>
    Option.isSome(value) ? [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`] : []
  )

const encodeRun = Schema.encodeSync(StartRunRequest)

/** Files whose platform is known from their name. */
const buildFiles = "*.{exe,msi,dmg,pkg,ipa,apk,deb,rpm,AppImage,appimage}"

const layerRemote = ({ apiKey, artifactsUrl, baseUrl, projectId }: BotSettings.BotSettings) =>
  Nunu.layer({
    apiKey,
    projectId,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(artifactsUrl === undefined ? {} : { artifactsUrl })
  }).pipe(Layer.provide(ProxyNode.layerUndici))
