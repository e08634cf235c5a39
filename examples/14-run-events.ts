/** What changes in a run while it goes on, as a stream; then its bugs, each as soon as it is seen. */
import { NodeRuntime } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { CollectBugs, RunEvent } from "@nunu-effect/pipelines"
import { Console, Effect, Stream } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.gen(function*() {
  const nunu = yield* Nunu.Nunu
  const started = yield* nunu.runs.start({
    multiplayerTestId: "your-test-id",
    deploymentConfigId: "your-deployment-id"
  })
  return yield* RunEvent.runEvents(started.jobIds, { timeout: "1 hour" }).pipe(
    Stream.tap((event) => {
      switch (event._tag) {
        case "JobChanged":
          return Console.log(`job is ${event.status.toLowerCase()}`)
        case "StepChanged":
          return Console.log(
            `player ${event.playerId}: ${event.goal} is ${(event.result ?? event.state)?.toLowerCase()}`
          )
        default:
          return Effect.void
      }
    }),
    Stream.filter((event) => event._tag === "JobFinished"),
    Stream.flatMap(({ finished }) => finished.run === null ? Stream.empty : CollectBugs.streamBugs(finished.run)),
    Stream.tap((bug) => Console.log(`${bug.severity}: ${bug.title}`)),
    Stream.runCollect
  )
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
