/** `nunu emulate`: the emulator on a port, for programs in any language. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Output } from "../Output.ts"
import { nunu } from "../SharedFlags.ts"

export const emulate = Command.make(
  "emulate",
  {
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.withDescription("Port of the API; 0 takes a free one. The storage gets the next port"),
      Flag.withDefault(4010)
    ),
    speed: Flag.Finite("speed").pipe(
      Flag.withDescription("How many seconds of a run pass in one second"),
      Flag.withDefault(1)
    )
  },
  Effect.fnUntraced(function*({ port, speed }) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.scoped(Effect.gen(function*() {
      const faults = [
        ...(port >= 0 && port < 65_535 ? [] : [`--port must be 0 to 65534, not ${port}`]),
        ...(speed > 0 ? [] : [`--speed must be more than 0, not ${speed}`])
      ]
      if (faults.length > 0) return yield* new ConfigurationError({ message: `Cannot emulate: ${faults.join("; ")}` })
      const { Emulator } = yield* Effect.promise(() => import("@nunu-effect/emulator/Emulator"))
      const EmulatorNode = yield* Effect.promise(() => import("@nunu-effect/emulator/EmulatorNode"))
      const serve = Effect.gen(function*() {
        const { apiKey, baseUrl } = yield* Emulator
        yield* Console.log(
          shared.output === "text"
            ? `${baseUrl}\nAPI key: ${Redacted.value(apiKey)}\n\n` +
              `  export NUNU_API_URL=${baseUrl} NUNU_API_TOKEN=${Redacted.value(apiKey)}\n\nCtrl-C ends it.`
            : JSON.stringify({ baseUrl, apiKey: Redacted.value(apiKey) })
        )
        return yield* Effect.never
      })
      return yield* serve.pipe(
        Effect.provide(EmulatorNode.layerServer({ port, storagePort: port === 0 ? 0 : port + 1, speed })),
        Effect.catchTag("ServeError", (error) =>
          Effect.fail(
            new ConfigurationError({ message: `Cannot listen on port ${port} and the next: ${String(error.cause)}` })
          ))
      )
    }))
    yield* output.run("emulate", shared.output, program)
  })
).pipe(
  Command.withDescription(
    "Serve an emulator of the API and its storage on this machine, until Ctrl-C.\n\n" +
      "Prints its base URL and its API key. Requests so far: GET /_emulator/requests."
  ),
  Command.withShortDescription("Serve the emulator on a port"),
  Command.withExamples([
    { command: "nunu emulate", description: "Serve on port 4010, the storage on 4011" },
    { command: "nunu emulate --port 0 --speed 60", description: "A free port, and an hour of a run in a minute" }
  ])
)
