import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, FileSystem, Layer, Scope } from "effect"
import { spawn } from "node:child_process"
import * as path from "node:path"
import * as LedgerLock from "../src/LedgerLock.ts"
import { Processes } from "../src/LedgerOwner.ts"

const folder = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "nunu-lock-" })
)

/** As the process of a number sees it; those in `dead` are. */
const as = (pid: number, dead: ReadonlySet<number> = new Set()) =>
  Layer.succeed(
    Processes,
    Processes.of({ self: { pid, host: "here", began: null }, lives: ({ pid }) => Effect.succeed(!dead.has(pid)) })
  )

const inFolder = <A, E>(
  body: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem | NodeServices.NodeServices | Scope.Scope>
) => Effect.provide(Effect.scoped(Effect.flatMap(folder, body)), NodeServices.layer)

/** Takes the lock as a process; gives who has it, and the scope that releases it. */
const take = Effect.fnUntraced(function*(folder: string, pid: number, dead?: ReadonlySet<number>) {
  const scope = yield* Scope.make()
  const holder = yield* LedgerLock.acquire(folder, "game").pipe(
    Effect.as(pid),
    Effect.catchIf((failure) => failure._tag === "Held", (held) => Effect.succeed(held.lock.pid)),
    Effect.provideService(Scope.Scope, scope),
    Effect.provide(as(pid, dead))
  )
  return { holder, release: Scope.close(scope, Exit.void) }
})

const filesIn = (folder: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(folder))

describe("a lock", () => {
  it.effect("is one process's until it releases it, and leaves nothing then", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const first = yield* take(folder, 1)
      assert.strictEqual(first.holder, 1)
      assert.strictEqual((yield* take(folder, 2)).holder, 1)
      assert.deepStrictEqual(yield* filesIn(folder), ["game.lock-1"])
      yield* first.release
      assert.deepStrictEqual(yield* filesIn(folder), [])
      assert.strictEqual((yield* take(folder, 2)).holder, 2)
    })))

  it.effect("of a dead process is taken over, and its file goes", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      yield* take(folder, 1)
      assert.strictEqual((yield* take(folder, 2, new Set([1]))).holder, 2)
      assert.deepStrictEqual(yield* filesIn(folder), ["game.lock-2"])
    })))

  it.effect("of one record is not that of another whose name begins so", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      yield* take(folder, 1)
      const other = LedgerLock.acquire(folder, "game~1").pipe(Effect.provide(as(2)))
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(other)))
    })))

  it.effect("that cannot be read is nobody's", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${folder}/game.lock-7`, "{\"pid\":")
      assert.strictEqual((yield* take(folder, 2)).holder, 2)
      assert.deepStrictEqual(yield* filesIn(folder), ["game.lock-8"])
    })))

  it.effect("of a dead process is taken over by one of many that try at once", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const dead = new Set([0])
      yield* take(folder, 0)
      for (let round = 1; round <= 30; round++) {
        const pids = [1, 2, 3, 4, 5].map((number) => round * 10 + number)
        const tries = yield* Effect.forEach(pids, (pid) => take(folder, pid, dead), { concurrency: "unbounded" })
        const winners = tries.filter(({ holder }, index) => holder === pids[index])
        assert.strictEqual(winners.length, 1, `round ${round}`)
        const [winner] = winners
        for (const { holder } of tries) assert.strictEqual(holder, winner?.holder, `round ${round}`)
        dead.add(winner?.holder ?? 0)
      }
    })))

  it.effect("is not taken by one that was slow, when its number was free again in between", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      const fs = yield* FileSystem.FileSystem
      const dead = new Set([0])
      yield* take(folder, 0)
      const slow: FileSystem.FileSystem = {
        ...fs,
        link: (from, to) =>
          Effect.gen(function*() {
            const third = yield* take(folder, 3, dead) // takes number 2, and releases it
            assert.strictEqual(third.holder, 3)
            yield* third.release
            assert.strictEqual((yield* take(folder, 4, dead)).holder, 4) // takes number 1
            yield* fs.link(from, to)
          }).pipe(Effect.provide(NodeServices.layer), Effect.orDie)
      }
      const second = yield* take(folder, 2, dead).pipe(Effect.provideService(FileSystem.FileSystem, slow))
      assert.strictEqual(second.holder, 4)
      assert.deepStrictEqual(yield* filesIn(folder), ["game.lock-1"])
    })))

  it.live(
    "of a killed process is taken over by one of several real ones that try at once",
    () =>
      inFolder(Effect.fnUntraced(function*(folder) {
        const fs = yield* FileSystem.FileSystem
        const gone = yield* started(folder, `${folder}-go`)
        yield* fs.writeFileString(`${folder}-go`, "")
        assert.strictEqual(yield* gone.says(2), "got")
        yield* fs.remove(`${folder}-go`)
        const contenders = yield* Effect.forEach([1, 2, 3], () => started(folder, `${folder}-go`), { concurrency: 3 })
        gone.child.kill("SIGKILL")
        yield* Effect.sleep("50 millis")
        yield* fs.writeFileString(`${folder}-go`, "")
        const said = yield* Effect.forEach(contenders, ({ says }) => says(2))
        yield* fs.remove(`${folder}-go`)
        assert.lengthOf(said.filter((line) => line === "got"), 1, said.join(", "))
        const pids = contenders.map(({ child }) => `held by ${child.pid}`)
        for (const line of said.filter((line) => line !== "got")) assert.include(pids, line)
      })),
    30_000
  )
})

/** A process that is ready to try; `says` waits for its n-th line. */
const started = Effect.fnUntraced(function*(folder: string, go: string) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [path.join(import.meta.dirname, "support/LockProgram.ts"), folder, go])),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  let text = ""
  child.stdout.on("data", (chunk) => text += chunk)
  child.stderr.on("data", (chunk) => text += chunk)
  const says = Effect.fnUntraced(function*(number: number) {
    const line = Effect.sync(() => text.split("\n").slice(0, -1)[number - 1])
    while ((yield* line) === undefined) yield* Effect.sleep("5 millis")
    return yield* line
  })
  yield* says(1)
  return { child, says }
})
