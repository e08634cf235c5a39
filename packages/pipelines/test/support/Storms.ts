/** Many programs at once on one emulator in seeded weather, each interrupted at a seeded moment; and what is left of them. */
import { Nunu } from "@nunu-effect/core/Nunu"
import type { TestPlanId } from "@nunu-effect/core/TestPlan"
import { Emulator } from "@nunu-effect/emulator/Emulator"
import { Clock, Effect, Exit, Fiber, Layer, Random } from "effect"
import { TestClock } from "effect/testing"
import { confirm } from "../../src/Confirm.ts"
import { matrix } from "../../src/Matrix.ts"
import { type PipelineEvent, runAwaitBugs, type RunOptions } from "../../src/Pipeline.ts"
import type { PipelineError } from "../../src/PipelineError.ts"
import type { PipelineResult } from "../../src/PipelineResult.ts"
import * as RunCleanup from "../../src/RunCleanup.ts"
import * as Emulated from "./Emulated.ts"
import * as LedgerInMemory from "./LedgerInMemory.ts"

/** A program and how it ended. */
export interface Ended {
  readonly name: string
  readonly onInterrupt: NonNullable<RunOptions["onInterrupt"]>
  readonly exit: Exit.Exit<PipelineResult, PipelineError>
  readonly events: ReadonlyArray<PipelineEvent>
  /** Seconds from its interruption to its end; null when it was over before. */
  readonly undoing: number | null
}

export interface Aftermath {
  readonly ended: ReadonlyArray<Ended>
  readonly jobs: number
  /** Jobs that are over at the end of all programs. */
  readonly over: ReadonlyArray<string>
  /** Jobs that go on and that a program has told of. */
  readonly told: ReadonlyArray<string>
  /** Jobs that go on and that nobody knows of. */
  readonly orphans: ReadonlyArray<string>
  /** Unique tags that more than one start carried. */
  readonly duplicates: ReadonlyArray<string>
  /** How many starts the ledger had at the end of all programs. */
  readonly written: number
  /** Jobs that go on after a cleanup in good weather, and that nobody left alone on purpose. */
  readonly uncleaned: ReadonlyArray<string>
}

/** Runs so many programs in weather from a seed, and tells what is left. */
export const weather = (seed: number, programs: number): Effect.Effect<Aftermath> =>
  Effect.gen(function*() {
    const emulator = yield* Emulator
    const planId = yield* makePlan
    const fibers = yield* Effect.forEach(
      Array.from({ length: programs }, (_, number) => number),
      (number) => Effect.forkChild(Random.withSeed(interrupted(number, planId), `${seed} ${number}`))
    )
    while (fibers.some((fiber) => fiber.pollUnsafe() === undefined)) {
      yield* TestClock.withLive(Effect.sleep("2 millis"))
      yield* TestClock.adjust("500 millis")
    }
    const ended = yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
    const known = new Set(ended.flatMap(handlesOf))
    const running = new Set(yield* Emulated.running)
    const jobs = yield* emulator.jobs
    const isTold = ({ jobId, request }: (typeof jobs)[number]) =>
      known.has(jobId) || (request.additionalTags ?? []).some((tag) => known.has(tag))
    const idsOf = (list: typeof jobs) => list.map(({ jobId }) => jobId)
    const duplicates = (yield* emulator.violations).filter((violation) => violation.includes("for one start"))
    const written = (yield* RunCleanup.list).length
    yield* emulator.weather.clear
    yield* passing(RunCleanup.cleanup)
    const onPurpose = new Set(ended.filter(({ onInterrupt }) => onInterrupt === "detach").flatMap(handlesOf))
    const stillRunning = new Set(yield* Emulated.running)
    const uncleaned = jobs.filter(({ jobId, request }) =>
      stillRunning.has(jobId) && !onPurpose.has(jobId) &&
      !(request.additionalTags ?? []).some((tag) => onPurpose.has(tag))
    )
    return {
      ended,
      jobs: jobs.length,
      over: idsOf(jobs.filter(({ jobId }) => !running.has(jobId))),
      told: idsOf(jobs.filter((job) => running.has(job.jobId) && isTold(job))),
      orphans: idsOf(jobs.filter((job) => running.has(job.jobId) && !isTold(job))),
      duplicates,
      written,
      uncleaned: idsOf(uncleaned)
    }
  }).pipe(
    Effect.provide([
      LedgerInMemory.make().layer,
      Layer.fresh(Emulated.layer({
        randomWeather: { seed, chance: 0.15 },
        script: () => Emulated.script({ players: [[{ goal: "Play", seconds: 600 }]] })
      }))
    ]),
    Effect.orDie
  )

/** What a program has told of runs that it left. */
export const handlesOf = ({ events, exit }: Pick<Ended, "events" | "exit">): ReadonlyArray<string> => [
  ...events.flatMap((event): ReadonlyArray<string> => {
    if (event._tag === "Unknown") return [event.tag]
    if (event._tag === "TrialEnded") return event.trial.error === null ? [] : tagsIn(event.trial.error)
    return event._tag === "Detached" ? event.jobIds : event._tag === "Stopped" ? event.stopped.running : []
  }),
  ...(Exit.isSuccess(exit) ? [] : exit.cause.reasons).flatMap((reason) =>
    reason._tag === "Fail" ? tagsIn(reason.error) : []
  )
]

const tagsIn = ({ reason }: PipelineError): ReadonlyArray<string> =>
  reason._tag === "StartUncertain" ? [reason.tag] : []

/** A plan of three tests, made however often it takes. */
const makePlan = Effect.gen(function*() {
  const nunu = yield* Nunu
  const testItems = ["a", "b", "c"].map((multiplayerTestId) => ({ multiplayerTestId }))
  const creating = Effect.retry(nunu.testPlans.create({ testPlan: { name: "Nightly", testItems } }), { times: 20 })
  return (yield* passing(creating)).id
})

/** Runs a program while time passes. */
const passing = Effect.fnUntraced(function*<A, E, R>(program: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(program)
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.withLive(Effect.sleep("2 millis"))
    yield* TestClock.adjust("3 seconds")
  }
  return yield* Fiber.join(fiber)
})

/** A program, interrupted at some moment of the first five minutes: early ones are the busy ones. */
const interrupted = Effect.fnUntraced(function*(number: number, planId: TestPlanId) {
  const events: Array<PipelineEvent> = []
  const onInterrupt = number % 3 === 0 ? "detach" as const : "stop" as const
  const options: RunOptions = { onInterrupt, onEvent: (event) => Effect.sync(() => events.push(event)) }
  const { name, program } = programOf(number, planId, options)
  const fiber = yield* Effect.forkChild(program)
  yield* Effect.sleep(300_000 * (yield* Random.next) ** 4)
  const begun = yield* Clock.currentTimeMillis
  const wasOver = fiber.pollUnsafe() !== undefined
  fiber.interruptUnsafe()
  const exit = yield* Fiber.await(fiber)
  const undoing = wasOver ? null : ((yield* Clock.currentTimeMillis) - begun) / 1000
  const ended: Ended = { name, onInterrupt, exit, events, undoing }
  return ended
})

const programOf = (number: number, testPlanId: TestPlanId, options: RunOptions) => {
  const test = { multiplayerTestId: `test-${number}`, deploymentConfigId: "phones" }
  switch (number % 5) {
    case 0:
      return { name: "plan", program: runAwaitBugs({ testPlanId, deploymentConfigId: "phones" }, options) }
    case 1:
      return {
        name: "matrix",
        program: matrix({ tests: [test], deployments: ["phones", "tablets", "desks"] }, { ...options, concurrency: 2 })
      }
    case 2:
      return { name: "confirm", program: confirm(test, { ...options, needed: 1, of: 2 }) }
    default:
      return { name: "run", program: runAwaitBugs(test, options) }
  }
}
