/** Releases on the memory engine against an emulator in process, under `TestClock`. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { BuildId } from "@nunu-effect/core/Build"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import type { Options } from "@nunu-effect/emulator/EmulatorState"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import { Duration, Effect, Exit, FileSystem, Layer, Option, Path, Scope } from "effect"
import * as DurableEngine from "../../../src/durable/DurableEngine.ts"
import { ReleaseId, type ReleaseRequest, type ReleaseStatus } from "../../../src/durable/Release.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../../src/durable/ReleaseWorkflow.ts"
import * as Emulated from "../../support/Emulated.ts"
import { pass } from "../../support/TestTime.ts"

/** The engine in memory, the workflow on it, and an emulator. */
export const layer = (options: Options = {}, network?: Emulated.Network) =>
  ReleaseWorkflow.layer.pipe(
    Layer.provideMerge(DurableEngine.layerMemory),
    Layer.provideMerge(UploadLedger.layerMemory),
    Layer.provideMerge(Emulated.layer({ partSize: 1000, ...options }, network)),
    Layer.provideMerge(NodeServices.layer),
    Layer.provideMerge(patient)
  )

/** Runs a program on a layer, and closes that while time passes: what goes away may wait for a moment. */
export const closing = Effect.fnUntraced(function*<A, E, R, ROut, RIn>(
  program: Effect.Effect<A, E, R>,
  layer: Layer.Layer<ROut, never, RIn>
) {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(layer, scope)
  const value = yield* Effect.provide(program, context)
  yield* Effect.flatMap(Effect.forkChild(Scope.close(scope, Exit.void)), (fiber) => pass(fiber))
  return value
})

/** On a busy machine the clock runs ahead: no attempt is too slow. */
export const patient = Layer.succeed(RetryPolicy.RetryPolicy, {
  ...RetryPolicy.defaultPolicy,
  attemptTimeout: Duration.hours(1)
})

/** A file of 2,500 bytes, in a folder of its own. */
export const file = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-durable-" })
  const file = path.join(folder, "bridge.apk")
  yield* fs.writeFile(file, Uint8Array.from({ length: 2500 }, (_, index) => index % 251))
  return file
})

/** A release of a file; of a build that is there where `path` is null. */
export const requestOf = (path: string | null, more: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
  version: 1,
  releaseId: ReleaseId.make("release-1"),
  source: path === null ? { _tag: "Build", buildId: BuildId.make("build-1") } : { _tag: "File", path },
  run: { multiplayerTestId: "test-1", deploymentConfigId: "deployment-1" },
  ...more
})

/** Lets time pass until a release has a status that is wanted; gives its record. */
export const until = Effect.fnUntraced(function*(
  wanted: ReleaseStatus | ((status: ReleaseStatus) => boolean),
  releaseId = "release-1"
) {
  const log = yield* ReleaseLog
  const isWanted = typeof wanted === "function" ? wanted : (status: ReleaseStatus) => status === wanted
  const look = log.get(releaseId).pipe(
    Effect.map((record) => record._tag === "Some" && isWanted(record.value.status) ? record.value : null)
  )
  const fiber = yield* Effect.forkChild(Effect.gen(function*() {
    while (true) {
      const record = yield* look
      if (record !== null) return record
      const { outcome = null } = Option.getOrNull(yield* log.get(releaseId)) ?? {}
      if (outcome !== null) return yield* Effect.die(new Error(`${releaseId} is ${outcome.status}: ${outcome.summary}`))
      yield* Effect.sleep("1 second")
    }
  }))
  return yield* Effect.flatten(pass(fiber))
})

/** The events of a release, by their names; what repeats stands once. */
export const words = Effect.fnUntraced(function*(releaseId = "release-1") {
  const log = yield* ReleaseLog
  const names = (yield* log.events({ releaseId })).map(({ event }) => event._tag)
  return names.filter((name, index) => name !== names[index - 1])
})

/** What is on the remote side: completed builds, jobs, and what a client did wrong. */
export const remote = Effect.gen(function*() {
  const emulator = yield* Emulator
  return {
    builds: yield* emulator.builds,
    jobs: yield* emulator.jobs,
    violations: yield* emulator.violations,
    open: yield* Emulated.openUploads,
    running: yield* Emulated.running
  }
})
