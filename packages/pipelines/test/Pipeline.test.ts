import { assert, describe, it } from "@effect/vitest"
import { BuildId } from "@nunu-effect/core/Build"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Effect } from "effect"
import { type PipelineEvent, runAwaitBugs, type RunOptions, uploadRunAwaitBugs } from "../src/Pipeline.ts"
import { jobsOf } from "../src/PipelineResult.ts"
import { tagPrefix } from "../src/StartRun.ts"
import * as Emulated from "./support/Emulated.ts"
import { attempt, buildId, job, pageOf, run, startedJobs, startRequest } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { passToEnd, seconds, toEnd } from "./support/TestTime.ts"

const { partSize, script, scriptedBug } = Emulated

const withScript = (more: Parameters<typeof script>[0] = {}) => ({ partSize, script: () => script(more) })

/** Releases a small build, and notes what is told, and when. */
const release = (options: RunOptions = {}) => {
  const events: Array<PipelineEvent> = []
  const words: Array<string> = []
  const tell = (word: string) => Effect.sync(() => word === words.at(-1) ? 0 : words.push(word))
  const program = uploadRunAwaitBugs(Emulated.source, {
    run: startRequest,
    upload: { multipart: true, onEvent: (event) => tell(event._tag) },
    onEvent: (event) => Effect.andThen(tell(event._tag), Effect.sync(() => events.push(event))),
    ...options
  })
  return { events, words, program }
}

describe("uploadRunAwaitBugs", () => {
  it.effect("makes a build, tests it, and passes when nothing is wrong", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const report = yield* passToEnd(release().program)
      assert.deepStrictEqual(report.verdict, { _tag: "Passed" })
      const [build] = yield* emulator.builds
      const [job] = yield* emulator.jobs
      const { buildId, receipt } = report.build
      assert.strictEqual(buildId, build?.id)
      assert.deepInclude(receipt, { buildId, size: 2500, parts: 3 })
      const [trial] = report.trials
      const tag = trial?.started?.tag ?? ""
      assert.deepInclude(job?.request, { ...startRequest, buildId, additionalTags: [tag] })
      assert.isTrue(tag.startsWith(tagPrefix))
      assert.deepInclude(trial, { name: "Rope bridge", error: null })
      assert.deepStrictEqual(trial?.started?.jobIds.map(String), [job?.jobId])
      assert.deepStrictEqual(jobsOf(report).map(({ bugs, run, settled }) => ({ bugs, settled, result: run?.result })), [
        { bugs: [], settled: true, result: "SUCCESS" }
      ])
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(Emulated.layer(withScript()))))

  it.effect("tells what happens in the order in which it happens", () =>
    Effect.gen(function*() {
      const { events, program, words } = release()
      const report = yield* passToEnd(program)
      assert.strictEqual(words[0], "Initiated")
      assert.deepStrictEqual(words.slice(words.indexOf("Completing")), [
        "Completing",
        "Completed",
        "Uploaded",
        "Started",
        "Looked",
        "Finished"
      ])
      const [uploaded, started] = events
      assert.deepStrictEqual(uploaded, { _tag: "Uploaded", receipt: report.build.receipt })
      assert(started?._tag === "Started")
      assert.deepStrictEqual(started.started, report.trials[0]?.started)
      const looks = events.flatMap((event) => event._tag === "Looked" ? [event.look] : [])
      assert.isAbove(looks.length, 2)
      assert.strictEqual(looks.at(0)?.run, null, "in the queue")
      assert.deepStrictEqual(looks.at(-1), { job: jobsOf(report)[0]?.job, run: jobsOf(report)[0]?.run })
      const last = events.at(-1)
      assert(last?._tag === "Finished")
      assert.deepStrictEqual(last.jobs, looks.slice(-1))
    }).pipe(Effect.provide(Emulated.layer(withScript()))))

  it.effect("finds a run that was started although the answer was lost, and starts no other", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const report = yield* passToEnd(release().program)
      assert.strictEqual(report.verdict._tag, "Passed")
      assert.strictEqual((yield* emulator.jobs).length, 1)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(Emulated.layer(withScript(), Emulated.losingStarts))))
})

describe("the gate", () => {
  const bad = withScript({ bugs: [scriptedBug(3, "low"), scriptedBug(9, "high")] })

  it.effect("fails a release with a bug of severity high, by default", () =>
    Effect.gen(function*() {
      const { verdict } = yield* passToEnd(release().program)
      assert(verdict._tag === "Failed")
      assert.deepStrictEqual(
        verdict.findings.map((finding) => finding._tag === "BugOverThreshold" ? finding.bug.severity : finding._tag),
        ["high"]
      )
    }).pipe(Effect.provide(Emulated.layer(bad))))

  it.effect("is the caller's to set", () =>
    Effect.gen(function*() {
      const lenient = yield* passToEnd(release({ gate: { failOn: [{ severity: "critical" }] } }).program)
      assert.strictEqual(lenient.verdict._tag, "Passed")
      assert.strictEqual(jobsOf(lenient)[0]?.bugs?.length, 2)
      const strict = yield* passToEnd(release({ gate: { failOn: [{ severity: "low" }] } }).program)
      assert(strict.verdict._tag === "Failed")
      assert.strictEqual(strict.verdict.findings.length, 2)
    }).pipe(Effect.provide(Emulated.layer(bad))))

  it.effect("fails a release whose run failed", () =>
    Effect.gen(function*() {
      const { trials, verdict } = yield* passToEnd(release().program)
      assert.deepStrictEqual(verdict, {
        _tag: "Failed",
        findings: [{ _tag: "RunNotSuccessful", jobId: trials[0]?.started?.jobIds[0] ?? "", result: "FAILED" }]
      })
    }).pipe(Effect.provide(Emulated.layer(withScript({ result: "FAILED" })))))

  it.effect("sees bugs that come after the end of the run", () =>
    Effect.gen(function*() {
      // After the end of the run, a bug a second: no two looks agree before the last of them is there.
      const report = yield* passToEnd(release().program)
      const [job] = jobsOf(report)
      assert.strictEqual(job?.bugs?.length, 30)
      assert.isTrue(job?.settled)
      assert.strictEqual(report.verdict._tag, "Failed")
    }).pipe(Effect.provide(Emulated.layer(withScript({
      bugs: Array.from({ length: 30 }, (_, index) => scriptedBug(31 + index, "critical"))
    })))))
})

describe("runAwaitBugs", () => {
  it.effect("tests without a build of its own", () =>
    Effect.gen(function*() {
      const report = yield* passToEnd(runAwaitBugs(startRequest))
      assert.deepInclude(report, { program: "run", build: null, verdict: { _tag: "Passed" } })
    }).pipe(Effect.provide(Emulated.layer(withScript()))))

  it.effect("waits for a run of two hours in a moment", () =>
    Effect.gen(function*() {
      const report = yield* passToEnd(runAwaitBugs(startRequest), "1 minute")
      assert.strictEqual(report.verdict._tag, "Passed")
      assert.strictEqual(jobsOf(report)[0]?.run?.durationMs, 2 * 3600 * 1000)
      const now = yield* seconds
      assert.isTrue(now > 7200 && now < 7200 + 120 + 60, `${now} seconds`)
    }).pipe(Effect.provide(Emulated.layer(withScript({ players: [[{ goal: "Play", seconds: 7200 }]] })))))

  it.effect("starts nothing that the API refuses, and tells nothing", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const events: Array<PipelineEvent> = []
      const { reason } = yield* Effect.flip(runAwaitBugs({ ...startRequest, buildId: BuildId.make("no-such-build") }, {
        onEvent: (event) => Effect.sync(() => events.push(event))
      }))
      assert(reason._tag === "StartFailed")
      assert.strictEqual(reason.error._tag, "NotFound")
      assert.deepStrictEqual([yield* emulator.jobs, events], [[], []])
    }).pipe(Effect.provide(Emulated.layer(withScript()))))

  it.effect("does not pass when the run tested another build than the one asked for", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: () => Effect.succeed(startedJobs(1)),
        job: () => Effect.succeed(job({ status: "COMPLETED", runs: [attempt()] })),
        run: () => Effect.succeed(run({ build: { id: "build-2", name: null, type: null } })),
        bugs: () => Effect.succeed(pageOf([]))
      })
      const report = yield* toEnd(Effect.provide(runAwaitBugs({ ...startRequest, buildId }), nunu.layer))
      assert.deepStrictEqual(report.build, { buildId, receipt: null })
      assert.deepStrictEqual(report.verdict, {
        _tag: "Inconclusive",
        findings: [{ _tag: "BuildMismatch", jobId: "job-1", expected: buildId, actual: "build-2" }]
      })
    }))

  it.effect("asks for no bugs of a job that never came to a run, and does not pass", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: () => Effect.succeed(startedJobs(1)),
        job: () => Effect.succeed(job({ status: "COMPLETED", queueRejectionReason: "no device is free" }))
      })
      const report = yield* toEnd(Effect.provide(runAwaitBugs(startRequest), nunu.layer))
      assert.deepStrictEqual(report.verdict, {
        _tag: "Inconclusive",
        findings: [{ _tag: "NoResult", jobId: "job-1", why: "no device is free" }]
      })
      assert.deepInclude(jobsOf(report)[0], { run: null, bugs: null, settled: false })
    }))
})
