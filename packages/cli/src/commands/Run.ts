/** `nunu run`: run, await, collect, judge, or only start. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import { BuildId } from "@nunu-effect/core/Build"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Pipeline from "@nunu-effect/pipelines/Pipeline"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Connection from "../Connection.ts"
import * as DetachedStart from "../DetachedStart.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import * as JudgedResult from "../JudgedResult.ts"
import type { CommandResult } from "../Output.ts"
import { Output } from "../Output.ts"
import { gateText } from "../ResultText.ts"
import * as RunListener from "../RunListener.ts"
import { Screen } from "../Screen.ts"
import { nunu } from "../SharedFlags.ts"
import type { JudgeFlagValues } from "./JudgeFlags.ts"
import { judgeFlags, together, toRequestAndJudging } from "./JudgeFlags.ts"
import { dryRunFlag, startFlags } from "./RunFlags.ts"
import { splitTags, stateFlags } from "./UploadFlags.ts"
import { onInterruptFlag, waitFlags } from "./WaitFlags.ts"

export const run = Command.make(
  "run",
  {
    ...dryRunFlag,
    ...stateFlags,
    ...startFlags,
    build: Flag.String("build").pipe(
      Flag.withSchema(BuildId),
      Flag.withMetavar("ID"),
      Flag.withDescription("Build to run it on (default: what the deployment config names)"),
      Flag.optional
    ),
    tags: Flag.String("tags").pipe(
      Flag.withMetavar("A,B"),
      Flag.withDescription("Tags of the run, comma separated"),
      Flag.optional
    ),
    detach: Flag.Boolean("detach").pipe(
      Flag.withDescription("Do not wait: print the ids of the jobs, for nunu wait and nunu stop, and end with 0"),
      Flag.withDefault(false)
    ),
    ...waitFlags,
    ...onInterruptFlag("stop"),
    ...judgeFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const check = Effect.gen(function*() {
      const judged = yield* Effect.result(toRequestAndJudging(flags, shared.emulator))
      const detaching = detachFault(flags, shared.emulator)
      if (Result.isFailure(judged) || Result.isFailure(detaching)) return yield* together([judged, detaching])
      const { request, ...rest } = judged.success
      const tags = Option.match(flags.tags, { onNone: () => [], onSome: splitTags })
      return {
        ...rest,
        request: {
          ...request,
          ...(Option.isSome(flags.build) ? { buildId: flags.build.value } : {}),
          ...(tags.length === 0 ? {} : { additionalTags: tags })
        } satisfies StartRunRequest
      }
    })
    type Checked = Effect.Success<typeof check>
    const dryRun = Effect.map(check, ({ judging, request }): CommandResult<"run"> => {
      const { instructions, multiplayerTestId, testPlanId } = request
      const what = testPlanId !== undefined
        ? `plan ${testPlanId}`
        : multiplayerTestId !== undefined
        ? `test ${multiplayerTestId}`
        : `"${instructions}"`
      return {
        exitCode: ExitCode.ok,
        text: () =>
          `${Format.remote(what)}, ready to be run on ${Format.remote(request.deploymentConfigId)}` +
          (flags.detach ? "" : `; ${gateText(judging.gate)}`),
        fields: { dryRun: true }
      }
    })
    const starting = Effect.fnUntraced(function*({ request }: Checked) {
      const { onEvent } = yield* RunListener.make(flags.onInterrupt)
      const screen = yield* Screen
      const started = yield* DetachedStart.start(request, {
        onInterrupt: flags.onInterrupt,
        onEvent,
        record: ({ jobIds, tag }) => output.note({ jobIds, tag })
      })
      yield* output.event({ _tag: "Started", started })
      const { jobIds, tag } = started
      const ids = Format.remote(jobIds.join(" "))
      yield* screen.print(screen.style("dim", `Its verdict: nunu wait ${ids}. To end it: nunu stop ${ids}`))
      return {
        exitCode: ExitCode.ok,
        text: () => jobIds.map((jobId) => `Job ID: ${Format.remote(jobId)}`).join("\n"),
        fields: { detached: true as const, jobIds, tag }
      }
    })
    const waiting = Effect.fnUntraced(function*({ judging, request, timeout }: Checked) {
      const { onEvent } = yield* RunListener.make(flags.onInterrupt)
      yield* JudgedResult.begin(judging, shared, request)
      const result = yield* Pipeline.runAwaitBugs(request, {
        onUndecided: yield* JudgedResult.undecided(judging),
        gate: judging.gate,
        baseline: judging.baseline,
        timeout,
        onInterrupt: flags.onInterrupt,
        onEvent
      })
      return yield* JudgedResult.report(judging, result)
    })
    const connected = <E, R>(program: (checked: Checked) => Effect.Effect<CommandResult<"run">, E, R>) =>
      Effect.flatMap(
        check,
        (checked) =>
          Effect.scoped(Effect.provide(program(checked), Connection.layer({ ...shared, stateDir: flags.stateDir })))
      )
    yield* output.run(
      "run",
      shared.output,
      flags.dryRun ? dryRun : flags.detach ? connected(starting) : connected(waiting)
    )
  })
).pipe(
  Command.withDescription(
    "Run a test, wait, collect the bugs and give a verdict; or, with --detach, only start it.\n\n" +
      "Exit code 0: passed. 1: the gate failed. Others: could not tell; see the documentation."
  ),
  Command.withExamples([
    {
      command: "nunu run --test TEST_ID --deployment DEPLOYMENT_ID --build BUILD_ID --report report.html",
      description: "Test a build that was uploaded before"
    },
    {
      command: "nunu run --instructions \"Finish the tutorial\" --deployment DEPLOYMENT_ID --fail-on critical",
      description: "A one-off test in plain words"
    },
    {
      command: "nunu run --plan PLAN_ID --deployment DEPLOYMENT_ID --detach --output json",
      description: "Start a plan, and read the ids of its jobs"
    },
    { command: "nunu run --emulator", description: "See it without an account" }
  ])
)

/** Who does not wait has no verdict, and so nothing that it is measured by or written to. */
const detachFault = (
  { baseline, detach, failOn, gate, github, report }: JudgeFlagValues & { readonly detach: boolean },
  emulator: boolean
): Result.Result<void, ConfigurationError> => {
  const given = [
    ...(failOn.length > 0 ? ["--fail-on"] : []),
    ...(Option.isSome(gate) ? ["--gate"] : []),
    ...(Option.isSome(baseline) ? ["--baseline"] : []),
    ...(report.length > 0 ? ["--report"] : []),
    ...(github ? ["--github"] : [])
  ]
  const faults = [
    ...(given.length > 0 ? [`it comes to no verdict: give ${given.join(", ")} to nunu wait`] : []),
    ...(emulator ? ["the emulator, and all that runs on it, ends with this command"] : [])
  ]
  return detach && faults.length > 0
    ? Result.fail(new ConfigurationError({ message: `Cannot use --detach: ${faults.join("; ")}` }))
    : Result.void
}
