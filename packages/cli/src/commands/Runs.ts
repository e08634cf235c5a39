/** `nunu runs`: the newest runs of the project. */
import { Nunu } from "@nunu-effect/core/Nunu"
import * as PageStream from "@nunu-effect/core/PageStream"
import type { Run } from "@nunu-effect/core/Run"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import { splitTags } from "./UploadFlags.ts"

export const runs = Command.make(
  "runs",
  {
    state: Flag.Literals("state", ["running", "completed", "all"]).pipe(
      Flag.withDescription("Which runs"),
      Flag.withDefault("all" as const)
    ),
    test: Flag.String("test").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Only runs of this test"),
      Flag.optional
    ),
    tags: Flag.String("tags").pipe(
      Flag.withMetavar("A,B"),
      Flag.withDescription("Only runs that have all of these tags"),
      Flag.optional
    ),
    limit: Flag.Int("limit").pipe(
      Flag.filter((limit) => limit >= 1, () => "1 or more"),
      Flag.withAlias("n"),
      Flag.withDescription("How many runs at most"),
      Flag.withDefault(20)
    )
  },
  ({ limit, state, tags, test }) =>
    Connection.run(
      "runs",
      Effect.gen(function*() {
        const api = yield* Nunu
        const filter = {
          state,
          ...(Option.isSome(test) ? { multiplayerTestId: test.value } : {}),
          ...(Option.isSome(tags) ? { tags: splitTags(tags.value) } : {})
        }
        const found = yield* PageStream.make((page) => api.runs.list({ ...filter, ...page }), {
          id: (run) => run.runId,
          maxItems: limit
        }).pipe(Stream.runCollect)
        return {
          exitCode: ExitCode.ok,
          text: () => found.length === 0 ? "no runs" : Format.table([header, ...found.map(rowOf)]),
          fields: { runs: found }
        }
      })
    )
).pipe(
  Command.withDescription("List the newest runs of the project."),
  Command.withExamples([
    { command: "nunu runs --state running", description: "What is running, and billed, now" },
    { command: "nunu runs --tags nightly --limit 100 --output json", description: "For a program" }
  ])
)

const header = ["RUN", "STATE", "RESULT", "BUGS", "STARTED (UTC)", "TIME", "TEST"]

const rowOf = (run: Run): ReadonlyArray<string> =>
  [
    run.runId,
    run.state.toLowerCase(),
    run.result ?? "-",
    run.bugInfo?.bugCount?.toString() ?? "-",
    Format.time(run.startedAt),
    run.durationMs === null ? "-" : Format.seconds(run.durationMs / 1000),
    run.test?.name ?? "-"
  ].map(Format.remote)
