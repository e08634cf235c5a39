import { assert, describe, it } from "@effect/vitest"
import type { KeyedCallError, NotFound } from "@nunu-effect/core/ApiError"
import type { Job } from "@nunu-effect/core/Job"
import { Duration, Effect } from "effect"
import { awaitRuns } from "../src/AwaitRun.ts"
import { WaitFailed } from "../src/PipelineError.ts"
import * as PollPolicy from "../src/PollPolicy.ts"
import * as Failures from "./support/Failures.ts"
import { attempt, job, jobId, run } from "./support/Fixtures.ts"
import { inTurn, type Methods, stub } from "./support/NunuStub.ts"
import { during, failureOf, seconds, toEnd } from "./support/TestTime.ts"

type LookError = NotFound | KeyedCallError

const over = job({ status: "COMPLETED", runs: [attempt()] })

const awaitOn = (methods: Methods, policy: Partial<PollPolicy.PollPolicy> = {}) => {
  const nunu = stub({ run: () => Effect.succeed(run()), ...methods })
  const failures: Array<unknown> = []
  const program = awaitRuns([jobId()], { onLookFailed: (error) => Effect.sync(() => failures.push(error)) }).pipe(
    Effect.provide(nunu.layer),
    Effect.provideService(PollPolicy.PollPolicy, { ...PollPolicy.defaultPolicy, jitter: 0, ...policy })
  )
  return { nunu, program, failures }
}

const times = (count: number, answer: Effect.Effect<Job, LookError>) => Array.from({ length: count }, () => answer)

/** Looks that go so, one after the other. */
const looks = (...answers: ReadonlyArray<Effect.Effect<Job, LookError>>): Methods => {
  const [first = Effect.succeed(over), ...rest] = answers
  return { job: inTurn(first, ...rest) }
}

const passing: ReadonlyArray<readonly [string, LookError]> = [
  ["429", Failures.tooMany],
  ["500", Failures.server(500)],
  ["503", Failures.server(503)],
  ["a refused connection", Failures.refused],
  ["a cut connection", Failures.cut],
  ["a proxy's page", Failures.unreadable(502)],
  ["a 200 that cannot be read", Failures.unreadable(200)]
]

describe.each(passing)("looks that end with %s", (_, error) => {
  it.effect("are put up with ten times in a row, and told each time", () =>
    Effect.gen(function*() {
      const { failures, program } = awaitOn(looks(...times(10, Effect.fail(error)), Effect.succeed(over)))
      assert.deepStrictEqual(yield* toEnd(program), [{ job: over, run: run() }])
      assert.deepStrictEqual(failures, Array.from({ length: 10 }, () => error))
    }))

  it.effect("fail the eleventh time", () =>
    Effect.gen(function*() {
      const { failures, nunu, program } = awaitOn(looks(...times(11, Effect.fail(error)), Effect.succeed(over)))
      assert.deepStrictEqual(yield* failureOf(program), new WaitFailed({ jobIds: [jobId()], finished: [], error }))
      assert.strictEqual(nunu.countOf("job"), 11)
      assert.strictEqual(failures.length, 10)
    }))
})

describe("failed looks", () => {
  const failed = Effect.fail(Failures.server(502))

  it.effect("are counted from the last look that worked", () =>
    Effect.gen(function*() {
      const round = [...times(10, failed), Effect.succeed(job({ status: "RUNNING" }))]
      const { program } = awaitOn(looks(...round, ...round, ...round, Effect.succeed(over)))
      assert.strictEqual((yield* toEnd(program)).length, 1)
    }))

  it.effect("count when the job is known and its run cannot be read", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn({ ...looks(Effect.succeed(over)), run: () => failed })
      assert.strictEqual((yield* failureOf(program))._tag, "WaitFailed")
      assert.strictEqual(nunu.countOf("run"), 11)
    }))

  it.effect("are not an end, although the job is over: a run that cannot be read gives no result", () =>
    Effect.gen(function*() {
      const { program } = awaitOn({
        ...looks(Effect.succeed(over)),
        run: inTurn<ReturnType<typeof run>, LookError>(
          failed,
          Effect.fail(Failures.unreadable(200)),
          Effect.succeed(run())
        )
      })
      assert.deepStrictEqual(yield* toEnd(program), [{ job: over, run: run() }])
    }))

  it.effect("fail an outage of more than 10 minutes, however few they are", () =>
    Effect.gen(function*() {
      const slow = Effect.andThen(Effect.sleep("4 minutes"), failed)
      const { nunu, program } = awaitOn(looks(slow))
      assert.strictEqual((yield* failureOf(program))._tag, "WaitFailed")
      assert.deepStrictEqual(nunu.secondsOf("job"), [5, 250, 497.5, 748.75])
    }))

  it.effect("do not fail after one that took long, as when the machine slept meanwhile", () =>
    Effect.gen(function*() {
      const { program } = awaitOn(looks(Effect.andThen(Effect.sleep("8 hours"), failed), failed, Effect.succeed(over)))
      assert.strictEqual((yield* toEnd(program)).length, 1)
    }))

  it.effect("do not fail an outage of just under 10 minutes, when they may be many", () =>
    Effect.gen(function*() {
      const methods: Methods = {
        job: () => Effect.flatMap(seconds, (now) => now <= 600 ? failed : Effect.succeed(over))
      }
      assert.isDefined(yield* during("11 minutes", awaitOn(methods, { failures: 1000 }).program))
    }))

  it.effect("fail an outage longer than that, and not before it is", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn(looks(failed), { failures: 1000 })
      assert.strictEqual((yield* failureOf(program))._tag, "WaitFailed")
      const at = nunu.secondsOf("job")
      assert.isAbove(at.at(-1) ?? 0, 600)
      assert.isAtMost(at.at(-2) ?? 0, 600)
    }))

  it.effect("are put up with as the policy in force says", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn(looks(failed), { failures: 2 })
      yield* failureOf(program)
      assert.strictEqual(nunu.countOf("job"), 3)
    }))
})

describe("a job that the API does not know", () => {
  const unknown = Effect.fail(Failures.notFound)

  it.effect("may come to be known within a minute of the start", () =>
    Effect.gen(function*() {
      const { failures, program } = awaitOn({
        job: () => Effect.flatMap(seconds, (now) => now < 59 ? unknown : Effect.succeed(over))
      })
      assert.strictEqual((yield* toEnd(program)).length, 1)
      assert.isAbove(failures.length, 3)
    }))

  it.effect("fails the wait after that minute", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn(looks(unknown))
      assert.deepStrictEqual(
        yield* failureOf(program),
        new WaitFailed({ jobIds: [jobId()], finished: [], error: Failures.notFound })
      )
      const at = nunu.secondsOf("job")
      assert.isAbove(at.at(-1) ?? 0, 60)
      assert.isAtMost(at.at(-2) ?? 0, 60)
    }))

  it.effect("fails the wait at once when it was known before", () =>
    Effect.gen(function*() {
      const { nunu, program } = awaitOn({
        job: () => Effect.flatMap(seconds, (now) => now < 100 ? Effect.succeed(job({ status: "RUNNING" })) : unknown)
      })
      assert.strictEqual((yield* failureOf(program))._tag, "WaitFailed")
      assert.strictEqual(nunu.secondsOf("job").filter((second) => second >= 100).length, 1)
    }))
})

describe("a look that nothing can help", () => {
  it.effect.each(Failures.hopeless.filter(([name]) => name === "401" || name === "403"))(
    "fails the wait at once: %s",
    ([, error]) =>
      Effect.gen(function*() {
        const { failures, nunu, program } = awaitOn(looks(Effect.fail(error as LookError))) // neither is a 400 or a 402
        const failure = yield* failureOf(program)
        assert.deepStrictEqual(failure, new WaitFailed({ jobIds: [jobId()], finished: [], error }))
        assert.include(failure.message, "Waited for job-1")
        assert.deepStrictEqual(nunu.secondsOf("job"), [5])
        assert.deepStrictEqual(failures, [])
      })
  )

  it.effect("fails the wait for all jobs, which are told", () =>
    Effect.gen(function*() {
      const nunu = stub({ jobs: () => Effect.fail(Failures.unauthorized) })
      const program = awaitRuns([jobId(1), jobId(2), jobId(3)]).pipe(Effect.provide(nunu.layer))
      const failure = yield* failureOf(program)
      assert.deepStrictEqual(
        failure,
        new WaitFailed({
          jobIds: [jobId(1), jobId(2), jobId(3)],
          finished: [],
          error: Failures.unauthorized
        })
      )
    }))
})

it("puts up with ten failures, ten minutes, and a minute of not knowing, unless told otherwise", () => {
  const { failures, outage, unknown } = PollPolicy.defaultPolicy
  assert.deepStrictEqual([failures, Duration.toMinutes(outage), Duration.toSeconds(unknown)], [10, 10, 60])
})
