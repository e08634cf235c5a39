import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { RunScript } from "../src/RunScript.ts"
import * as RunTimeline from "../src/RunTimeline.ts"
import { bug, crossing } from "./support/Scripts.ts"

const at = (seconds: number, stoppedAt: number | null = null) => RunTimeline.at(crossing, seconds * 1000, stoppedAt)

const stepsOf = (seconds: number) =>
  at(seconds).players[0]?.steps.map((step) => [step.state, step.startedAt, step.endedAt])

const bugsOf = (seconds: number) => at(seconds).bugs.map(({ bugId, detectedAt }) => [bugId, detectedAt])

describe("at", () => {
  it.each([
    [0, "QUEUED", null],
    [9.999, "QUEUED", null],
    [10, "STARTING", "INITIALIZING"],
    [14.999, "STARTING", "INITIALIZING"],
    [15, "RUNNING", "RUNNING"],
    [44.999, "RUNNING", "RUNNING"],
    [45, "COMPLETED", "COMPLETED"],
    [1e6, "COMPLETED", "COMPLETED"]
  ])("after %d seconds the job is %s and the run %s", (seconds, jobStatus, runState) => {
    assert.deepStrictEqual([at(seconds).jobStatus, at(seconds).runState], [jobStatus, runState])
  })

  it("has no result and no end before the end", () => {
    assert.deepStrictEqual([at(44.999).result, at(44.999).completedAt], [null, null])
    assert.deepStrictEqual([at(45).result, at(45).completedAt], ["FAILED", 45_000])
    assert.deepStrictEqual(at(1e6).completedAt, 45_000)
  })

  it("starts with the first step, not with the queue", () => {
    assert.isNull(at(14.999).startedAt)
    assert.strictEqual(at(15).startedAt, 15_000)
  })

  it("has players from the end of the queue on", () => {
    assert.deepStrictEqual(at(9).players, [])
    assert.deepStrictEqual(at(12).players.map((player) => player.state), ["PENDING", "PENDING"])
    assert.deepStrictEqual(at(20).players.map((player) => player.state), ["RUNNING", "RUNNING"])
  })

  it("plays the players side by side, each with an end and a result of its own", () => {
    assert.deepStrictEqual(at(30).players.map((player) => [player.state, player.result]), [
      ["RUNNING", null],
      ["COMPLETED", "FAILED"]
    ])
    assert.deepStrictEqual(at(45).players.map((player) => player.result), ["SUCCESS", "FAILED"])
  })

  it("plays the steps of a player one after the other", () => {
    assert.deepStrictEqual(stepsOf(15), [["RUNNING", 15_000, null], ["PENDING", null, null]])
    assert.deepStrictEqual(stepsOf(25), [["COMPLETED", 15_000, 25_000], ["RUNNING", 25_000, null]])
    assert.deepStrictEqual(stepsOf(45), [["COMPLETED", 15_000, 25_000], ["COMPLETED", 25_000, 45_000]])
  })

  it("shows a bug when it is found, also after the end", () => {
    assert.deepStrictEqual(bugsOf(19.999), [])
    assert.deepStrictEqual(bugsOf(20), [["bug_early", 20_000]])
    assert.deepStrictEqual(bugsOf(74.999), [["bug_early", 20_000]])
    assert.deepStrictEqual(bugsOf(75), [["bug_early", 20_000], ["bug_late", 75_000]])
  })
})

describe("at, stopped", () => {
  it("ends where it was stopped", () => {
    const { completedAt, jobStatus, players, result, runState } = at(100, 30_000)
    assert.deepStrictEqual([jobStatus, runState, result, completedAt], ["COMPLETED", "COMPLETED", "STOPPED", 30_000])
    assert.deepStrictEqual(players.map((player) => [player.state, player.result]), [
      ["COMPLETED", "STOPPED"],
      ["COMPLETED", "FAILED"]
    ])
    assert.deepStrictEqual(players[0]?.steps.map((step) => step.state), ["COMPLETED", "PENDING"])
  })

  it("finds no bugs after that", () => {
    assert.deepStrictEqual(at(100, 19_999).bugs, [])
    assert.deepStrictEqual(at(100, 20_000).bugs.length, 1)
  })

  it("has no run when it was stopped in the queue", () => {
    const { completedAt, jobStatus, players, runState } = at(100, 4000)
    assert.deepStrictEqual([jobStatus, runState, completedAt, players], ["COMPLETED", null, 4000, []])
  })

  it("is as if not stopped where the end came first", () => {
    assert.deepStrictEqual(at(100, 45_000), at(100))
  })

  it("is as if not stopped before that", () => {
    assert.deepStrictEqual(at(20, 30_000), at(20))
  })
})

describe("durationSeconds", () => {
  it("counts the queue, the start and the longest player", () => {
    assert.strictEqual(RunTimeline.durationSeconds(crossing), 45)
    assert.strictEqual(RunTimeline.durationSeconds({ ...crossing, players: [] }), 15)
  })
})

describe("a script that says more", () => {
  const script: RunScript = {
    ...crossing,
    bugs: [{ ...bug("bug_doubtful", 5), untilSeconds: 10 }, bug("bug_late", 60)],
    words: [
      { fromSecond: 0, untilSecond: 3, jobStatus: "WAITING_FOR_DEVICE" },
      { fromSecond: 20, jobStatus: "UPLOADING", runState: "UPLOADING" }
    ]
  }
  const shown = (seconds: number) => {
    const { shownState, shownStatus } = RunTimeline.at(script, seconds * 1000)
    return [shownStatus, shownState]
  }

  it("shows words that the contract does not know, for a while or for good", () => {
    assert.deepStrictEqual([0, 3, 19, 20, 99].map(shown), [
      ["WAITING_FOR_DEVICE", null],
      ["QUEUED", null],
      ["RUNNING", "RUNNING"],
      ["UPLOADING", "UPLOADING"],
      ["UPLOADING", "UPLOADING"]
    ])
  })

  it("takes a bug back, and finds one after the end", () => {
    const bugs = [19, 20, 24, 25, 45, 75].map((seconds) => RunTimeline.at(script, seconds * 1000).bugs.length)
    assert.deepStrictEqual(bugs, [0, 1, 1, 0, 0, 1])
  })

  it("ends in the queue where the queue refuses the job", () => {
    const rejected = RunTimeline.at({ ...crossing, rejection: "no such device" }, 10_000)
    assert.deepInclude(rejected, {
      jobStatus: "COMPLETED",
      runState: null,
      result: null,
      rejection: "no such device",
      completedAt: 10_000,
      players: [],
      bugs: []
    })
  })
})

const Seconds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7200 }))
const Permille = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
const Script = Schema.Struct({
  queuedSeconds: Seconds,
  startingSeconds: Seconds,
  players: Schema.Array(Schema.Array(Schema.Struct({ goal: Schema.String, seconds: Seconds }))),
  bugTimes: Schema.Array(Seconds)
})
const scriptOf = ({ bugTimes, ...script }: typeof Script.Type): RunScript => ({
  ...script,
  testName: "Any",
  result: "SUCCESS",
  bugs: bugTimes.map((seconds, index) => bug(`bug_${index}`, seconds))
})
/** Moments from the start of a script to well after its end, in order. */
const momentsOf = (script: RunScript, permilles: ReadonlyArray<number>) =>
  [...permilles, 0, 500, 1000].map((permille) => permille * (RunTimeline.durationSeconds(script) + 10))
    .toSorted((a, b) => a - b)
const ranks: ReadonlyArray<string | null> = ["QUEUED", "STARTING", "RUNNING", "COMPLETED"]
const runRanks: ReadonlyArray<string | null> = [null, "INITIALIZING", "RUNNING", "COMPLETED"]
const completedSteps = (snapshot: RunTimeline.Snapshot) =>
  snapshot.players.flatMap((player) => player.steps).filter((step) => step.state === "COMPLETED").length
const growing = (numbers: ReadonlyArray<number>) =>
  numbers.every((number, index) => number >= (numbers[index - 1] ?? 0))
const input = [Script, Schema.Array(Permille), Permille] as const

describe("every script", () => {
  it.prop("never goes backwards, and ends", [...input], ([description, permilles, stop]) => {
    const script = scriptOf(description)
    const moments = momentsOf(script, permilles)
    const stoppedAt = stop * RunTimeline.durationSeconds(script)
    for (const stopped of [null, stoppedAt]) {
      const snapshots = moments.map((moment) => RunTimeline.at(script, moment, stopped))
      assert.isTrue(growing(snapshots.map((snapshot) => ranks.indexOf(snapshot.jobStatus))), "status of the job")
      assert.isTrue(growing(snapshots.map((snapshot) => runRanks.indexOf(snapshot.runState))), "state of the run")
      assert.isTrue(growing(snapshots.map(completedSteps)), "completed steps")
      assert.isTrue(growing(snapshots.map((snapshot) => snapshot.bugs.length)), "bugs")
      assert.strictEqual(snapshots.at(-1)?.jobStatus, "COMPLETED")
    }
  })

  it.prop("stands as it does until its next change, and then otherwise", [...input], ([description, permilles]) => {
    const script = scriptOf(description)
    for (const moment of momentsOf(script, permilles)) {
      const { now: _now, ...stands } = RunTimeline.at(script, moment)
      const next = RunTimeline.nextChange(script, moment)
      const { now: _before, ...before } = RunTimeline.at(script, Math.min(next - 0.5, moment + 1e9))
      assert.deepStrictEqual(before, stands)
      if (next === Infinity) continue
      const { now: _after, ...after } = RunTimeline.at(script, next)
      assert.notDeepEqual(after, stands)
    }
  })

  it.prop("has a result and an end exactly when it is completed", [...input], ([description, permilles]) => {
    const script = scriptOf(description)
    for (const moment of momentsOf(script, permilles)) {
      const { completedAt, jobStatus, result } = RunTimeline.at(script, moment)
      assert.strictEqual(result !== null, jobStatus === "COMPLETED")
      assert.strictEqual(completedAt !== null, jobStatus === "COMPLETED")
    }
  })

  it.prop("stands still once it was stopped", [...input], ([description, permilles, stop]) => {
    const script = scriptOf(description)
    const end = RunTimeline.durationSeconds(script) * 1000
    const stoppedAt = (stop - 1) / 1000 * end
    const stopped = RunTimeline.at(script, stoppedAt, stoppedAt)
    assert.strictEqual(stopped.result, end === 0 ? "SUCCESS" : "STOPPED")
    for (const moment of momentsOf(script, permilles).filter((later) => later >= stoppedAt && stoppedAt < end)) {
      assert.deepStrictEqual(RunTimeline.at(script, moment, stoppedAt), stopped)
    }
  })
})
