/**
 * Stores that earlier versions have written are gone on with. A store of this version is written by
 * `NUNU_WRITE_STORE=NAME vitest run --project pipelines durable/Upgrade`: when what is written down changes, the store of
 * the version before it is kept beside the others.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Data } from "@nunu-effect/emulator/Scenario"
import { Snapshot } from "@nunu-effect/emulator/Snapshot"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import { Clock, Effect, Exit, Layer, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import * as zlib from "node:zlib"
import * as DurableEngine from "../../src/durable/DurableEngine.ts"
import { ReleaseId, type ReleaseRequest } from "../../src/durable/Release.ts"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import * as Emulated from "../support/Emulated.ts"
import { pass } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"
import * as SqliteReleases from "./support/SqliteReleases.ts"

const stores = path.join(import.meta.dirname, "stores")
const written = process.env["NUNU_WRITE_STORE"]

const world = Emulated.layer({
  data: Schema.decodeSync(Data)({ builds: [{ id: "build-1" }] }),
  script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 600 }]] })
}).pipe(
  Layer.provideMerge(NodeServices.layer),
  Layer.provideMerge(Durable.patient)
)

/** Runs a program on a store, and closes it. */
const onStore = Effect.fnUntraced(function*<A, E, R>(file: string, program: Effect.Effect<A, E, R>) {
  const scope = yield* Scope.make()
  const layer = ReleaseWorkflow.layer.pipe(
    Layer.provideMerge(Layer.fresh(DurableEngine.layerSqlite(file))),
    Layer.provide(UploadLedger.layerNone)
  )
  const context = yield* Layer.buildWithScope(layer, scope)
  const value = yield* Effect.provide(program, context)
  yield* Effect.flatMap(Effect.forkChild(Scope.close(scope, Exit.void)), (fiber) => pass(fiber))
  return value
})

const releaseOf = (name: string, more: Partial<ReleaseRequest> = {}) =>
  Durable.requestOf(null, { releaseId: ReleaseId.make(name), ...more })

describe("a store of an earlier version", () => {
  it.effect.runIf(written !== undefined)("is written", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const file = path.join(yield* SqliteReleases.folder, "releases.db")
      yield* onStore(
        file,
        Effect.gen(function*() {
          const log = yield* ReleaseLog
          const path = yield* Durable.file
          yield* ReleaseWorkflow.begin({ ...Durable.requestOf(path), releaseId: ReleaseId.make("over") })
          yield* Durable.until("passed", "over")
          yield* ReleaseWorkflow.begin({
            ...Durable.requestOf(path, { approval: true, branch: "main" }),
            releaseId: ReleaseId.make("approval")
          })
          yield* Durable.until("awaiting-approval", "approval")
          yield* ReleaseWorkflow.begin(releaseOf("cancelled"))
          yield* Durable.until("waiting", "cancelled")
          yield* ReleaseWorkflow.begin(releaseOf("waiting", { timeoutSeconds: 7200 }))
          yield* Durable.until("waiting", "waiting")
          yield* emulator.weather.add({ kind: "answer", status: 402, when: { method: "POST", path: "/runs" } })
          yield* ReleaseWorkflow.begin(releaseOf("held", {
            gate: { failOn: [{ severity: "low" }] },
            baseline: { version: 1, bugs: [{ bugId: "b", reason: "r", owner: "o", until: "2030-01-01" }] }
          }))
          yield* Durable.until("held", "held")
          yield* log.submit(releaseOf("queued"))
        })
      )
      const folder = path.join(stores, written ?? "")
      fs.mkdirSync(folder, { recursive: true })
      fs.writeFileSync(path.join(folder, "releases.db.gz"), zlib.gzipSync(fs.readFileSync(file)))
      const snapshot = yield* Schema.encodeEffect(Schema.toCodecJson(Snapshot))(yield* emulator.snapshot)
      const at = yield* Clock.currentTimeMillis
      fs.writeFileSync(path.join(folder, "remote.json"), `${JSON.stringify({ at, snapshot })}\n`)
    }).pipe(Effect.provide(world)))

  it.effect.each(fs.existsSync(stores) ? fs.readdirSync(stores) : [])(
    "is gone on with: %s",
    (name) =>
      Effect.gen(function*() {
        const emulator = yield* Emulator
        const file = path.join(yield* SqliteReleases.folder, "releases.db")
        fs.writeFileSync(file, zlib.gunzipSync(fs.readFileSync(path.join(stores, name, "releases.db.gz"))))
        const { at, snapshot } = JSON.parse(fs.readFileSync(path.join(stores, name, "remote.json"), "utf8"))
        yield* emulator.restore(yield* Schema.decodeUnknownEffect(Schema.toCodecJson(Snapshot))(snapshot))
        yield* emulator.weather.clear
        yield* TestClock.adjust(at + 60_000)
        const jobs = (yield* emulator.jobs).length
        yield* onStore(
          file,
          Effect.gen(function*() {
            const log = yield* ReleaseLog
            assert.deepStrictEqual(yield* log.counts, {
              passed: 1,
              "awaiting-approval": 1,
              waiting: 2,
              held: 1,
              queued: 1
            })
            yield* ReleaseWorkflow.approve("approval", { by: "alice", approved: true, comment: "" })
            yield* ReleaseWorkflow.cancel("cancelled", { by: "alice" })
            yield* ReleaseWorkflow.begin(releaseOf("queued"))
            yield* Durable.until("cancelled", "cancelled")
            for (const release of ["approval", "waiting", "held", "queued"]) yield* Durable.until("passed", release)
            const events = yield* log.events()
            for (const release of ["approval", "waiting", "held", "queued"]) {
              const started = events.filter(({ event, releaseId }) => releaseId === release && event._tag === "Started")
              assert.strictEqual(started.length, 1, release)
            }
            const again = yield* ReleaseWorkflow.execute({ ...releaseOf("over") })
            assert.strictEqual(again.status, "passed")
          })
        )
        assert.strictEqual(
          (yield* emulator.jobs).length,
          jobs + 3,
          "approval, held and queued were to be started still"
        )
        assert.deepStrictEqual(yield* emulator.violations, [])
      }).pipe(Effect.provide(world))
  )

  it("is there", () => {
    assert.isAbove(fs.readdirSync(stores).length, 0)
  })
})
