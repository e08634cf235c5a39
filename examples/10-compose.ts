/** Ordinary Effect operators around a program: a `Schedule`, a `timeout`, a `race` and a `Stream`. */
import { NodeRuntime } from "@effect/platform-node"
import { ErrorCategory } from "@nunu-effect/core"
import { Pipeline } from "@nunu-effect/pipelines"
import { Console, Effect, Schedule, Stream } from "effect"
import { Live } from "./Live.ts"

const testOn = (deploymentConfigId: string, multiplayerTestId = "your-test-id") =>
  Pipeline.runAwaitBugs({ multiplayerTestId, deploymentConfigId })

/** Schedule: a service that was down for a moment is asked again. Only what surely started nothing is repeated. */
export const patient = testOn("phones").pipe(Effect.retry({
  schedule: Schedule.exponential("30 seconds").pipe(Schedule.upTo({ times: 5 })),
  while: ({ reason }) => reason._tag === "StartFailed" && ErrorCategory.isRetryable(reason.error)
}))

/** Timeout: whoever gives up also stops the run; nothing goes on unseen. */
export const bounded = patient.pipe(Effect.timeout("2 hours"))

/** Race: whichever deployment has a verdict first; the other run is stopped. */
export const fastest = Effect.raceFirst(testOn("phones"), testOn("tablets"))

/** Stream: tests two at a time, until one of them fails; then no more are started. */
export const smoke = (tests: ReadonlyArray<string>) =>
  Stream.fromIterable(tests).pipe(
    Stream.mapEffect((test) => testOn("phones", test), { concurrency: 2 }),
    Stream.takeUntil(({ verdict }) => verdict._tag !== "Passed"),
    Stream.runCollect
  )

export const example = Effect.gen(function*() {
  yield* Console.log(`bounded: ${(yield* bounded).verdict._tag}`)
  yield* Console.log(`fastest: ${(yield* fastest).trials[0]?.target.deploymentConfigId}`)
  yield* Console.log(`smoke:   ${(yield* smoke(["lobby", "bridge"])).map(({ verdict }) => verdict._tag).join(", ")}`)
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
