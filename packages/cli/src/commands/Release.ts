/** `nunu release FILE`: upload, run, await, collect, judge. */
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { ReleaseResult } from "@nunu-effect/pipelines/Pipeline"
import * as Pipeline from "@nunu-effect/pipelines/Pipeline"
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import { jobsOf } from "@nunu-effect/pipelines/PipelineResult"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as UploadSourceNode from "@nunu-effect/upload/UploadSourceNode"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import { Output } from "../Output.ts"
import { releaseText } from "../ReleaseText.ts"
import * as Reports from "../Reports.ts"
import * as RunView from "../RunView.ts"
import type { Style } from "../Screen.ts"
import { nunu } from "../SharedFlags.ts"
import * as UploadView from "../UploadView.ts"
import { judgeFlags, toRequestAndJudging } from "./JudgeFlags.ts"
import { runFlags } from "./RunFlags.ts"
import { checkUploadFlags, collectDetails, splitTags, toUploadOptions, uploadFlags } from "./UploadFlags.ts"

export const release = Command.make(
  "release",
  {
    file: Argument.String("file").pipe(Argument.withDescription("Build to release")),
    ...uploadFlags,
    ...runFlags,
    ...judgeFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.scoped(Effect.gen(function*() {
      yield* checkUploadFlags(flags)
      const { judging, request } = yield* toRequestAndJudging(flags, shared.emulator)
      const source = yield* Effect.mapError(
        UploadSourceNode.fromFile(flags.file),
        (reason) => new PipelineError({ reason: new UploadError({ reason }) })
      )
      const tags = Option.match(flags.tags, { onNone: () => [], onSome: splitTags })
      const showUpload = yield* UploadView.make(source.name)
      const showRun = yield* RunView.make(flags.onInterrupt)
      yield* Reports.removeOld(judging)
      const result = yield* Pipeline.uploadRunAwaitBugs(source, {
        run: { ...request, ...(tags.length === 0 ? {} : { additionalTags: tags }) } satisfies Omit<
          StartRunRequest,
          "buildId"
        >,
        upload: {
          ...toUploadOptions(flags, yield* Connection.ProjectId),
          ...(yield* collectDetails(flags)),
          onInterrupt: flags.onInterrupt === "detach" ? "keep" : "abort",
          onEvent: (event) =>
            Effect.gen(function*() {
              if (event._tag === "Initiated") yield* output.note({ buildId: event.buildId })
              if (event._tag !== "BytesSent") yield* output.event({ file: source.name, ...event })
              yield* showUpload(event)
            })
        },
        onEvent: (event) =>
          Effect.gen(function*() {
            if (event._tag === "Started") yield* output.note({ jobIds: event.started.jobIds, tag: event.started.tag })
            yield* output.event({ ...event })
            yield* showRun(event)
          }),
        gate: judging.gate,
        baseline: judging.baseline,
        timeout: Duration.minutes(flags.timeout),
        onInterrupt: flags.onInterrupt
      })
      const reports = yield* Reports.write(judging, result)
      return {
        exitCode: exitCodeOf(result, reports),
        text: (style: Style) => releaseText(result, reports, style),
        fields: {
          verdict: result.verdict,
          buildId: result.build.buildId,
          receipt: result.build.receipt,
          tag: result.trials[0]?.started?.tag ?? null,
          jobs: jobsOf(result),
          reports
        }
      }
    }))
    yield* output.run(
      "release",
      shared.output,
      Effect.provide(program, Connection.layer({ ...shared, stateDir: flags.stateDir }))
    )
  })
).pipe(
  Command.withDescription(
    "Upload a build, run a test on it, wait, collect the bugs and give a verdict.\n\n" +
      "Exit code 0: passed. 1: the gate failed. Others: could not tell; see the documentation."
  ),
  Command.withShortDescription("Upload, test and judge a build"),
  Command.withExamples([
    {
      command: "nunu release game.apk --test TEST_ID --deployment DEPLOYMENT_ID --fail-on high",
      description: "Fail on bugs of severity high and critical"
    },
    {
      command: "nunu release game.apk --test TEST_ID --deployment DEPLOYMENT_ID --baseline nunu.baseline.json " +
        "--report report.html --report report.xml",
      description: "Let known bugs pass, and write a page for people and a file for the CI system"
    },
    {
      command: "nunu release game.apk --plan PLAN_ID --deployment DEPLOYMENT_ID --on-interrupt detach",
      description: "Leave the runs alone when the CI job is cancelled"
    },
    { command: "nunu release game.apk --emulator", description: "See the whole way without an account" }
  ])
)

/** A report that is missing makes a pass a failure, as somebody counts on it, and changes no other verdict. */
const exitCodeOf = ({ verdict }: ReleaseResult, reports: ReadonlyArray<Reports.Reported>): number =>
  verdict._tag === "Failed"
    ? ExitCode.gateFailed
    : verdict._tag === "Passed" && reports.every(({ error }) => error === null)
    ? ExitCode.ok
    : ExitCode.infrastructure
