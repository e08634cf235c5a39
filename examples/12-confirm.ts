/** A flaky bug does not stop a release: it has to be seen in 2 of 3 runs. It ends as soon as the verdict is certain. */
import { NodeRuntime } from "@effect/platform-node"
import { Confirm } from "@nunu-effect/pipelines"
import { Console, Effect } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.gen(function*() {
  const result = yield* Confirm.confirm(
    { multiplayerTestId: "your-test-id", deploymentConfigId: "your-deployment-id" },
    { needed: 2, of: 3, gate: { failOn: [{ severity: "medium" }] } }
  )
  for (const [bugId, times] of result.confirmation?.seen ?? []) {
    yield* Console.log(`${bugId}: seen in ${times} of ${result.trials.length} runs`)
  }
  yield* Console.log(`Verdict: ${result.verdict._tag}`)
  return result
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
