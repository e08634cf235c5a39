/** A newer build of a branch takes the place of the older one, whose runs are stopped: their devices are free again. */
import { NodeRuntime } from "@effect/platform-node"
import { BuildId } from "@nunu-effect/core/Build"
import { Pipeline, Supersede } from "@nunu-effect/pipelines"
import { Console, Effect } from "effect"
import { Live } from "./Live.ts"

export const test = (buildId: string | undefined) =>
  Pipeline.runAwaitBugs({
    multiplayerTestId: "your-test-id",
    deploymentConfigId: "your-deployment-id",
    ...(buildId === undefined ? {} : { buildId: BuildId.make(buildId) })
  }).pipe(
    Supersede.supersede({
      branch: "main",
      onSuperseded: ({ stopped }) => Console.log(`stopped ${stopped.over.length} older, ${stopped.running.length} not`)
    }),
    Effect.tap(({ verdict }) => Console.log(`build ${buildId ?? "of the deployment"}: ${verdict._tag}`))
  )

export const example = Effect.gen(function*() {
  const newer = Effect.delay(test(undefined), "3 seconds")
  return yield* Effect.all([test(undefined), newer], { concurrency: "unbounded" })
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
