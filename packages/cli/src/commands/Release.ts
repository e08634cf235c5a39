/** `nunu release FILE`: upload, run, await, collect, judge. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Pipeline from "@nunu-effect/pipelines/Pipeline"
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import * as Upload from "@nunu-effect/upload/Upload"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as UploadSourceNode from "@nunu-effect/upload/UploadSourceNode"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import * as JudgedResult from "../JudgedResult.ts"
import type { CommandResult } from "../Output.ts"
import { Output } from "../Output.ts"
import { gateText } from "../ResultText.ts"
import * as RunListener from "../RunListener.ts"
import { nunu } from "../SharedFlags.ts"
import * as UploadView from "../UploadView.ts"
import { judgeFlags, together, toRequestAndJudging } from "./JudgeFlags.ts"
import { dryRunFlag, startFlags } from "./RunFlags.ts"
import { checkUploadFlags, collectDetails, splitTags, toUploadOptions, uploadFlags } from "./UploadFlags.ts"
import { onInterruptFlag, waitFlags } from "./WaitFlags.ts"

export const release = Command.make(
  "release",
  {
    file: Argument.String("file").pipe(Argument.withDescription("Build to release")),
    ...dryRunFlag,
    ...uploadFlags,
    ...startFlags,
    ...waitFlags,
    ...onInterruptFlag("stop"),
    ...judgeFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = yield* nunu
    const output = yield* Output
    const check = Effect.gen(function*() {
      const uploading = yield* Effect.result(checkUploadFlags(flags))
      const judged = yield* Effect.result(toRequestAndJudging(flags, shared.emulator))
      const opened = yield* UploadSourceNode.fromFile(flags.file).pipe(
        Effect.mapError((reason) => new UploadError({ reason })),
        Effect.tap((source) => Upload.check(source, toUploadOptions(flags, undefined))),
        Effect.mapError((reason) => new PipelineError({ reason })),
        Effect.result
      )
      if (Result.isFailure(uploading) || Result.isFailure(judged)) {
        const file = Result.mapError(opened, ({ message }) => new ConfigurationError({ message }))
        return yield* together([uploading, judged, file])
      }
      const source = yield* Effect.fromResult(opened)
      return { ...judged.success, source }
    })
    const dryRun = Effect.map(check, ({ judging, source: { name, size } }): CommandResult<"release"> => ({
      exitCode: ExitCode.ok,
      text: () => `${Format.remote(name)}: ${Format.bytes(size)}, ready to be released; ${gateText(judging.gate)}`,
      fields: { dryRun: true, files: [{ file: flags.file, size }] }
    }))
    const releasing = Effect.fnUntraced(function*({ judging, request, source, timeout }: Effect.Success<typeof check>) {
      const tags = Option.match(flags.tags, { onNone: () => [], onSome: splitTags })
      const showUpload = yield* UploadView.make(source.name)
      const { onEvent } = yield* RunListener.make(flags.onInterrupt)
      yield* JudgedResult.begin(judging, shared, request)
      const result = yield* Pipeline.uploadRunAwaitBugs(source, {
        run: { ...request, ...(tags.length === 0 ? {} : { additionalTags: tags }) },
        upload: {
          ...toUploadOptions(flags, yield* Connection.ProjectId),
          ...(yield* collectDetails(flags)),
          onInterrupt: flags.onInterrupt === "detach" ? "keep" : "abort",
          onEvent: (event) =>
            Effect.gen(function*() {
              if (event._tag === "Initiated") yield* output.note({ buildId: event.buildId })
              if (event._tag !== "BytesSent") yield* output.event({ file: flags.file, ...event })
              yield* showUpload(event)
            })
        },
        onEvent,
        onUndecided: yield* JudgedResult.undecided(judging),
        gate: judging.gate,
        baseline: judging.baseline,
        timeout,
        onInterrupt: flags.onInterrupt
      })
      return yield* JudgedResult.report(judging, result)
    })
    const layer = Connection.layer({ ...shared, stateDir: flags.stateDir })
    yield* output.run(
      "release",
      shared.output,
      flags.dryRun
        ? dryRun
        : Effect.flatMap(check, (checked) => Effect.scoped(Effect.provide(releasing(checked), layer)))
    )
  })
).pipe(
  Command.withDescription(
    "Upload a build, run a test on it, wait, collect the bugs and give a verdict.\n\n" +
      "Exit code 0: passed. 1: the gate failed. Others: could not tell; see the documentation."
  ),
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
