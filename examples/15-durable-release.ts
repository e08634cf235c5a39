/**
 * A release that survives its process: kill `node examples/15-durable-release.ts FILE` at any instant, start it again, and
 * it goes on, with one upload, one run and one verdict. Without a key, have an emulator outlive it: `nunu emulate`.
 */
import { NodeRuntime } from "@effect/platform-node"
import * as DurableEngine from "@nunu-effect/pipelines/durable/DurableEngine"
import { ReleaseId, type ReleaseRequest } from "@nunu-effect/pipelines/durable/Release"
import * as ReleaseWorkflow from "@nunu-effect/pipelines/durable/ReleaseWorkflow"
import { UploadNode } from "@nunu-effect/upload"
import { Console, Effect, Layer } from "effect"
import { Live } from "./Live.ts"

/** The same id is the same release, however often it is asked for. */
export const requestOf = (path: string): ReleaseRequest => ({
  version: 1,
  releaseId: ReleaseId.make("1.4.0"),
  source: { _tag: "File", path },
  run: { multiplayerTestId: "your-test-id", deploymentConfigId: "your-deployment-id" },
  timeoutSeconds: 6 * 3600
})

/** One folder for the store of releases and the ledger of uploads: everything that the next process has to know. */
export const durable = (folder: string) =>
  ReleaseWorkflow.layer.pipe(
    Layer.provideMerge(DurableEngine.layerSqlite(`${folder}/releases.db`)),
    Layer.provide(UploadNode.layerLedger(folder))
  )

export const example = (path: string, folder: string) =>
  ReleaseWorkflow.execute(requestOf(path)).pipe(
    Effect.tap(({ status, summary }) => Console.log(`${status}: ${summary}`)),
    Effect.provide(durable(folder))
  )

if (import.meta.main) {
  const [path = "game.apk", folder = "releases"] = process.argv.slice(2)
  example(path, folder).pipe(Effect.provide(Live), NodeRuntime.runMain)
}
