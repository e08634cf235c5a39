/** Starts a test and asks how its job stands. */
import { NodeRuntime } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { Console, Effect } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.gen(function*() {
  const nunu = yield* Nunu.Nunu
  const started = yield* nunu.runs.start({
    multiplayerTestId: "your-test-id",
    deploymentConfigId: "your-deployment-id",
    additionalTags: ["example"]
  })
  const job = yield* nunu.jobs.get(started.jobIds[0])
  yield* Console.log(`${job.testName}: ${job.status.toLowerCase()}, job ${job.jobId}`)
  return job
}).pipe(
  // Every way that a call can fail is in its type, and each can be handled by name.
  Effect.catchTags({
    QuotaExceeded: (error) => Console.error(error.message),
    NotFound: (error) => Console.error(`No such test or deployment: ${error.error}`)
  })
)

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
