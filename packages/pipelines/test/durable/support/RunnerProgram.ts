/**
 * One runner of durable releases on Postgres; a test may kill it, stop it, or cut its line. Its only argument says where
 * everything is, see `RunnerSettings`. It takes releases on its input, one as JSON a line, and says in a line each: that
 * it is up, which release it has taken, and which step of which release it begins.
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { UploadNode } from "@nunu-effect/upload"
import { Duration, Effect, Layer, Redacted, Schema, Stream } from "effect"
import * as readline from "node:readline"
import * as PostgresEngine from "../../../src/durable/PostgresEngine.ts"
import { ReleaseRequest } from "../../../src/durable/Release.ts"
import { ReleaseSteps } from "../../../src/durable/ReleaseSteps.ts"
import * as ReleaseWorkflow from "../../../src/durable/ReleaseWorkflow.ts"
import * as PollPolicy from "../../../src/PollPolicy.ts"
import type { RunnerSettings } from "./Runners.ts"

const settings: RunnerSettings = JSON.parse(process.argv[2] ?? "{}")

const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

/** Tells what it begins. */
const tellingSteps = Layer.effect(
  ReleaseSteps,
  Effect.map(ReleaseSteps, (steps) =>
    ReleaseSteps.of({
      ...steps,
      begin: (releaseId, step) => Effect.tap(steps.begin(releaseId, step), () => say(`begins ${step} ${releaseId}`))
    }))
)

const releases = Stream.fromAsyncIterable(readline.createInterface({ input: process.stdin }), (cause) => cause).pipe(
  Stream.mapEffect((line) => Schema.decodeEffect(Schema.fromJsonString(ReleaseRequest))(line)),
  Stream.runForEach((request) => Effect.andThen(ReleaseWorkflow.begin(request), say(`took ${request.releaseId}`)))
)

const runner = Effect.gen(function*() {
  yield* say("up")
  yield* Effect.orDie(releases)
  return yield* Effect.never // its input has ended, it has not
}).pipe(
  Effect.provide(
    ReleaseWorkflow.layer.pipe(
      Layer.provideMerge(Layer.provideMerge(
        tellingSteps,
        PostgresEngine.layer({ url: Redacted.make(settings.url), host: "127.0.0.1", port: settings.port })
      )),
      Layer.provide([
        Layer.provide(
          Nunu.layer({ apiKey: Redacted.make(settings.apiKey), baseUrl: settings.baseUrl }),
          NodeHttpClient.layerUndici
        ),
        UploadNode.layer,
        UploadNode.layerLedger(settings.stateDirectory)
      ])
    )
  ),
  Effect.provideService(PollPolicy.PollPolicy, {
    ...PollPolicy.defaultPolicy,
    first: Duration.seconds(1),
    from: Duration.seconds(1),
    to: Duration.seconds(settings.lookSeconds)
  })
)

NodeRuntime.runMain(runner)
