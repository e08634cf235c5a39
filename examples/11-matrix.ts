/** Every test on every deployment, four at a time, with one verdict; each is told as it ends. */
import { NodeRuntime } from "@effect/platform-node"
import { Matrix } from "@nunu-effect/pipelines"
import { Console, Effect } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.gen(function*() {
  const result = yield* Matrix.matrix({
    tests: [
      { multiplayerTestId: "your-lobby-test-id", name: "lobby" },
      { instructions: "Start the game and open the settings", name: "settings" }
    ],
    deployments: ["your-phones-id", "your-tablets-id"]
  }, {
    concurrency: 4,
    within: "1 hour", // what is not over then is given up, and the result tells what there is
    onEvent: (event) =>
      event._tag === "TrialEnded"
        ? Console.log(`${event.trial.name}: ${event.trial.error?.message ?? event.trial.jobs[0]?.run?.result}`)
        : Effect.void
  })
  yield* Console.log(`${result.trials.length} trials, verdict: ${result.verdict._tag}`)
  return result
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
