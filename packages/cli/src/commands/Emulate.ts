/** `nunu emulate`: the emulator on a port, for programs in any language. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import type { ServerOptions } from "@nunu-effect/emulator/EmulatorNode"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Output } from "../Output.ts"
import { nunu } from "../SharedFlags.ts"

const flags = {
  port: Flag.Int("port").pipe(
    Flag.withAlias("p"),
    Flag.withDescription("Port of the API; 0 takes free ones. The storage and the artifacts get the next two"),
    Flag.withDefault(4010)
  ),
  scenario: Flag.File("scenario").pipe(
    Flag.withDescription("What it is to be like, as JSON: docs/emulator.md. Other flags go before it"),
    Flag.optional
  ),
  state: Flag.String("state").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription("Keep the state in this file, and go on with what is in it; uploads lie beside it"),
    Flag.optional
  ),
  speed: Flag.Finite("speed").pipe(
    Flag.withDescription("How many seconds of a run pass in one second (default: 1)"),
    Flag.optional
  ),
  generation: Flag.Literals("generation", ["latest", "middle", "2026-01"]).pipe(
    Flag.withDescription("The shapes of answers (default: latest)"),
    Flag.optional
  ),
  weather: Flag.Finite("weather").pipe(
    Flag.withMetavar("chance"),
    Flag.withDescription("Bad weather: with what chance, 0 to 1, a request meets an error, a stall, a lost answer"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("Repeats the weather and the runs of an earlier time (default: a new weather each time)"),
    Flag.optional
  )
} as const

export const emulate = Command.make(
  "emulate",
  flags,
  Effect.fnUntraced(function*(given) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.scoped(Effect.gen(function*() {
      const faults = faultsOf(given)
      if (faults.length > 0) return yield* new ConfigurationError({ message: `Cannot emulate: ${faults.join("; ")}` })
      const options = yield* optionsOf(given)
      const { Emulator } = yield* Effect.promise(() => import("@nunu-effect/emulator/Emulator"))
      const EmulatorNode = yield* Effect.promise(() => import("@nunu-effect/emulator/EmulatorNode"))
      const serve = Effect.gen(function*() {
        const { apiKey, artifactsUrl, baseUrl, weather } = yield* Emulator
        const key = Redacted.value(apiKey)
        const seed = yield* weather.seed
        const page = new URL("/", baseUrl).href
        const urls = { baseUrl, artifactsUrl, apiKey: key, page, ...(seed === null ? {} : { weatherSeed: seed }) }
        yield* output.serving(
          { _tag: "Serving", ...urls },
          `${baseUrl}\nAPI key: ${key}\n\n` +
            `  export NUNU_API_URL=${baseUrl} NUNU_ARTIFACTS_URL=${artifactsUrl} NUNU_API_TOKEN=${key}\n\n` +
            `${seed === null ? "" : `Weather of seed ${seed}. `}See what happens at ${page}. Ctrl-C ends it.`
        )
        return yield* Effect.never
      })
      return yield* serve.pipe(
        Effect.provide(EmulatorNode.layerServer(options)),
        Effect.catchTags({
          ServeError: (error) =>
            new ConfigurationError({
              message: `Cannot listen on port ${given.port} and the next two: ${String(error.cause)}`
            }),
          PlatformError: (error) =>
            new ConfigurationError({
              message: onOneLine(`Cannot emulate with this state: ${LedgerFailed.wordsOf(error)}`)
            })
        })
      )
    }))
    yield* output.run("emulate", shared.output, program)
  })
).pipe(
  Command.withDescription(
    "Serve an emulator of the API and its storage on this machine, until Ctrl-C.\n\n" +
      "Prints its base URL and its API key. A page at / shows what happens; /_emulator/requests and its siblings are for " +
      "programs."
  ),
  Command.withExamples([
    { command: "nunu emulate", description: "Serve on port 4010, the storage on 4011, the artifacts on 4012" },
    { command: "nunu emulate --port 0 --speed 60", description: "A free port, and an hour of a run in a minute" },
    {
      command: "nunu emulate --weather 0.1 --seed 7",
      description: "One request in ten meets something, the same each time"
    },
    {
      command: "nunu emulate --scenario night.json --state night.state",
      description: "As a file says, and on after a restart"
    }
  ])
)

type Given = Command.Command.Config.Infer<typeof flags>

const faultsOf = ({ port, seed, speed, weather }: Given): ReadonlyArray<string> => [
  ...(port >= 0 && port < 65_534 ? [] : [`--port must be 0 to 65533, not ${port}`]),
  ...Option.match(speed, {
    onNone: () => [],
    onSome: (speed) => speed > 0 ? [] : [`--speed must be more than 0, not ${speed}`]
  }),
  ...Option.match(weather, {
    onNone: () => [],
    onSome: (chance) => chance >= 0 && chance <= 1 ? [] : [`--weather must be 0 to 1, not ${chance}`]
  }),
  ...Option.match(seed, {
    onNone: () => [],
    onSome: (seed) => seed >= 0 ? [] : [`--seed must not be negative: ${seed}`]
  })
]

/** The scenario, with the flags over it. */
const optionsOf = Effect.fnUntraced(function*(
  { generation, port, scenario, seed, speed, state, weather }: Given
): Effect.fn.Return<ServerOptions, ConfigurationError, FileSystem.FileSystem> {
  const base = Option.isSome(scenario) ? yield* scenarioOf(scenario.value) : {}
  const seeded = Option.isSome(seed) ? { seed: seed.value } : {}
  const random = Option.isSome(weather)
    ? { ...seeded, chance: weather.value }
    : base.randomWeather && { ...base.randomWeather, ...seeded }
  return {
    ...base,
    ...seeded,
    ...(random === undefined ? {} : { randomWeather: random }),
    ...(Option.isSome(speed) ? { speed: speed.value } : {}),
    ...(Option.isSome(generation) ? { generation: generation.value } : {}),
    ...(Option.isSome(state) ? { stateFile: state.value } : {}),
    ...(port === 0 ? {} : { port, storagePort: port + 1, artifactsPort: port + 2 })
  }
})

const scenarioOf = Effect.fnUntraced(
  function*(file: string) {
    const fs = yield* FileSystem.FileSystem
    const Scenario = yield* Effect.promise(() => import("@nunu-effect/emulator/Scenario"))
    const refuse = (message: string) => new ConfigurationError({ message })
    const text = yield* Effect.mapError(
      fs.readFileString(file),
      (error) => refuse(`Cannot read the scenario: ${LedgerFailed.wordsOf(error)}`)
    )
    return yield* Effect.mapError(Scenario.parse(text), ({ message }) => refuse(`${onOneLine(message)} (${file})`))
  }
)

/** An error is one line; each of its faults has one. */
const onOneLine = (faults: string): string => faults.replace(/:\n\s*/, ": ").replaceAll(/\n\s*/g, "; ")
