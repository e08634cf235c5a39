/** `nunu release FILE`: upload, run, await, collect, judge. */
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { ReleaseResult } from "@nunu-effect/pipelines/Pipeline"
import * as Pipeline from "@nunu-effect/pipelines/Pipeline"
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import { jobsOf } from "@nunu-effect/pipelines/PipelineResult"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import { Output } from "../Output.ts"
import { releaseText } from "../ReleaseText.ts"
import * as RunView from "../RunView.ts"
import type { Style } from "../Screen.ts"
import { nunu } from "../SharedFlags.ts"
import * as UploadView from "../UploadView.ts"
import { runFlags, toRequestAndGate } from "./RunFlags.ts"
import { checkUploadFlags, collectDetails, splitTags, toUploadOptions, uploadFlags } from "./UploadFlags.ts"

export const release = Command.make(
  "release",
  {
    file: Argument.String("file").pipe(Argument.withDescription("Build to release")),
    ...uploadFlags,
    ...runFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const program = Effect.scoped(Effect.gen(function*() {
      yield* checkUploadFlags(flags)
      const { gate, request } = yield* toRequestAndGate(flags, shared.emulator)
      const source = yield* Effect.mapError(
        UploadSource.fromFile(flags.file),
        (reason) => new PipelineError({ reason: new UploadError({ reason }) })
      )
      const tags = Option.match(flags.tags, { onNone: () => [], onSome: splitTags })
      const showUpload = yield* UploadView.make(source.name)
      const showRun = yield* RunView.make(flags.onInterrupt)
      const report = yield* Pipeline.uploadRunAwaitBugs(source, {
        run: { ...request, ...(tags.length === 0 ? {} : { additionalTags: tags }) } satisfies Omit<
          StartRunRequest,
          "buildId"
        >,
        upload: {
          ...toUploadOptions(flags, yield* Connection.ProjectId),
          ...(yield* collectDetails(flags)),
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
        gate,
        timeout: Duration.minutes(flags.timeout),
        onInterrupt: flags.onInterrupt
      })
      return {
        exitCode: exitCodeOf(report),
        text: (style: Style) => releaseText(report, gate, style),
        fields: {
          verdict: report.verdict,
          buildId: report.build.buildId,
          receipt: report.build.receipt,
          tag: report.trials[0]?.started?.tag ?? null,
          jobs: jobsOf(report)
        }
      }
    }))
    yield* output.run("release", shared.output, Effect.provide(program, Connection.layer(shared)))
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
      command: "nunu release game.apk --plan PLAN_ID --deployment DEPLOYMENT_ID --on-interrupt detach",
      description: "Leave the runs alone when the CI job is cancelled"
    },
    { command: "nunu release game.apk --emulator", description: "See the whole way without an account" }
  ])
)

const exitCodeOf = ({ verdict }: ReleaseResult): number =>
  verdict._tag === "Passed"
    ? ExitCode.ok
    : verdict._tag === "Failed"
    ? ExitCode.gateFailed
    : ExitCode.infrastructure
