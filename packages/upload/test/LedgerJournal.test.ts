import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FileSystem, type Scope } from "effect"
import * as Journal from "../src/LedgerJournal.ts"
import * as FaultyFiles from "./support/FaultyFiles.ts"

/** A journal in a file that goes with the scope, and everything that was done to the file. */
const journal = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "nunu-journal-" })}/lines`
  yield* fs.writeFileString(file, "head\n")
  const faults = FaultyFiles.make()
  const opened = yield* Effect.provideService(
    Journal.open(file),
    FileSystem.FileSystem,
    FaultyFiles.faulty(fs, faults)
  )
  return { ...opened, faults, text: fs.readFileString(file) }
})

const inScope = <A, E>(body: Effect.Effect<A, E, FileSystem.FileSystem | Scope.Scope>) =>
  Effect.provide(Effect.scoped(body), NodeServices.layer)

describe("a journal", () => {
  it.effect("has a line on disk when its append is over, and keeps their order", () =>
    inScope(Effect.gen(function*() {
      const { append, faults, text } = yield* journal
      for (const line of ["a\n", "b\n", "c\n"]) {
        yield* append(line)
        assert.strictEqual(faults.log.at(-1), "sync")
        assert.isTrue((yield* text).endsWith(line))
      }
      assert.strictEqual(yield* text, "head\na\nb\nc\n")
    })))

  it.effect("writes lines that come together in one go: 1,000 of them cost few syncs", () =>
    inScope(Effect.gen(function*() {
      const { append, faults, text } = yield* journal
      yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => `${index}\n`),
        append,
        { concurrency: "unbounded" }
      )
      assert.isAtMost(faults.log.filter((operation) => operation === "sync").length, 3)
      const lines = (yield* text).trim().split("\n").slice(1)
      assert.deepStrictEqual(lines.map(Number).toSorted((a, b) => a - b), Array.from({ length: 1000 }, (_, n) => n))
    })))

  it.effect("that failed once stays failed: no line may follow half of another", () =>
    inScope(Effect.gen(function*() {
      const { append, faults, text } = yield* journal
      yield* append("whole line\n")
      faults.decide = (_, operation) => operation === "write" ? "torn" : "done"
      assert.isTrue(Exit.isFailure(yield* Effect.exit(append("half a line\n"))))
      faults.decide = () => "done"
      assert.isTrue(Exit.isFailure(yield* Effect.exit(append("another line\n"))))
      assert.strictEqual(yield* text, "head\nwhole line\nhalf a")
    })))

  it.effect("fails all that went together", () =>
    inScope(Effect.gen(function*() {
      const { append, faults } = yield* journal
      faults.decide = (_, operation) => operation === "sync" ? "fails" : "done"
      const exits = yield* Effect.forEach(["a\n", "b\n", "c\n"], (line) => Effect.exit(append(line)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(exits.map(Exit.isFailure), [true, true, true])
    })))

  it.effect("finishes a line whose upload is interrupted meanwhile", () =>
    inScope(Effect.gen(function*() {
      const { append, text } = yield* journal
      const began = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(Effect.andThen(Deferred.succeed(began, undefined), append("line\n")))
      yield* Deferred.await(began)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.include(["head\n", "head\nline\n"], yield* text)
    })))
})
