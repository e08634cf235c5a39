/** `nunu wait ID…`: await, collect and judge what was started before. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { NotFound } from "@nunu-effect/core/ApiError"
import { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import { RunId } from "@nunu-effect/core/Run"
import * as Pipeline from "@nunu-effect/pipelines/Pipeline"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as JudgedResult from "../JudgedResult.ts"
import { Output } from "../Output.ts"
import * as RunListener from "../RunListener.ts"
import { nunu } from "../SharedFlags.ts"
import { judgeFlags, toTimeoutAndJudging } from "./JudgeFlags.ts"
import { onInterruptFlag, waitFlags } from "./WaitFlags.ts"

export const wait = Command.make(
  "wait",
  {
    ids: Argument.String("id").pipe(
      Argument.withSchema(JobId),
      Argument.withDescription("Id of a job or of a run"),
      Argument.atLeast(1)
    ),
    ...waitFlags,
    ...onInterruptFlag("detach"),
    ...judgeFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const check = toTimeoutAndJudging(flags)
    const waiting = Effect.fnUntraced(function*({ judging, timeout }: Effect.Success<typeof check>) {
      yield* JudgedResult.begin(judging, shared)
      const jobIds = yield* jobsOf(flags.ids)
      const { begin, onEvent } = yield* RunListener.make(flags.onInterrupt)
      yield* begin(jobIds)
      const result = yield* Pipeline.awaitBugs(jobIds, {
        onUndecided: yield* JudgedResult.undecided(judging),
        gate: judging.gate,
        baseline: judging.baseline,
        timeout,
        onInterrupt: flags.onInterrupt,
        onEvent
      })
      return yield* JudgedResult.report(judging, result)
    })
    yield* output.run(
      "wait",
      shared.output,
      Effect.flatMap(check, (checked) => Effect.scoped(Effect.provide(waiting(checked), Connection.layer(shared))))
    )
  })
).pipe(
  Command.withDescription(
    "Wait for runs that were started before, collect their bugs and give one verdict.\n\n" +
      "Ctrl-C and --timeout leave them running, as they are not this command's own, unless --on-interrupt stop is given.\n" +
      "Exit code 0: passed. 1: the gate failed. Others: could not tell; see the documentation."
  ),
  Command.withExamples([
    { command: "nunu wait JOB_ID --timeout 2h --report report.html", description: "After nunu run --detach" },
    { command: "nunu wait RUN_ID ANOTHER_RUN_ID --fail-on critical", description: "One verdict on two runs" }
  ])
)

/** Finds the jobs of all ids; tells all ids that are neither a job's nor a run's. */
const jobsOf = Effect.fnUntraced(function*(
  ids: ReadonlyArray<JobId>
): Effect.fn.Return<readonly [JobId, ...Array<JobId>], ApiError, Nunu> {
  const found = yield* Effect.forEach(ids, jobOf, { concurrency: 8 })
  const unknown = ids.filter((_, index) => found[index] === null)
  const [first, ...rest] = new Set(found.filter((jobId) => jobId !== null))
  if (first !== undefined && unknown.length === 0) return [first, ...rest]
  return yield* new NotFound({
    operation: "wait",
    error: `${unknown.length === 1 ? "this is the id" : "these are ids"} of no job and no run: ${unknown.join(", ")}`,
    attempts: 1,
    sent: "yes"
  })
})

/** The job itself, or that of a run; null where there is neither. */
const jobOf = Effect.fnUntraced(function*(id: JobId): Effect.fn.Return<JobId | null, ApiError, Nunu> {
  const nunu = yield* Nunu
  return yield* nunu.jobs.get(id).pipe(
    Effect.map(({ jobId }): JobId | null => jobId),
    Effect.catchTag("NotFound", () =>
      nunu.runs.get(RunId.make(id)).pipe(
        Effect.map(({ jobId }) => jobId === null ? null : JobId.make(jobId)),
        Effect.catchTag("NotFound", () => Effect.succeed(null))
      ))
  )
})
