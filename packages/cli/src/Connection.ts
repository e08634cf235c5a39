/** Connects a command to the API: the remote one by its settings, or the emulator in this process. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Nunu from "@nunu-effect/core/Nunu"
import * as Repeat from "@nunu-effect/core/Repeat"
import * as PipelinesNode from "@nunu-effect/pipelines/PipelinesNode"
import * as PollPolicy from "@nunu-effect/pipelines/PollPolicy"
import * as HeapNode from "@nunu-effect/upload/HeapNode"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Format from "./Format.ts"
import type { CommandResult } from "./Output.ts"
import { Output } from "./Output.ts"
import type { Command } from "./OutputSchema.ts"
import { Screen } from "./Screen.ts"
import type { SettingsFlags } from "./Settings.ts"
import * as Settings from "./Settings.ts"
import { nunu } from "./SharedFlags.ts"

export interface ConnectionFlags extends SettingsFlags {
  readonly emulator: boolean
  /** Commands that upload, or clean up, name where the ledger is; none: where the system's custom has it. */
  readonly stateDir?: Option.Option<string>
}

/** The project that flag, environment or file name, for keys that open several. */
export const ProjectId = Context.Reference<string | undefined>("@nunu-effect/cli/Connection/ProjectId", {
  defaultValue: () => undefined
})

/** Everything that a command needs to reach the API and its storage. */
export const layer = (flags: ConnectionFlags) => {
  const api: Layer.Layer<Nunu.Nunu, ConnectionError, Screen | FileSystem.FileSystem | Path.Path> = flags.emulator
    ? Layer.merge(layerEmulated, Layer.succeed(ProjectId, Option.getOrUndefined(flags.projectId)))
    : layerRemote(flags)
  const uploads = Layer.merge(UploadNode.layer, HeapNode.layerSmall)
  return Layer.mergeAll(Layer.provideMerge(api, uploads), layerLedger(flags), layerRepeats)
}

/** Says why nothing happens, where it lasts a second or more. */
const layerRepeats = Layer.effect(
  Repeat.OnRepeat,
  Effect.map(Screen, ({ print, style }) => ({ attempt, attempts, error, wait }: Repeat.Repeat) => {
    const seconds = Duration.toSeconds(wait)
    if (seconds < 1) return Effect.void
    const what = error.message.slice(0, error.message.length - (error.hint === "" ? 0 : `. ${error.hint}`.length))
    return print(
      `${style("yellow", "waiting")} ${Format.remote(what)}, trying again in ${
        Format.seconds(seconds)
      } (${attempt} of ${attempts})`
    )
  })
)

/** The ledgers of uploads and of runs. What is at the embedded emulator ends with it, so nothing of it is written down. */
export const layerLedger = ({ emulator, stateDir }: Pick<ConnectionFlags, "emulator" | "stateDir">) => {
  if (emulator) return UploadLedger.layerMemory
  const directory = stateDir === undefined ? undefined : Option.getOrUndefined(stateDir)
  const uploads = stateDir === undefined ? UploadLedger.layerMemory : UploadNode.layerLedger(directory)
  return Layer.merge(uploads, PipelinesNode.layerRunLedger(directory))
}

/** The settings are not usable, or the emulator could not be served. */
export type ConnectionError = ConfigurationError | PlatformError | ServeError

/** Runs a command that needs the API, and prints what it came to. */
export const run = Effect.fnUntraced(function*<const Name extends Command, E>(
  command: Name,
  program: Effect.Effect<
    CommandResult<Name>,
    E,
    Layer.Success<ReturnType<typeof layer>> | Scope.Scope | Output | Screen
  >
) {
  const shared = yield* nunu
  const output = yield* Output
  yield* output.run(command, shared.output, Effect.scoped(Effect.provide(program, layer(shared))))
})

const layerRemote = (flags: SettingsFlags) =>
  Layer.unwrap(
    Effect.map(
      Settings.load(flags),
      (settings) => Layer.merge(Nunu.layer(settings), Layer.succeed(ProjectId, settings.projectId))
    )
  ).pipe(Layer.provide(ProxyNode.layerUndici))

/** Runs there are short, so it is looked at more often. At the end it tells what the storage holds. */
const layerEmulated = Layer.unwrap(Effect.gen(function*() {
  const { Emulator } = yield* Effect.promise(() => import("@nunu-effect/emulator/Emulator"))
  const EmulatorNode = yield* Effect.promise(() => import("@nunu-effect/emulator/EmulatorNode"))
  const RequestLog = yield* Effect.promise(() => import("@nunu-effect/emulator/RequestLog"))
  const tellAtTheEnd = Effect.gen(function*() {
    const emulator = yield* Emulator
    const screen = yield* Screen
    yield* Effect.addFinalizer((exit) =>
      Effect.gen(function*() {
        for (const request of yield* emulator.requests) yield* Effect.logDebug(RequestLog.format(request))
        if (Exit.isFailure(exit)) return // hashing what is stored takes seconds, and somebody may be waiting
        for (const build of yield* emulator.builds) {
          const stored = yield* emulator.stored(build.id)
          if (stored !== null) {
            yield* screen.print(
              screen.style(
                "dim",
                `emulator: build ${build.id} is stored, ${Format.bytes(stored.size)}, MD5 ${stored.md5}`
              )
            )
          }
        }
        for (const violation of yield* emulator.violations) yield* screen.print(`emulator: ${violation}`)
      }).pipe(Effect.ignore)
    )
  })
  const client = Layer.unwrap(
    Effect.map(Emulator, ({ apiKey, artifactsUrl, baseUrl }) => Nunu.layer({ apiKey, artifactsUrl, baseUrl }))
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))
  const often = { ...PollPolicy.defaultPolicy, first: second, from: second, to: second, jitter: 0 }
  return Layer.merge(client, Layer.effectDiscard(tellAtTheEnd)).pipe(
    Layer.provide(EmulatorNode.layerServer({ partSize: emulatedPartSize })),
    Layer.merge(Layer.succeed(PollPolicy.PollPolicy, often))
  )
}))

const second = Duration.seconds(1)

/** Smaller than the remote API's 100 MiB, so that also small files show several parts. */
const emulatedPartSize = 16 * 1024 ** 2
