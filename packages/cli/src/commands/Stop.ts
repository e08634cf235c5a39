/** `nunu stop ID…`: ends runs, so that they are not billed any more. */
import { JobId } from "@nunu-effect/core/Job"
import { stopRuns } from "@nunu-effect/pipelines/StopRun"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import * as JobIds from "../JobIds.ts"

export const stop = Command.make(
  "stop",
  {
    ids: Argument.String("id").pipe(
      Argument.withSchema(JobId),
      Argument.withDescription("Id of a job or of a run"),
      Argument.atLeast(1)
    )
  },
  ({ ids }) =>
    Connection.run(
      "stop",
      Effect.gen(function*() {
        const { jobIds: [first, ...rest], unknown } = yield* JobIds.find(ids)
        if (first === undefined) return yield* JobIds.notFound("stop", unknown)
        const { over, running } = yield* stopRuns([first, ...rest])
        return {
          exitCode: running.length > 0 ? ExitCode.infrastructure : unknown.length > 0 ? ExitCode.notFound : ExitCode.ok,
          text: () =>
            [
              ...over.map((job) => `${Format.remote(job)}: not running any more`),
              ...running.map((job) => `${Format.remote(job)}: may still be running and billed; try again`),
              ...unknown.map((id) => `${Format.remote(id)}: the id of no job and no run`)
            ].join("\n"),
          fields: { over, running, unknown }
        }
      })
    )
).pipe(
  Command.withDescription(
    "Stop runs, by their ids or by those of their jobs. That one is over already is a success.\n\n" +
      "A job with retries is stopped as a whole."
  ),
  Command.withExamples([
    { command: "nunu stop JOB_ID ANOTHER_JOB_ID", description: "Stop two jobs" },
    { command: "nunu stop RUN_ID", description: "Stop what nunu runs --state running has shown" }
  ])
)
