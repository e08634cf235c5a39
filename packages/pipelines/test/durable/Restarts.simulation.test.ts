/**
 * Releases in foul weather whose engine is closed at random moments, by seeds, and every third of which is cancelled:
 * whatever happens, one build, one run that goes on to its end or is stopped, one outcome. `pnpm prove` does many:
 * `NUNU_RESTARTS` says how many, `NUNU_SEED` from which seed on.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import { Context, Effect, Exit, Fiber, Layer, Random, Scope } from "effect"
import * as path from "node:path"
import * as DurableEngine from "../../src/durable/DurableEngine.ts"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import * as Emulated from "../support/Emulated.ts"
import { pass } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"
import * as SqliteReleases from "./support/SqliteReleases.ts"

const releases = Number(process.env["NUNU_RESTARTS"] ?? 3)
const firstSeed = Number(process.env["NUNU_SEED"] ?? 1)

const world = (seed: number) =>
  Emulated.layer({
    partSize: 1000,
    script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 120 }]] }),
    randomWeather: { seed, chance: 0.15 }
  }).pipe(Layer.provideMerge(NodeServices.layer), Layer.provideMerge(Durable.patient))

const simulate = Effect.fnUntraced(function*(seed: number) {
  const emulator = yield* Emulator
  const folder = yield* SqliteReleases.folder
  const request = Durable.requestOf(yield* Durable.file)
  const ledger = Layer.succeed(
    UploadLedger.UploadLedger,
    Context.get(yield* Layer.build(UploadLedger.layerMemory), UploadLedger.UploadLedger)
  )
  let closings = 0
  /** Runs an engine for some seconds, or to the end of the release; gives its outcome. */
  const run = Effect.fnUntraced(function*(seconds: number | null, cancels: boolean) {
    const scope = yield* Scope.make()
    const layer = ReleaseWorkflow.layer.pipe(
      Layer.provideMerge(Layer.fresh(DurableEngine.layerSqlite(path.join(folder, "releases.db")))),
      Layer.provide(ledger)
    )
    const context = yield* Layer.buildWithScope(layer, scope)
    const ended = yield* Effect.forkChild(Effect.provide(ReleaseWorkflow.execute(request), context))
    const cancelling = yield* Effect.forkChild(
      ReleaseWorkflow.cancel("release-1", { by: "alice" }).pipe(
        Effect.delay(`${seconds === null ? 1 : seconds / 2} seconds`),
        Effect.when(Effect.succeed(cancels)),
        Effect.provide(context)
      )
    )
    const limit = yield* Effect.forkChild(seconds === null ? Effect.never : Effect.sleep(`${seconds} seconds`))
    yield* pass(yield* Effect.forkChild(Effect.raceFirst(Fiber.await(ended), Fiber.await(limit))))
    const exit = ended.pollUnsafe()
    yield* Fiber.interruptAll([limit, cancelling])
    yield* pass(yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(ended), Scope.close(scope, Exit.void))))
    if (exit === undefined) closings++
    return exit === undefined ? null : yield* exit
  })
  let outcome = null
  const cancelledIn = seed % 3 === 0 ? yield* Random.nextIntBetween(0, 5) : null
  for (let opening = 0; outcome === null; opening++) {
    outcome = yield* run(opening < 8 ? yield* Random.nextIntBetween(0, 60) : null, opening === cancelledIn)
  }
  yield* emulator.weather.clear
  const events = yield* Effect.gen(function*() {
    const log = yield* ReleaseLog
    return yield* log.events()
  }).pipe(Effect.provide(Layer.fresh(DurableEngine.layerSqlite(path.join(folder, "releases.db")))))
  const jobs = yield* emulator.jobs
  const note = `seed ${seed}, ${closings} closings, ${outcome.status}: ${outcome.summary}; ${
    events.map(({ event }) => event._tag).join()
  }`
  assert.strictEqual(events.filter(({ event }) => event._tag === "Ended").length, 1, note)
  assert.isAtMost((yield* emulator.builds).length, 1, note)
  assert.isAtMost(jobs.filter(({ stoppedAt }) => stoppedAt === null).length, 1, note)
  if (outcome.status === "passed") {
    const played = jobs.filter((job) => job.stoppedAt === null).map((job) => job.jobId)
    assert.deepStrictEqual(outcome.jobIds.map(String), played, note)
  }
  if (outcome.leftBehind.length === 0) assert.deepStrictEqual(yield* Emulated.running, [], note)
  const { leftBehind, status } = outcome
  return { closings, jobs: jobs.length, status, leftBehind }
})

describe("releases in foul weather, their engine closed at random moments", () => {
  const seeds = Array.from({ length: releases }, (_, index) => firstSeed + index)
  it.effect.each(seeds)("seed %d: one build, one run, one verdict", (seed) =>
    Effect.gen(function*() {
      const told = yield* simulate(seed).pipe(Random.withSeed(seed), Effect.provide(world(seed)))
      if (process.env["NUNU_RESTARTS"] !== undefined) process.stdout.write(`${seed}: ${JSON.stringify(told)}\n`)
    }), 60_000)
})
