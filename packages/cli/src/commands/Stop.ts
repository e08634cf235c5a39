/** `nunu stop JOB…`: ends runs, so that they are not billed any more. */
import { JobId } from "@nunu-effect/core/Job"
import { stopRuns } from "@nunu-effect/pipelines/StopRun"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"

export const stop = Command.make(
  "stop",
  {
    jobs: Argument.String("job").pipe(
      Argument.withSchema(JobId),
      Argument.withDescription("Id of a job"),
      Argument.atLeast(1)
    )
  },
  ({ jobs: [first, ...rest] }) =>
    Connection.run(
      "stop",
      Effect.gen(function*() {
        if (first === undefined) return { exitCode: ExitCode.ok, text: () => "", fields: { over: [], running: [] } }
        const { over, running } = yield* stopRuns([first, ...rest])
        return {
          exitCode: running.length === 0 ? ExitCode.ok : ExitCode.infrastructure,
          text: () =>
            [
              ...over.map((job) => `${Format.remote(job)}: not running any more`),
              ...running.map((job) => `${Format.remote(job)}: may still be running and billed; try again`)
            ].join("\n"),
          fields: { over, running }
        }
      })
    )
).pipe(
  Command.withDescription("Stop the runs of jobs. That a job is over already is a success."),
  Command.withExamples([{ command: "nunu stop JOB_ID ANOTHER_JOB_ID", description: "Stop two jobs" }])
)
