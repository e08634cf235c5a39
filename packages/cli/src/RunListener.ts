/** What a command does with the events of a pipeline: takes down handles, prints events, shows runs. */
import type { PipelineEvent } from "@nunu-effect/pipelines/Pipeline"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Output } from "./Output.ts"
import * as RunView from "./RunView.ts"
import type { Screen } from "./Screen.ts"

export interface RunListener {
  readonly onEvent: (event: PipelineEvent) => Effect.Effect<void>
  /** Shows a wait for jobs that were started before. */
  readonly begin: (jobIds: ReadonlyArray<string>) => Effect.Effect<void>
}

/** Listens until the scope ends. */
export const make = Effect.fnUntraced(function*(
  onInterrupt: "stop" | "detach"
): Effect.fn.Return<RunListener, never, Output | Screen | Scope.Scope> {
  const output = yield* Output
  const view = yield* RunView.make(onInterrupt)
  return {
    begin: (jobIds) => Effect.andThen(output.note({ jobIds }), view.begin("Waiting for", jobIds)),
    onEvent: (event) =>
      Effect.gen(function*() {
        if (event._tag === "Started") yield* output.note({ jobIds: event.started.jobIds, tag: event.started.tag })
        if (event._tag !== "TrialEnded") yield* output.event({ ...event }) // of programs with several trials, which none here is
        yield* view.show(event)
      })
  }
})
