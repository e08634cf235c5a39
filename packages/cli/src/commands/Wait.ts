/** `nunu wait ID…`: await, collect and judge what was started before. */
import { JobId } from "@nunu-effect/core/Job"
import * as Pipeline from "@nunu-effect/pipelines/Pipeline"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as JobIds from "../JobIds.ts"
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
      const { jobIds: [first, ...rest], unknown } = yield* JobIds.find(flags.ids)
      if (first === undefined || unknown.length > 0) return yield* JobIds.notFound("wait", unknown)
      const jobIds = [first, ...rest] as const
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
