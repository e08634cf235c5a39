/** Lists all runs of the last week that did not succeed. Pages are fetched as they are needed. */
import { NodeRuntime } from "@effect/platform-node"
import { Nunu, PageStream } from "@nunu-effect/core"
import { Console, DateTime, Effect, Stream } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.gen(function*() {
  const nunu = yield* Nunu.Nunu
  const aWeekAgo = DateTime.subtract(yield* DateTime.now, { days: 7 })
  const failed = yield* PageStream.make(
    (page) => nunu.runs.list({ state: "completed", ...page }),
    { id: (run) => run.runId }
  ).pipe(
    // The API has no filter by date, but it lists newest first: the first run that is too old ends it.
    Stream.takeWhile((run) => run.createdAt !== null && DateTime.isGreaterThan(run.createdAt, aWeekAgo)),
    // An unknown result is not a success.
    Stream.filter((run) => run.result !== "SUCCESS"),
    Stream.runCollect
  )
  for (const run of failed) yield* Console.log(`${run.runId}  ${run.result ?? "no result"}  ${run.test?.name ?? ""}`)
  yield* Console.log(`${failed.length} runs did not succeed`)
  return failed
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
