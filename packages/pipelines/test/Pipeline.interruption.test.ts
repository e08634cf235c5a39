import { assert, describe, it } from "@effect/vitest"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import * as UploadLedger from "@nunu-effect/upload/UploadLedger"
import { Effect, Exit, type Fiber, Layer, Random } from "effect"
import { TestClock } from "effect/testing"
import { type PipelineEvent, runAwaitBugs, type RunOptions, uploadRunAwaitBugs } from "../src/Pipeline.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { startRequest } from "./support/Fixtures.ts"
import { interruptBefore } from "./support/Interruption.ts"
import * as LedgerInMemory from "./support/LedgerInMemory.ts"
import * as StartModel from "./support/StartModel.ts"
import { isInterrupted, pass, passToEnd } from "./support/TestTime.ts"

type OnInterrupt = NonNullable<RunOptions["onInterrupt"]>

const options = {
  partSize: Emulated.partSize,
  script: () => Emulated.script({ bugs: [Emulated.scriptedBug(3, "low")] })
}

/** Releases a build on an emulator of its own, and interrupts at the n-th event of upload and pipeline. */
const interruptAtEvent = Effect.fnUntraced(function*(number: number, onInterrupt: OnInterrupt) {
  const events: Array<PipelineEvent> = []
  const words: Array<string> = []
  let release: Fiber.Fiber<unknown, unknown> | undefined
  const count = (word: string) =>
    Effect.sync(() => {
      if (words.push(word) === number) release?.interruptUnsafe()
    })
  const program = uploadRunAwaitBugs(Emulated.source, {
    run: startRequest,
    upload: { multipart: true, onEvent: (event) => count(event._tag) },
    onEvent: (event) => Effect.andThen(Effect.sync(() => events.push(event)), count(event._tag)),
    onInterrupt
  })
  // From a seed, so that there are as many looks each time.
  release = yield* Effect.forkChild(
    Effect.andThen(Effect.yieldNow, program).pipe(
      Random.withSeed("release"),
      RetryPolicy.withAttemptTimeout("1 hour")
    )
  )
  // Fast to the event, then slowly: on a busy machine the clock must not take from the 5 seconds for the undoing.
  const exit = yield* pass(release, () => words.length < number ? "3 seconds" : "250 millis")
  return { exit, events, words, at: `at event ${number}, ${words[number - 1]}` }
})

/**
 * Goes on to one event more until there is none, with an emulator for each. On a busy machine the clock may run ahead of
 * the work, and a release then has a look less or a call that takes too long: each place has several tries.
 */
const atEveryEvent = <E, R>(
  onInterrupt: OnInterrupt,
  check: (outcome: Effect.Success<ReturnType<typeof interruptAtEvent>>) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const places = new Set<string>()
    let tries = 0
    for (let number = 1; tries < 4;) {
      const isReached = yield* Effect.gen(function*() {
        const outcome = yield* interruptAtEvent(number, onInterrupt)
        if (outcome.words.length < number) return false
        places.add(outcome.words[number - 1] ?? "")
        yield* check(outcome)
        return true
      }).pipe(Effect.provide(Layer.fresh(Emulated.layer(options))))
      if (isReached) number++
      tries = isReached ? 0 : tries + 1
    }
    return Array.from(places)
  })

const uploadPlaces = ["Initiated", "PartStarted", "BytesSent", "PartCompleted", "Completing", "Completed"]
const runPlaces = ["Uploaded", "Started", "Looked", "Finished"]

describe("a release that is interrupted at any of its events", () => {
  it.effect("leaves no run, no upload and no violation, and tells what it stopped", () =>
    Effect.gen(function*() {
      const places = yield* atEveryEvent("stop", ({ at, events, exit }) =>
        Effect.gen(function*() {
          const emulator = yield* Emulator
          assert.isTrue(isInterrupted(exit), at)
          assert.deepStrictEqual(yield* Emulated.running, [], at)
          assert.deepStrictEqual(yield* Emulated.openUploads, [], at)
          assert.deepStrictEqual(yield* emulator.violations, [], at)
          const jobs = yield* emulator.jobs
          const wasOver = events.some((event) => event._tag === "Finished")
          const last = events.at(-1)
          if (jobs.length === 0 || wasOver) {
            assert.notStrictEqual(last?._tag, "Stopped", at)
          } else {
            assert(last?._tag === "Stopped", at)
            assert.deepStrictEqual(last.stopped.over.map(String), jobs.map((job) => job.jobId), at)
          }
        }))
      assert.includeMembers(places, [...uploadPlaces, ...runPlaces])
      assert.notInclude(places, "Stopped", "which is told in a case of interruption only")
    }))

  it.effect("leaves the run alone when it is to be detached, tells its jobs, and it goes on to its end", () =>
    Effect.gen(function*() {
      const places = yield* atEveryEvent("detach", ({ at, events, exit }) =>
        Effect.gen(function*() {
          const emulator = yield* Emulator
          assert.isTrue(isInterrupted(exit), at)
          assert.deepStrictEqual(yield* Emulated.openUploads, [], at)
          assert.deepStrictEqual(yield* emulator.violations, [], at)
          const jobs = (yield* emulator.jobs).map((job) => job.jobId)
          const wasOver = events.some((event) => event._tag === "Finished")
          const detached = events.flatMap((event) => event._tag === "Detached" ? [event.jobIds.map(String)] : [])
          assert.deepStrictEqual(detached, jobs.length === 0 || wasOver ? [] : [jobs], at)
          assert.deepStrictEqual((yield* emulator.requests).filter(Emulated.isStop), [], at)
          if (events.at(-2)?._tag === "Started") assert.deepStrictEqual(yield* Emulated.running, jobs, at)
          yield* TestClock.adjust("1 hour")
          assert.deepStrictEqual(yield* Emulated.running, [], at)
          assert.deepStrictEqual((yield* emulator.jobs).map((job) => job.stoppedAt), jobs.map(() => null), at)
        }))
      assert.includeMembers(places, [...uploadPlaces, ...runPlaces])
    }))
})

describe("a release that is interrupted while it uploads, with a ledger", () => {
  /** A file, as it is by its path that an upload is known again. */
  const file = {
    ...Emulated.source,
    identity: Effect.map(Emulated.source.identity, (identity) => ({ ...identity, path: "/bridge.apk" }))
  }

  /** Releases, and interrupts when the first part is stored. */
  const interruptUpload = (onInterrupt: OnInterrupt) =>
    Effect.gen(function*() {
      const words: Array<string> = []
      let fiber: Fiber.Fiber<unknown, unknown> | undefined
      fiber = yield* Effect.forkChild(uploadRunAwaitBugs(file, {
        run: startRequest,
        upload: {
          multipart: true,
          concurrency: 1,
          onEvent: ({ _tag }) =>
            Effect.sync(() => {
              words.push(_tag)
              if (_tag === "PartCompleted") fiber?.interruptUnsafe()
            })
        },
        onInterrupt
      }))
      yield* pass(fiber)
      return words
    })

  it.effect("keeps the upload when it is to be detached, and the next release goes on with it", () =>
    Effect.gen(function*() {
      assert.include(yield* interruptUpload("detach"), "Kept")
      assert.strictEqual((yield* Emulated.openUploads).length, 1)
      const { build } = yield* passToEnd(uploadRunAwaitBugs(file, {
        run: startRequest,
        upload: { multipart: true }
      }))
      const emulator = yield* Emulator
      assert.deepStrictEqual((yield* emulator.uploads).map(({ buildId, status }) => [buildId, status]), [
        [build.buildId, "completed"]
      ])
    }).pipe(Effect.provide([Layer.fresh(Emulated.layer(options)), UploadLedger.layerMemory])))

  it.effect("frees the storage when it is to be stopped", () =>
    Effect.gen(function*() {
      assert.include(yield* interruptUpload("stop"), "Aborted")
      assert.deepStrictEqual(yield* Emulated.openUploads, [])
    }).pipe(Effect.provide([Layer.fresh(Emulated.layer(options)), UploadLedger.layerMemory])))
})

describe("a run that is interrupted before any of its operations", () => {
  const lostButDone = { done: true, error: Failures.cut }

  /** Interrupts, and tells which runs go on and which of them were told. */
  const interruptRun = Effect.fnUntraced(function*(
    operation: number,
    fate: StartModel.Fate,
    { fails = false, onInterrupt }: { readonly onInterrupt: OnInterrupt; readonly fails?: boolean }
  ) {
    const model = StartModel.make({ ...StartModel.fair(Effect.succeed(fate)), fails: Effect.succeed(fails) })
    const ledger = LedgerInMemory.make()
    const events: Array<PipelineEvent> = []
    const { fiber, reached } = yield* interruptBefore(
      operation,
      runAwaitBugs(startRequest, {
        onInterrupt,
        timeout: "20 seconds", // the model's jobs do not end: here the program does, if it comes so far
        onEvent: (event) => Effect.sync(() => events.push(event))
      }).pipe(Effect.provide([model.layer, ledger.layer]))
    )
    const exit = fiber.pollUnsafe()
    const written = model.made.filter((job) => job.tags.some((tag) => ledger.records.has(tag))).map((job) => job.jobId)
    const left = model.made.filter((job) => !job.stopped).map((job) => job.jobId)
    const detached = events.flatMap((event) => event._tag === "Detached" ? event.jobIds : [])
    assert(exit !== undefined && Exit.isFailure(exit))
    assert.isAtMost(model.made.length, 1)
    return { reached, left, detached, written, records: ledger.records.size, at: `before operation ${operation}` }
  })

  it.effect.each([StartModel.answered, lostButDone])(
    "goes on nowhere, whatever its start comes to: %#",
    (fate) =>
      Effect.gen(function*() {
        for (let operation = 1, isReached = true; isReached; operation++) {
          const { at, left, reached, records } = yield* interruptRun(operation, fate, { onInterrupt: "stop" })
          assert.deepStrictEqual([left, records], [[], 0], at)
          isReached = reached
        }
      })
  )

  it.effect.each([StartModel.answered, lostButDone])(
    "is written down for a cleanup, when it can neither be found nor stopped: %#",
    (fate) =>
      Effect.gen(function*() {
        let goesOn = 0
        for (let operation = 1, isReached = true; isReached; operation++) {
          const { at, left, reached, written } = yield* interruptRun(operation, fate, {
            onInterrupt: "stop",
            fails: true
          })
          assert.deepStrictEqual(written, left, at)
          goesOn += left.length
          isReached = reached
        }
        assert.isAbove(goesOn, 10)
      })
  )

  it.effect.each([StartModel.answered, lostButDone])(
    "goes on only where it is told, when detached: %#",
    (fate) =>
      Effect.gen(function*() {
        for (let operation = 1, isReached = true; isReached; operation++) {
          const { at, detached, left, reached, records } = yield* interruptRun(operation, fate, {
            onInterrupt: "detach"
          })
          assert.deepStrictEqual([detached, records], [left, 0], at)
          isReached = reached
        }
      })
  )
})
