import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Processes } from "@nunu-effect/upload/LedgerOwner"
import { Effect, Exit, Fiber, FileSystem, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { awaitBugs, runAwaitBugs, type RunOptions } from "../src/Pipeline.ts"
import * as RunCleanup from "../src/RunCleanup.ts"
import * as RunLedger from "../src/RunLedger.ts"
import { startRun } from "../src/StartRun.ts"
import { runTrial } from "../src/Trial.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { startRequest } from "./support/Fixtures.ts"
import { pass, passToEnd } from "./support/TestTime.ts"

type Services = Emulator | Nunu | FileSystem.FileSystem | Scope.Scope

/** A ledger in a folder as a process of that number has it; only it lives. */
const ledgerOf = (folder: string, pid = 1) =>
  RunLedger.layerFileSystem(folder).pipe(
    Layer.provide(Layer.succeed(
      Processes,
      Processes.of({
        self: { pid, host: "here", began: null },
        lives: (owner) => Effect.succeed(owner.pid === pid)
      })
    )),
    Layer.provide(NodeServices.layer)
  )

/** Gives a body a folder, an emulator of long runs, and a ledger there; `killed` is the same ledger when its process is dead. */
const inFolder = <E>(
  body: (folder: string, killed: Layer.Layer<never>) => Effect.Effect<void, E, Services>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = `${yield* fs.makeTempDirectoryScoped({ prefix: "nunu-runs-" })}/state/runs`
    yield* body(folder, ledgerOf(folder, 2)).pipe(Effect.provide(ledgerOf(folder)))
  }).pipe(
    Effect.scoped,
    Effect.provide([
      NodeServices.layer,
      Layer.fresh(Emulated.layer({ script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 600 }]] }) }))
    ])
  )

const outcomes = Effect.map(
  passToEnd(RunCleanup.cleanup),
  (cleaned) => cleaned.map(({ outcome }) => outcome)
)

/** Starts a program and lets it come to where its run is known. */
const underWay = Effect.fnUntraced(function*(options: RunOptions = {}) {
  const fiber = yield* Effect.forkDetach(runAwaitBugs(startRequest, options))
  while ((yield* RunCleanup.list)[0]?.jobIds.length !== 1) yield* TestClock.withLive(Effect.sleep("1 millis"))
  return fiber
})

const interrupted = Effect.fnUntraced(function*<A, E>(fiber: Fiber.Fiber<A, E>) {
  fiber.interruptUnsafe()
  return yield* pass(fiber, "100 millis")
})

const weatherOf = (path: string, more: { readonly status?: number; readonly executed?: boolean } = {}) => ({
  kind: "answer" as const,
  status: 500,
  times: "always" as const,
  when: { path },
  ...more
})

describe("a run that is written down", () => {
  it.effect("is so before and after it is started, for nobody else to read, and is forgotten when it is over", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const fs = yield* FileSystem.FileSystem
      const nunu = yield* Nunu
      const seen: Array<ReadonlyArray<RunCleanup.LeftRunning>> = []
      const look = Effect.flatMap(Effect.orDie(RunCleanup.list), (list) => Effect.sync(() => seen.push(list)))
      const watching = {
        ...nunu,
        runs: { ...nunu.runs, start: (request: typeof startRequest) => Effect.andThen(look, nunu.runs.start(request)) }
      }
      const { verdict } = yield* passToEnd(
        runAwaitBugs(startRequest, {
          onEvent: (event) =>
            event._tag !== "Started" ? Effect.void : Effect.gen(function*() {
              yield* look
              const [file] = (yield* fs.readDirectory(folder)).filter((name) => name.endsWith(".json"))
              assert.deepStrictEqual((yield* fs.stat(folder)).mode & 0o777, 0o700)
              assert.deepStrictEqual((yield* fs.stat(`${folder}/${file}`)).mode & 0o777, 0o600)
              assert.notInclude(yield* fs.readFileString(`${folder}/${file}`), "nunu_emulator")
            }).pipe(Effect.orDie)
        }).pipe(Effect.provideService(Nunu, watching)),
        "10 seconds"
      )
      assert.strictEqual(verdict._tag, "Passed")
      const owner = { pid: 1, host: "here" }
      assert.deepStrictEqual(seen.map(([left]) => [left?.test, left?.jobIds.length, left?.owner]), [
        ["test-1", 0, owner],
        ["test-1", 1, owner]
      ])
      assert.deepStrictEqual(yield* fs.readDirectory(folder), [])
    })))

  it.effect("is forgotten when it was stopped", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      yield* Effect.flatMap(underWay(), interrupted)
      assert.deepStrictEqual(yield* (yield* FileSystem.FileSystem).readDirectory(folder), [])
    })))

  it.effect("is not one that is to be left alone, whatever becomes of its program", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const { verdict } = yield* passToEnd(runAwaitBugs(startRequest, { onInterrupt: "detach" }), "10 seconds")
      assert.strictEqual(verdict._tag, "Passed")
      assert.isFalse(yield* (yield* FileSystem.FileSystem).exists(folder))
    })))

  it.effect("is forgotten when nothing was started", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const emulator = yield* Emulator
      yield* emulator.weather.add(weatherOf("/runs", { status: 400 }))
      const { error } = yield* passToEnd(runTrial(startRequest))
      assert.strictEqual(error?.reason._tag, "StartFailed")
      assert.deepStrictEqual(yield* (yield* FileSystem.FileSystem).readDirectory(folder), [])
    })))

  it.effect("is not started when it cannot be written down", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(folder.replace(/\/runs$/, ""), { recursive: true })
      yield* fs.writeFileString(folder, "a file")
      const { error } = yield* passToEnd(runTrial(startRequest))
      assert.match(error?.message ?? "", /^Cannot keep the ledger in .*: (EEXIST|ENOTDIR).*--state-dir/)
      assert.deepStrictEqual(yield* (yield* Emulator).jobs, [])
    })))
})

describe("a cleanup of runs", () => {
  it.effect("stops what a killed process has left, and forgets it", () =>
    inFolder(Effect.fnUntraced(function*(folder, killed) {
      yield* underWay()
      assert.strictEqual((yield* Emulated.running).length, 1)
      assert.deepStrictEqual(yield* Effect.provide(outcomes, killed), ["over"])
      assert.deepStrictEqual(yield* Emulated.running, [])
      assert.deepStrictEqual(yield* RunCleanup.list, [])
      assert.deepStrictEqual(yield* (yield* FileSystem.FileSystem).readDirectory(folder), [])
    })))

  it.effect("stops what could not be stopped at the time", () =>
    inFolder(Effect.fnUntraced(function*() {
      const emulator = yield* Emulator
      const fiber = yield* underWay()
      yield* emulator.weather.add(weatherOf("/runs/stop"))
      yield* interrupted(fiber)
      assert.deepStrictEqual(yield* outcomes, ["not-stopped"])
      assert.strictEqual((yield* Emulated.running).length, 1)
      yield* emulator.weather.clear
      assert.deepStrictEqual(yield* outcomes, ["over"])
      assert.deepStrictEqual(yield* Emulated.running, [])
      assert.deepStrictEqual(yield* outcomes, [])
    })))

  it.effect("stops what was waited for as somebody else's, and could not be stopped", () =>
    inFolder(Effect.fnUntraced(function*() {
      const emulator = yield* Emulator
      const { jobIds } = yield* passToEnd(startRun(startRequest))
      yield* emulator.weather.add(weatherOf("/runs/stop"))
      const waiting = awaitBugs(jobIds, { onInterrupt: "stop", timeout: "10 seconds" })
      assert.strictEqual((yield* Effect.flip(passToEnd(waiting))).reason._tag, "WaitTimedOut")
      yield* emulator.weather.clear
      assert.deepStrictEqual((yield* RunCleanup.list).map(({ jobIds }) => jobIds), [jobIds])
      assert.deepStrictEqual(yield* outcomes, ["over"])
      assert.deepStrictEqual(yield* Emulated.running, [])
    })))

  it.effect("finds by its tag what a lost answer has started, and stops it", () =>
    inFolder(Effect.fnUntraced(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({ kind: "lose", when: { method: "POST", path: "/runs" } })
      yield* emulator.weather.add(weatherOf("/jobs"))
      yield* emulator.weather.add({ ...weatherOf("/runs"), when: { method: "GET", path: "/runs" } })
      const { error } = yield* passToEnd(runTrial(startRequest))
      assert.strictEqual(error?.reason._tag, "StartUncertain")
      assert.deepStrictEqual(yield* outcomes, ["not-stopped"])
      yield* emulator.weather.clear
      assert.deepStrictEqual(yield* outcomes, ["over"])
      assert.deepStrictEqual(yield* Emulated.running, [])
    })))

  it.effect("forgets a start that turns out not to have been made, when it had time to appear", () =>
    inFolder(Effect.fnUntraced(function*() {
      const emulator = yield* Emulator
      yield* emulator.weather.add({ kind: "drop", when: { method: "POST", path: "/runs" } })
      const { error } = yield* passToEnd(runTrial(startRequest))
      assert.strictEqual(error?.reason._tag, "StartUncertain")
      assert.deepStrictEqual(yield* outcomes, ["not-started"])
      assert.deepStrictEqual(yield* RunCleanup.list, [])
    })))

  it.effect("leaves alone what a living process waits for, and what is at another API", () =>
    inFolder(Effect.fnUntraced(function*(_, killed) {
      yield* underWay()
      assert.deepStrictEqual(yield* outcomes, ["in-use"])
      const nunu = yield* Nunu
      const other = { ...nunu, target: { ...nunu.target, baseUrl: "https://elsewhere.invalid" } }
      assert.deepStrictEqual(
        yield* outcomes.pipe(Effect.provideService(Nunu, other), Effect.provide(killed)),
        ["elsewhere"]
      )
      assert.strictEqual((yield* Emulated.running).length, 1)
    })))

  it.effect("takes no 404 for an end where another key gets it, and stops what that key knows", () =>
    inFolder(Effect.fnUntraced(function*(_, killed) {
      yield* underWay()
      const nunu = yield* Nunu
      const otherKey = { ...nunu, target: { ...nunu.target, keyMark: "another key" } }
      const otherProject = { ...otherKey, jobs: { ...nunu.jobs, get: () => Effect.fail(Failures.notFound) } }
      const cleanupBy = (service: Nunu["Service"]) =>
        outcomes.pipe(Effect.provideService(Nunu, service), Effect.provide(killed))
      assert.deepStrictEqual(yield* cleanupBy(otherProject), ["other-key"])
      assert.strictEqual((yield* Emulated.running).length, 1)
      assert.deepStrictEqual(yield* cleanupBy(otherKey), ["over"])
      assert.deepStrictEqual(yield* Emulated.running, [])
    })))

  it.effect("names what it cannot read each time, and goes on", () =>
    inFolder(Effect.fnUntraced(function*(folder, killed) {
      const fs = yield* FileSystem.FileSystem
      yield* underWay()
      yield* fs.makeDirectory(`${folder}/a-folder.json`)
      yield* fs.writeFileString(`${folder}/half.json`, "{\"version\":1,")
      assert.deepStrictEqual(yield* Effect.provide(outcomes, killed), ["unreadable", "unreadable", "over"])
      const again = yield* Effect.provide(passToEnd(RunCleanup.cleanup), killed)
      assert.match(again[0]?.left.problem ?? "", /a-folder\.json cannot be read: EISDIR/)
      assert.match(again[1]?.left.problem ?? "", /half\.json cannot be read: it is no record of this version$/)
    })))

  it.effect("finds nothing where nothing was ever written down", () =>
    inFolder(Effect.fnUntraced(function*() {
      assert.deepStrictEqual(yield* outcomes, [])
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(RunCleanup.list)))
    })))
})
