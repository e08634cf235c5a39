/** The whole way: a build is uploaded and tested, its bugs are collected, and a verdict is given. */
import { NodeRuntime } from "@effect/platform-node"
import { Pipeline, PipelineResult } from "@nunu-effect/pipelines"
import { UploadSource } from "@nunu-effect/upload"
import { Console, Effect } from "effect"
import { Live } from "./Live.ts"

export const example = Effect.gen(function*() {
  const source = UploadSource.fromBytes("example.apk", new Uint8Array(1_000_000))
  const report = yield* Pipeline.uploadRunAwaitBugs(source, {
    run: { multiplayerTestId: "your-test-id", deploymentConfigId: "your-deployment-id" },
    gate: { failOn: [{ severity: "high" }, { severity: "medium", confidence: "high" }] },
    timeout: "30 minutes", // given up or interrupted, it stops the run
    onEvent: (event) => Console.log(event._tag === "Looked" ? `job is ${event.look.job.status}` : event._tag)
  })
  yield* Console.log(`Verdict: ${report.verdict._tag}`)
  for (const bug of PipelineResult.jobsOf(report).flatMap((job) => job.bugs ?? [])) {
    yield* Console.log(`  ${bug.severity}: ${bug.title}`)
  }
  return report
})

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
