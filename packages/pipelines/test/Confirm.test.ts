import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import type { RunScript } from "@nunu-effect/emulator/RunTimeline"
import { Effect, Exit } from "effect"
import { confirm } from "../src/Confirm.ts"
import type { PipelineEvent } from "../src/Pipeline.ts"
import * as Emulated from "./support/Emulated.ts"
import { attempt, bug, job, pageOf, run, runId, startedJobs, startRequest } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { isInterrupted, pass, passToEnd, toEnd } from "./support/TestTime.ts"

const a = Emulated.scriptedBug(1, "high")
const b = Emulated.scriptedBug(2, "high")
const harmless = Emulated.scriptedBug(3, "low")

/** An emulator whose runs find so many bugs, one list for each run. */
const finding = (...runs: ReadonlyArray<RunScript["bugs"]>) =>
  Emulated.layer({ script: (number) => Emulated.script({ bugs: runs[number] ?? [] }) })

const confirming = (needed: number, of: number) => passToEnd(confirm(startRequest, { needed, of }))

const seenOf = (result: Effect.Success<ReturnType<typeof confirming>>) =>
  Object.fromEntries(result.confirmation?.seen ?? [])

/** Confirms on a stub whose trials, from 0, see the bug or not. */
const confirmOn = (isSeen: (trial: number) => boolean, needed: number, of: number) => {
  let started = 0
  const nunu = stub({
    start: () => Effect.sync(() => startedJobs(started++)),
    job: (id) =>
      Effect.succeed(job({ jobId: id, status: "COMPLETED", runs: [attempt({ runId: runId(Number(id.slice(4))) })] })),
    run: (id) => Effect.succeed(run({ runId: id })),
    bugs: (id) => Effect.succeed(pageOf(isSeen(Number(id.slice(4))) ? [bug({ severity: "high" })] : []))
  })
  return confirm(startRequest, { needed, of }).pipe(Effect.provide(nunu.layer))
}

describe("confirm", () => {
  it.effect("fails when a bug was seen often enough, and then does not run again", () =>
    Effect.gen(function*() {
      const result = yield* confirming(2, 5)
      assert(result.verdict._tag === "Failed")
      assert.deepStrictEqual(
        result.verdict.findings.map((finding) => finding._tag === "BugOverThreshold" ? String(finding.bug.bugId) : ""),
        [a.bugId]
      )
      assert.strictEqual(result.trials.length, 3)
      assert.deepInclude(result.confirmation, { needed: 2, of: 5 })
      assert.deepStrictEqual(seenOf(result), { [a.bugId]: 2, [b.bugId]: 1 })
      assert.strictEqual((yield* (yield* Emulator).jobs).length, 3)
    }).pipe(Effect.provide(finding([a], [b], [a], [a]))))

  it.effect("passes when no bug was seen often enough, and tells which were seen", () =>
    Effect.gen(function*() {
      const result = yield* confirming(2, 3)
      assert.strictEqual(result.verdict._tag, "Passed")
      assert.strictEqual(result.trials.length, 3)
      assert.deepStrictEqual(seenOf(result), { [a.bugId]: 1, [b.bugId]: 1 })
    }).pipe(Effect.provide(finding([a], [b], []))))

  it.effect("ends when no bug can be seen often enough any more", () =>
    Effect.gen(function*() {
      const result = yield* confirming(3, 4)
      assert.strictEqual(result.verdict._tag, "Passed")
      assert.strictEqual(result.trials.length, 2)
    }).pipe(Effect.provide(finding([], [], [a], [a]))))

  it.effect("counts a bug once for each trial, and none that the gate lets through", () =>
    Effect.gen(function*() {
      const result = yield* confirming(2, 3)
      assert.strictEqual(result.verdict._tag, "Passed")
      assert.deepStrictEqual(seenOf(result), { [a.bugId]: 1, [harmless.bugId]: 2 })
    }).pipe(Effect.provide(finding([a, { ...a, afterSeconds: 4 }, harmless], [harmless], []))))

  it.effect("fails at once when a run did not succeed: that is no bug", () =>
    Effect.gen(function*() {
      const result = yield* confirming(2, 3)
      assert.strictEqual(result.verdict._tag, "Failed")
      assert.strictEqual(result.trials.length, 1)
    }).pipe(Effect.provide(Emulated.layer({ script: () => Emulated.script({ result: "FAILED" }) }))))

  it.effect("never passes with a run whose result is not known, but may fail", () =>
    Effect.gen(function*() {
      const result = yield* confirming(2, 3)
      assert.strictEqual(result.verdict._tag, "Inconclusive")
      assert.strictEqual(result.trials.length, 2)
    }).pipe(Effect.provide(Emulated.layer({
      script: (number) => Emulated.script({ result: number === 0 ? "SUCCESS" : "WHO_KNOWS" })
    }))))

  it.effect("fails with the first trial, and tells of a later one that fails", () =>
    Effect.gen(function*() {
      const events: Array<PipelineEvent> = []
      const program = confirm(startRequest, {
        needed: 2,
        of: 3,
        timeout: "3 minutes",
        onEvent: (event) => Effect.sync(() => events.push(event))
      })
      const result = yield* passToEnd(program)
      assert.strictEqual(result.verdict._tag, "Inconclusive")
      assert.deepStrictEqual(result.trials.map(({ error }) => error?.reason._tag ?? null), [null, "WaitTimedOut"])
      assert.strictEqual(events.filter(({ _tag }) => _tag === "TrialEnded").length, 2)
      assert.deepStrictEqual(yield* Emulated.running, [])
      const failed = yield* Effect.exit(passToEnd(program))
      assert.isTrue(Exit.isFailure(failed))
    }).pipe(Effect.provide(Emulated.layer({
      script: (number) => Emulated.script({ players: [[{ goal: "Play", seconds: number === 0 ? 30 : 7200 }]] })
    }))))

  it.effect.each([[0, 3], [2, 1], [1.5, 3], [1, 2.5], [Number.NaN, 1]] as const)(
    "does not begin with %d of %d",
    ([needed, of]) =>
      Effect.gen(function*() {
        const { reason } = yield* Effect.flip(confirm(startRequest, { needed, of }))
        assert.strictEqual(reason._tag, "InvalidOptions")
        assert.deepStrictEqual(yield* (yield* Emulator).requests, [])
      }).pipe(Effect.provide(finding()))
  )

  it.effect("gives the verdict that all trials would have given, with as few as can tell: all cases of five", () =>
    Effect.gen(function*() {
      for (let mask = 0; mask < 32; mask++) {
        for (let needed = 1; needed <= 5; needed++) {
          const isSeen = (trial: number) => (mask >> trial) % 2 === 1
          const result = yield* toEnd(confirmOn(isSeen, needed, 5))
          const where = `${mask.toString(2)}, ${needed} needed`
          const seenUntil = (trial: number) => [0, 1, 2, 3, 4].filter((other) => other <= trial && isSeen(other)).length
          assert.strictEqual(result.verdict._tag, seenUntil(4) >= needed ? "Failed" : "Passed", where)
          const last = [0, 1, 2, 3, 4].find((trial) =>
            seenUntil(trial) >= needed || seenUntil(trial) + 4 - trial < needed
          )
          assert.strictEqual(result.trials.length, (last ?? NaN) + 1, where)
        }
      }
    }))

  it.effect("interrupted, leaves nothing that runs", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(confirm(startRequest, { needed: 2, of: 3 }))
      yield* Effect.forkChild(Effect.delay(Effect.sync(() => fiber.interruptUnsafe()), "80 seconds"))
      assert.isTrue(isInterrupted(yield* pass(fiber)))
      assert.strictEqual((yield* (yield* Emulator).jobs).length, 2)
      assert.deepStrictEqual(yield* Emulated.running, [])
    }).pipe(Effect.provide(finding())))
})
