import { assert, describe, it } from "@effect/vitest"
import type { Nunu } from "@nunu-effect/core/Nunu"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import { Effect } from "effect"
import { confirm } from "../src/Confirm.ts"
import { awaitBugs, type PipelineEvent, runAwaitBugs, type RunOptions, uploadRunAwaitBugs } from "../src/Pipeline.ts"
import type { PipelineError } from "../src/PipelineError.ts"
import type { PipelineResult } from "../src/PipelineResult.ts"
import * as Report from "../src/Report.ts"
import { startRun } from "../src/StartRun.ts"
import * as Emulated from "./support/Emulated.ts"
import { startRequest } from "./support/Fixtures.ts"
import { passToEnd, seconds } from "./support/TestTime.ts"

const options = { partSize: Emulated.partSize, script: () => Emulated.script() }

/** Releases, which fails; gives why, and what was told. */
const failing = Effect.fnUntraced(function*(more: RunOptions = {}, source = Emulated.source) {
  const events: Array<PipelineEvent> = []
  const undecided: Array<PipelineResult> = []
  const { message, reason } = yield* Effect.flip(passToEnd(uploadRunAwaitBugs(source, {
    run: startRequest,
    upload: { multipart: true },
    onEvent: (event) => Effect.sync(() => events.push(event)),
    onUndecided: (result) => Effect.sync(() => undecided.push(result)),
    ...more
  })))
  assert.strictEqual(undecided.length, 1)
  const [result] = undecided
  assert(result !== undefined)
  assert.notStrictEqual(result.verdict._tag, "Passed")
  assert.deepStrictEqual([result.program, result.trials[0]?.error?.reason], ["release", reason])
  for (const format of Report.formats) assert.isNotEmpty(Report.render(result, format))
  return { reason, message, events, result, words: events.map((event) => event._tag) }
})

/** A network on which what the predicate says cannot be reached. */
const without = (isCut: (method: string, url: URL) => boolean) =>
  Emulated.outage(({ method, url }) => Effect.succeed(isCut(method, new URL(url))))

describe("an upload that fails", () => {
  it.effect("starts nothing: the file cannot be uploaded", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { reason, result, words } = yield* failing({}, UploadSource.fromBytes("bridge.xyz", new Uint8Array(0)))
      assert(reason._tag === "UploadError")
      assert.strictEqual(reason.reason._tag, "InvalidRequest")
      assert.deepStrictEqual([words, yield* emulator.requests], [[], []])
      assert.deepStrictEqual([result.build, result.trials[0]?.name], [null, "bridge.xyz"])
    }).pipe(Effect.provide(Emulated.layer(options))))

  it.effect("starts nothing, and frees the storage: it cannot be reached", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { reason, words } = yield* failing()
      assert(reason._tag === "UploadError")
      assert.strictEqual(reason.reason._tag, "PartFailed")
      assert.deepStrictEqual([words, yield* emulator.jobs], [[], []])
      assert.deepStrictEqual((yield* emulator.uploads).map((upload) => upload.status), ["cancelled"])
    }).pipe(Effect.provide(Emulated.layer(options, without((method) => method === "PUT")))))

  it.effect("starts nothing: it is not known whether the build is complete", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { reason } = yield* failing()
      assert(reason._tag === "UploadError")
      assert.deepStrictEqual(yield* emulator.jobs, [])
    }).pipe(Effect.provide(Emulated.layer(options, without((_, url) => url.pathname.endsWith("/complete"))))))
})

describe("a run that is not over in time", () => {
  it.effect("is stopped, and the jobs are told", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { events, message, reason, result, words } = yield* failing({ timeout: "20 seconds" })
      assert.deepStrictEqual(
        result.trials[0]?.started?.jobIds.map(String),
        (yield* emulator.jobs).map(({ jobId }) => jobId)
      )
      assert.strictEqual(result.build?.receipt?.size, 2500)
      assert.include(Report.render(result, "md"), message)
      assert(reason._tag === "WaitTimedOut")
      const [job] = yield* emulator.jobs
      assert.deepStrictEqual(reason.jobIds.map(String), [job?.jobId])
      assert.strictEqual(message, `Cannot wait any longer: ${job?.jobId} not over after 20s`)
      assert.notInclude(words, "Finished")
      assert.deepStrictEqual(events.at(-1), { _tag: "Stopped", stopped: { over: reason.jobIds, running: [] } })
      assert.isNotNull(job?.stoppedAt)
      assert.deepStrictEqual(yield* Emulated.running, [])
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(Emulated.layer(options))))

  it.effect("goes on when it is to be left alone, and the jobs are told", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { events, reason } = yield* failing({ timeout: "20 seconds", onInterrupt: "detach" })
      assert(reason._tag === "WaitTimedOut")
      assert.deepStrictEqual(events.at(-1), { _tag: "Detached", jobIds: reason.jobIds })
      assert.deepStrictEqual(yield* Emulated.running, reason.jobIds.map(String))
      assert.deepStrictEqual((yield* emulator.requests).filter(Emulated.isStop), [])
    }).pipe(Effect.provide(Emulated.layer(options))))
})

describe("an outage while a run is waited for", () => {
  it.effect("is an error, never a verdict, although the run succeeds meanwhile", () =>
    Effect.gen(function*() {
      const { events, reason, words } = yield* failing()
      assert(reason._tag === "WaitFailed")
      assert.strictEqual(reason.error._tag, "NetworkError")
      assert.strictEqual(words.filter((word) => word === "LookFailed").length, 10)
      assert.notInclude(words, "Finished")
      assert.deepStrictEqual(events.at(-1), { _tag: "Stopped", stopped: { over: [], running: reason.jobIds } })
    }).pipe(Effect.provide(Emulated.layer(options, Emulated.outage(() => Effect.map(seconds, (now) => now > 12))))))

  it.effect("stops the run if that can be done", () =>
    Effect.gen(function*() {
      const { events, reason } = yield* failing()
      assert(reason._tag === "WaitFailed")
      assert.deepStrictEqual(events.at(-1), { _tag: "Stopped", stopped: { over: reason.jobIds, running: [] } })
      assert.deepStrictEqual(yield* Emulated.running, [])
    }).pipe(Effect.provide(Emulated.layer(
      { ...options, script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 7200 }]] }) },
      without((method, url) => method === "GET" && url.pathname.includes("/jobs/"))
    ))))

  it.effect("is waited out when it is over in time", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const report = yield* passToEnd(runAwaitBugs(startRequest, {
        onEvent: (event) => Effect.sync(() => events.push(event._tag))
      }))
      assert.strictEqual(report.verdict._tag, "Passed")
      assert.include(events, "LookFailed")
    }).pipe(
      Effect.provide(
        Emulated.layer(options, Emulated.outage(() => Effect.map(seconds, (now) => now > 12 && now < 120)))
      )
    ))
})

describe("a run that is over", () => {
  it.effect("whose bugs cannot be read gives an error, never a verdict, and there is nothing to stop", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { reason, words } = yield* failing()
      assert(reason._tag === "BugsUnread")
      assert.strictEqual(words.at(-1), "Finished")
      assert.deepStrictEqual((yield* emulator.requests).filter(Emulated.isStop), [])
    }).pipe(Effect.provide(Emulated.layer(options, without((_, url) => url.pathname.endsWith("/bugs"))))))
})

describe("a start of which nobody knows whether it was done", () => {
  it.effect("is an error with the tag by which it can be found", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator
      const { message, reason, words } = yield* failing()
      assert(reason._tag === "StartUncertain")
      const [job] = yield* emulator.jobs
      assert.deepStrictEqual(job?.request.additionalTags, [reason.tag])
      assert.include(message, reason.tag)
      assert.deepStrictEqual(words, ["Uploaded"])
      assert.deepStrictEqual((yield* emulator.jobs).length, 1)
    }).pipe(Effect.provide(Emulated.layer(options, (request, answer) =>
      without((method, url) =>
        method === "GET" && /\/(jobs|runs)$/.test(url.pathname)
      )(
        request,
        Emulated.losingStarts(request, answer)
      )))))
})

describe("a program that fails without a verdict", () => {
  const told = Effect.fnUntraced(function*<A>(
    program: (options: RunOptions) => Effect.Effect<A, PipelineError, Nunu>
  ) {
    const undecided: Array<PipelineResult> = []
    const onUndecided = (result: PipelineResult) => Effect.sync(() => undecided.push(result))
    yield* Effect.flip(passToEnd(program({ timeout: "20 seconds", onUndecided })))
    return undecided.map(({ program, trials, verdict }) => [program, verdict._tag, trials.length])
  })

  it.effect("tells what is known, for a report", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* told((options) => runAwaitBugs(startRequest, options)), [[
        "run",
        "Inconclusive",
        1
      ]])
      const confirming = told((options) => confirm(startRequest, { ...options, needed: 1, of: 2 }))
      assert.deepStrictEqual(yield* confirming, [["confirm", "Inconclusive", 1]])
      const { jobIds } = yield* passToEnd(startRun(startRequest))
      assert.deepStrictEqual(yield* told((options) => awaitBugs(jobIds, options)), [["wait", "Inconclusive", 1]])
    }).pipe(Effect.provide(Emulated.layer(options))))

  it.effect("tells nothing when it is interrupted, or has a verdict", () =>
    Effect.gen(function*() {
      const undecided: Array<PipelineResult> = []
      const program = runAwaitBugs(startRequest, { onUndecided: (result) => Effect.sync(() => undecided.push(result)) })
      yield* passToEnd(program)
      yield* passToEnd(Effect.timeoutOption(program, "20 seconds"))
      assert.deepStrictEqual(undecided, [])
    }).pipe(Effect.provide(Emulated.layer(options))))
})
