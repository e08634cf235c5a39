/**
 * A program that carries one release out on a SQLite file; a test may kill it at any instant, and start it again. It says
 * `up`, then the outcome as JSON; or why it could not begin.
 */
import * as Nunu from "@nunu-effect/core/Nunu"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as UploadNode from "@nunu-effect/upload/UploadNode"
import { Duration, Effect, Layer, Redacted, Schema } from "effect"
import * as path from "node:path"
import * as DurableEngine from "../../../src/durable/DurableEngine.ts"
import { ReleaseRequest } from "../../../src/durable/Release.ts"
import * as ReleaseWorkflow from "../../../src/durable/ReleaseWorkflow.ts"
import * as PollPolicy from "../../../src/PollPolicy.ts"
import type { SqliteProgramSettings } from "./SqliteReleases.ts"

// What the test wrote.
const { apiKey, baseUrl, folder, request }: SqliteProgramSettings = JSON.parse(process.argv[2] ?? "")

const services = Layer.mergeAll(
  Nunu.layer({ apiKey: Redacted.make(apiKey), baseUrl }).pipe(Layer.provide(ProxyNode.layerUndici)),
  UploadNode.layer,
  UploadNode.layerLedger(folder),
  DurableEngine.layerSqlite(path.join(folder, "releases.db")),
  // Runs of a test are short.
  Layer.succeed(PollPolicy.PollPolicy, {
    ...PollPolicy.defaultPolicy,
    first: Duration.millis(300),
    from: Duration.millis(300),
    to: Duration.millis(300)
  })
)

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

await Effect.gen(function*() {
  yield* say("up")
  const outcome = yield* ReleaseWorkflow.execute(yield* Schema.decodeUnknownEffect(ReleaseRequest)(request))
  yield* say(JSON.stringify(outcome))
}).pipe(
  Effect.provide(Layer.provideMerge(ReleaseWorkflow.layer, services)),
  Effect.catch((error) => say(`${error._tag} ${error.message}`)),
  Effect.runPromise
)
