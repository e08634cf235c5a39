import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import type { Storm } from "@nunu-effect/emulator/Storm"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import * as DurableEngine from "../../src/durable/DurableEngine.ts"
import type { ReleaseStatus } from "../../src/durable/Release.ts"
import * as ReleaseStoreSql from "../../src/durable/ReleaseStoreSql.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import * as SqliteClient from "../../src/durable/SqliteClient.ts"
import * as SqliteEngine from "../../src/durable/SqliteEngine.ts"
import * as Emulated from "../support/Emulated.ts"
import { pass } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"
import * as SqliteReleases from "./support/SqliteReleases.ts"

/** An engine on a file that can be closed, as by the end of its process; what it leaves behind is real. */
const engineOn = Effect.fnUntraced(function*(file: string, ledger: Layer.Layer<never>) {
  const scope = yield* Scope.make()
  const layer = ReleaseWorkflow.layer.pipe(
    Layer.provideMerge(Layer.fresh(Layer.provideMerge(ReleaseStoreSql.layer, SqliteEngine.layer(file)))),
    Layer.provide(ledger)
  )
  const context = yield* Layer.buildWithScope(layer, scope)
  return {
    context,
    close: Effect.flatMap(Effect.forkChild(Scope.close(scope, Exit.void)), (fiber) => pass(fiber))
  }
})

/** A ledger that outlives engines. */
const ledger = Effect.map(
  Layer.build(UploadLedger.layerMemory),
  (context) => Layer.succeed(UploadLedger.UploadLedger, Context.get(context, UploadLedger.UploadLedger))
)

const world = (network?: Emulated.Network) =>
  Emulated.layer({ partSize: 1000, script: () => Emulated.script() }, network).pipe(
    Layer.provideMerge(NodeServices.layer),
    Layer.provideMerge(Durable.patient)
  )

const assertOnce = Effect.gen(function*() {
  const { builds, jobs, open, violations } = yield* Durable.remote
  assert.deepStrictEqual([builds.length, jobs.length, open.length, violations.length], [1, 1, 0, 0])
  const emulator = yield* Emulator
  const requests = yield* emulator.requests
  assert.deepStrictEqual(requests.filter(Emulated.isStop), [])
})

describe("an engine on SQLite", () => {
  for (const status of ["uploading", "awaiting-approval", "starting", "waiting", "held", "collecting"] as const) {
    it.effect(`that is closed while a release is ${status} leaves it to the next, and undoes nothing`, () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator
        const folder = yield* SqliteReleases.folder
        const kept = yield* ledger
        const request = Durable.requestOf(yield* Durable.file, { approval: true })
        const weather = weatherFor[status]
        if (weather !== undefined) yield* emulator.weather.add(weather)
        const first = yield* engineOn(path.join(folder, "releases.db"), kept)
        yield* Effect.gen(function*() {
          yield* ReleaseWorkflow.begin(request)
          if (status === "uploading") return yield* Durable.until(status)
          yield* Durable.until("awaiting-approval")
          if (status === "awaiting-approval") return
          yield* ReleaseWorkflow.approve("release-1", { by: "alice", approved: true, comment: "" })
          yield* Durable.until(status)
        }).pipe(Effect.provide(first.context))
        yield* first.close
        yield* emulator.weather.clear
        const second = yield* engineOn(path.join(folder, "releases.db"), kept)
        yield* Effect.gen(function*() {
          if (status === "uploading" || status === "awaiting-approval") {
            yield* Durable.until("awaiting-approval")
            yield* ReleaseWorkflow.approve("release-1", { by: "alice", approved: true, comment: "" })
          }
          const { outcome } = yield* Durable.until("passed")
          assert.deepInclude(outcome, { status: "passed", leftBehind: [] })
        }).pipe(Effect.provide(second.context))
        yield* second.close
        yield* assertOnce
      }).pipe(Effect.provide(world())))
  }

  for (const [what, method, end] of [["build", "POST", "/builds/upload"], ["run", "POST", "/runs"]] as const) {
    it.effect(`that is closed when its request for a ${what} was carried out makes no other`, () => {
      let cut = false
      /** Carries the request out, and keeps the answer for ever. */
      const network: Emulated.Network = (request, answer) => {
        const isIt = request.method === method && request.url.endsWith(end === "/runs" ? end : "/complete")
        if (!isIt || cut) return answer
        cut = true
        return Effect.andThen(answer, Effect.never)
      }
      return Effect.gen(function*() {
        const folder = yield* SqliteReleases.folder
        const request = Durable.requestOf(yield* Durable.file)
        // Each with a ledger of its own, as on two machines: the first one's is not there any more.
        const first = yield* engineOn(path.join(folder, "releases.db"), UploadLedger.layerNone)
        yield* ReleaseWorkflow.begin(request).pipe(Effect.provide(first.context))
        yield* Effect.flatMap(
          Effect.forkChild(Effect.repeat(Effect.sleep("1 second"), { until: () => cut })),
          (fiber) => pass(fiber)
        )
        yield* first.close
        const second = yield* engineOn(path.join(folder, "releases.db"), UploadLedger.layerNone)
        yield* Durable.until("passed").pipe(Effect.provide(second.context))
        yield* second.close
        const { builds, jobs } = yield* Durable.remote
        assert.deepStrictEqual([builds.length, jobs.length], [1, 1])
      }).pipe(Effect.provide(world(network)))
    })
  }
})

describe("a store that cannot be written for five minutes, as on a full disk", () => {
  for (const status of ["uploading", "waiting"] as const) {
    it.effect(`keeps a release that is ${status}, which goes on afterwards`, () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator
        const weather = weatherFor[status]
        if (weather !== undefined) yield* emulator.weather.add(weather)
        const { close, context } = yield* engineOn(
          path.join(yield* SqliteReleases.folder, "releases.db"),
          yield* ledger
        )
        yield* Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file))
          yield* Durable.until(status)
          yield* sql.unsafe("PRAGMA query_only = ON")
          yield* pass(yield* Effect.forkChild(Effect.sleep("5 minutes")), "5 seconds")
          yield* sql.unsafe("PRAGMA query_only = OFF")
          const { outcome } = yield* Durable.until("passed")
          assert.deepStrictEqual(outcome?.leftBehind, [])
        }).pipe(Effect.provide(context))
        yield* close
        yield* assertOnce
      }).pipe(Effect.provide([world(), Logger.layer([])])))
  }
})

const weatherFor: { readonly [Status in ReleaseStatus]?: Storm } = {
  uploading: { kind: "stall", when: { method: "PUT" } },
  starting: { kind: "stall", when: { path: "/jobs" } },
  held: { kind: "answer", status: 402, when: { method: "POST", path: "/runs" } },
  collecting: { kind: "stall", when: { path: "/runs/*/bugs" } }
}

describe("an upload in parts that an engine has left as it was closed", () => {
  const mebi = 1024 ** 2
  const parts = Emulated.layer({ partSize: 50 * mebi, keepBytes: false }).pipe(
    Layer.provideMerge(NodeServices.layer),
    Layer.provideMerge(Durable.patient)
  )

  /** Cancels the release on the next engine, which may have another ledger; gives what is left, as it is told. */
  const cancelled = Effect.fnUntraced(function*(there: Layer.Layer<never>, here: Layer.Layer<never>) {
    const folder = yield* SqliteReleases.folder
    const file = path.join(folder, "bridge.apk")
    fs.closeSync(fs.openSync(file, "w"))
    fs.truncateSync(file, 100 * mebi)
    const first = yield* engineOn(path.join(folder, "releases.db"), there)
    yield* Effect.gen(function*() {
      yield* ReleaseWorkflow.begin(Durable.requestOf(file))
      yield* Durable.until("uploading")
      const begun = Effect.map(Effect.delay(Emulated.openUploads, "1 second"), (open) => open.length > 0)
      yield* Effect.flatMap(Effect.forkChild(Effect.repeat(begun, { until: (is) => is })), (fiber) => pass(fiber))
      yield* TestClock.adjust("1 second")
    }).pipe(Effect.provide(first.context))
    yield* first.close
    const kept = (yield* Emulated.openUploads).length
    const second = yield* engineOn(path.join(folder, "releases.db"), here)
    const { outcome } = yield* Effect.gen(function*() {
      yield* ReleaseWorkflow.cancel("release-1", { by: "alice" })
      return yield* Durable.until("cancelled")
    }).pipe(Effect.provide(second.context))
    yield* second.close
    assert.strictEqual(outcome?.summary, "Cancelled by alice")
    return { kept, left: outcome?.leftBehind, open: (yield* Emulated.openUploads).length }
  })

  it.effect("is there to be gone on with, and given up by the next when the release is cancelled", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const kept = yield* ledger
      assert.deepStrictEqual(yield* cancelled(kept, kept), { kept: 1, left: [], open: 0 })
      assert.strictEqual((yield* emulator.requests).filter(({ method }) => method === "DELETE").length, 1)
    }).pipe(Effect.provide(parts)))

  it.effect("is told by the next on another machine, whose ledger does not know it", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { left, open } = yield* cancelled(yield* ledger, yield* ledger)
      assert.strictEqual(open, 1)
      const [upload] = yield* emulator.uploads
      assert.deepStrictEqual(left, [
        `the upload of build ${upload?.buildId} is not known to the ledger of uploads here: ` +
        "its place is free when it times out"
      ])
    }).pipe(Effect.provide(parts)))

  it.effect("is given up at once where nothing keeps it, and not told", () =>
    Effect.gen(function*() {
      const told = yield* cancelled(UploadLedger.layerNone, UploadLedger.layerNone)
      assert.deepStrictEqual(told, { kept: 0, left: [], open: 0 })
    }).pipe(Effect.provide(parts)))
})

describe("a SQLite file of releases", () => {
  it.live("belongs to one process: another one is told so", () =>
    Effect.gen(function*() {
      const folder = yield* SqliteReleases.folder
      const file = path.join(folder, "releases.db")
      yield* Layer.build(Layer.fresh(SqliteClient.layer(file)))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(SqliteClient.layer(file)))))
      assert.deepInclude({ ...error }, { _tag: "StoreUnavailable", file, reason: "in-use" })
      const settings = JSON.stringify({ apiKey: "key", baseUrl: "http://127.0.0.1:1/api/v1", folder, request: null })
      const program = path.join(import.meta.dirname, "support/SqliteProgram.ts")
      const { stdout } = spawnSync(process.execPath, [program, settings], { encoding: "utf8" })
      assert.strictEqual(
        stdout,
        `StoreUnavailable Cannot open "${file}": another process has it open. ` +
          "Stop that one, or let several work together on Postgres\n"
      )
    }))

  it.live("can be read by its user alone", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* SqliteReleases.folder, "new")
      const file = path.join(folder, "releases.db")
      yield* Layer.build(Layer.fresh(DurableEngine.layerSqlite(file)))
      for (const name of fs.readdirSync(folder)) {
        assert.strictEqual(fs.statSync(path.join(folder, name)).mode & 0o777, 0o600, name)
      }
    }))

  it.live("of a newer version is left alone", () =>
    Effect.gen(function*() {
      const store = Layer.provideMerge(
        ReleaseStoreSql.layer,
        SqliteClient.layer(path.join(yield* SqliteReleases.folder, "releases.db"))
      )
      yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`INSERT INTO nunu_release_migrations (migration_id, name) VALUES (2, 'later')`
      ).pipe(Effect.provide(Layer.fresh(store)))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(store))))
      assert.strictEqual(
        error.message,
        "Cannot read the releases as a newer version has written them: their tables are version 2, and this one knows 1. " +
          "Run the version that wrote them, or a later one"
      )
    }))

  it.live("that is damaged is told as such", () =>
    Effect.gen(function*() {
      const file = path.join(yield* SqliteReleases.folder, "releases.db")
      yield* Effect.scoped(Layer.build(Layer.fresh(DurableEngine.layerSqlite(file))))
      const bytes = fs.readFileSync(file)
      fs.writeFileSync(file, bytes.fill(0xa5, 4096, 8192))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(DurableEngine.layerSqlite(file)))))
      assert.strictEqual(
        error.message,
        `Cannot open "${file}" as a store of releases: database disk image is malformed`
      )
    }))

  it.live("that is something else is told as such", () =>
    Effect.gen(function*() {
      const file = path.join(yield* SqliteReleases.folder, "releases.db")
      fs.writeFileSync(
        file,
        "this is a text, and a long one, as SQLite looks at the first hundred bytes of a file".repeat(3)
      )
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(SqliteClient.layer(file)))))
      assert.strictEqual(error.reason, "unusable")
      assert.strictEqual(error.message, `Cannot open "${file}" as a store of releases: file is not a database`)
    }))
})
