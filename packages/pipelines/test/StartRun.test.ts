import { assert, describe, it } from "@effect/vitest"
import type { StartedRuns, StartRunRequest } from "@nunu-effect/core/StartRun"
import { Effect } from "effect"
import { StartFailed, StartUncertain } from "../src/PipelineError.ts"
import { type Started, startRun, tagPrefix } from "../src/StartRun.ts"
import * as Failures from "./support/Failures.ts"
import { job, jobId, pageOf, run, runId, startedJobs, startRequest, testPlanExecution } from "./support/Fixtures.ts"
import { inTurn, type Methods, type NunuStub, stub } from "./support/NunuStub.ts"
import { failureOf, seconds, toEnd } from "./support/TestTime.ts"

/** Starts on a stub, and takes down what was recorded. */
const startOn = (nunu: NunuStub, request: StartRunRequest = startRequest) => {
  const recorded: Array<Started> = []
  const program = startRun(request, { record: (started) => Effect.sync(() => recorded.push(started)) }).pipe(
    Effect.provide(nunu.layer)
  )
  return { program, recorded }
}

const started = Effect.succeed(startedJobs(1))

/** Fails the first starts so, and answers then. */
const failing = (error: Failures.StartError, times: number) =>
  inTurn<StartedRuns, Failures.StartError>(
    Effect.fail(error),
    ...Array.from({ length: times - 1 }, () => Effect.fail(error)),
    started
  )

/** The tag that a start has sent. */
const tagSent = (nunu: NunuStub): string => {
  const request = nunu.calls.find((call) => call.method === "start")?.input as StartRunRequest // what the stub was given
  return request.additionalTags?.at(-1) ?? ""
}

const nothing = { jobs: () => Effect.succeed(pageOf([])), runs: () => Effect.succeed(pageOf([])) }

/** Lists that are empty until so many seconds have gone. */
const jobsAfter =
  (after: number, jobIds: ReadonlyArray<number>): NonNullable<Methods["jobs"]> => ({ tags = [] } = {}) =>
    Effect.map(seconds, (now) => pageOf(now < after ? [] : jobIds.map((id) => job({ jobId: jobId(id), tags }))))

/** The jobs of one execution, so many at a second. */
const planJobs = (count: (seconds: number) => number): NonNullable<Methods["jobs"]> => ({ tags = [] } = {}) =>
  Effect.map(seconds, (now) =>
    pageOf(
      Array.from({ length: count(now) }, (_, id) => job({ jobId: jobId(id), tags, testPlanExecutionId: "execution-1" }))
    ))

const execution = ({ skipped, totalTests }: { readonly totalTests: number | null; readonly skipped: number | null }) =>
  testPlanExecution({
    totalTests,
    testStatus: skipped === null
      ? null
      : { passed: 0, failed: 0, stopped: 0, queued: 0, running: 0, skipped }
  })

describe("a start that is answered", () => {
  it.effect("gives the handles and records them once", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: () => Effect.succeed({ ...startedJobs(1, 2), runId: runId(7), buildId: "build-1" }) })
      const { program, recorded } = startOn(nunu)
      const result = yield* toEnd(program)
      assert.deepInclude(result, {
        jobIds: [jobId(1), jobId(2)],
        runId: runId(7),
        buildId: "build-1",
        message: "queued"
      })
      assert.deepStrictEqual(recorded, [result])
      assert.strictEqual(nunu.countOf("start"), 1)
    }))

  it.effect("carries a tag of its own behind the caller's, and tells it", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: () => started })
      const request = { ...startRequest, additionalTags: ["nightly"] }
      const first = yield* toEnd(startOn(nunu, request).program)
      const second = yield* toEnd(startOn(nunu, request).program)
      assert.deepStrictEqual(nunu.calls.map((call) => call.input), [
        { ...startRequest, additionalTags: ["nightly", first.tag] },
        { ...startRequest, additionalTags: ["nightly", second.tag] }
      ])
      assert.match(first.tag, /^nunu-effect:[0-9a-z]{7,}$/)
      assert.isTrue(first.tag.startsWith(tagPrefix))
      assert.notStrictEqual(first.tag, second.tag)
    }))
})

describe.each(Failures.notDone)("a start that ends with %s", (_, error) => {
  it.effect("was not done, and is begun again after about 2, 4 and 8 seconds", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 3), ...nothing })
      const { program, recorded } = startOn(nunu)
      assert.deepStrictEqual((yield* toEnd(program)).jobIds, [jobId(1)])
      const at = nunu.secondsOf("start")
      const waits = at.slice(1).map((second, index) => second - (at[index] ?? 0))
      assert.strictEqual(at.length, 4)
      for (const [index, expected] of [2, 4, 8].entries()) {
        assert.closeTo(waits[index] ?? 0, expected, expected * 0.2 + 0.001)
      }
      assert.strictEqual(recorded.length, 1)
    }))

  it.effect("is looked for before each time, and not begun again when it was done after all", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 3), ...nothing, jobs: jobsAfter(4, [3]) })
      const { program, recorded } = startOn(nunu)
      const result = yield* toEnd(program)
      assert.deepStrictEqual(result.jobIds, [jobId(3)])
      assert.deepStrictEqual(recorded, [result])
      assert.deepStrictEqual(nunu.calls.map((call) => call.method), ["start", "jobs", "runs", "start", "jobs", "jobs"])
    }))

  it.effect("carries the same tag each time", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 3), ...nothing })
      yield* toEnd(startOn(nunu).program)
      const starts = nunu.calls.filter((call) => call.method === "start")
      assert.strictEqual(new Set(starts.map((call) => JSON.stringify(call.input))).size, 1)
    }))

  it.effect("fails after the fourth time", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 4), ...nothing })
      const { program, recorded } = startOn(nunu)
      assert.deepStrictEqual(yield* failureOf(program), new StartFailed({ error }))
      assert.strictEqual(nunu.countOf("start"), 4)
      assert.deepStrictEqual(recorded, [])
    }))
})

describe("the last of four starts that end with 503", () => {
  it.effect("is looked for as those before it, 3 seconds later", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.server(503), 9),
        ...nothing,
        jobs: (options) => nunu.countOf("start") < 4 ? nothing.jobs() : jobsAfter(0, [7])(options)
      })
      const { program, recorded } = startOn(nunu)
      assert.deepStrictEqual((yield* toEnd(program)).jobIds, [jobId(7)])
      assert.strictEqual(recorded.length, 1)
      const last = nunu.secondsOf("start").at(-1) ?? 0
      const after = nunu.secondsOf("jobs").filter((second) => second > last)
      assert.strictEqual(after.length, 2)
      for (const second of after) assert.closeTo(second, last + 3, 0.001)
    }))
})

describe("a start that was turned away by a server that cannot be asked about it", () => {
  const down = () => Effect.fail(Failures.server(502))

  it.effect("is not begun again until it can", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.server(503), 1),
        jobs: (options) => Effect.flatMap(seconds, (now) => now < 5 ? down() : jobsAfter(99, [])(options)),
        runs: nothing.runs
      })
      assert.deepStrictEqual((yield* toEnd(startOn(nunu).program)).jobIds, [jobId(1)])
      assert.isTrue(nunu.secondsOf("start").slice(1).every((second) => second > 5))
    }))

  it.effect("has failed when that does not change, begun once", () =>
    Effect.gen(function*() {
      const error = Failures.server(503)
      const nunu = stub({ start: failing(error, 9), jobs: down, runs: down })
      assert.deepStrictEqual(yield* failureOf(startOn(nunu).program), new StartFailed({ error }))
      assert.strictEqual(nunu.countOf("start"), 1)
    }))

  it.effect("is begun again all the same when no connection was made: nothing was sent", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(Failures.refused, 2), jobs: down, runs: down })
      assert.deepStrictEqual((yield* toEnd(startOn(nunu).program)).jobIds, [jobId(1)])
      assert.strictEqual(nunu.countOf("start"), 3)
    }))
})

describe.each(Failures.lost)("a start that ends with %s", (_, error) => {
  it.effect("may have been done: it is looked for among the jobs, and not begun again", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 1), jobs: jobsAfter(0, [4, 5]) })
      const { program, recorded } = startOn(nunu)
      const result = yield* toEnd(program)
      assert.deepStrictEqual(result.jobIds, [jobId(4), jobId(5)])
      assert.strictEqual(result.tag, tagSent(nunu))
      assert.deepStrictEqual(recorded, [result])
      assert.deepStrictEqual(nunu.calls.map((call) => call.method), ["start", "jobs"])
    }))

  it.effect("is uncertain when it is not found within 30 seconds, and not begun again", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 1), ...nothing })
      const { program, recorded } = startOn(nunu)
      const failure = yield* failureOf(program)
      assert.deepStrictEqual(failure, new StartUncertain({ tag: tagSent(nunu), error }))
      assert.include(failure.message, tagSent(nunu))
      assert.deepStrictEqual(recorded, [])
      assert.strictEqual(nunu.countOf("start"), 1)
      assert.deepStrictEqual(nunu.secondsOf("jobs"), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30])
      assert.deepStrictEqual(nunu.secondsOf("runs"), nunu.secondsOf("jobs"))
    }))
})

describe.each(Failures.hopeless)("a start that ends with %s", (_, error) => {
  it.effect("has failed, at once and for good", () =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(error, 1) })
      const { program, recorded } = startOn(nunu)
      assert.deepStrictEqual(yield* Effect.flip(program), new StartFailed({ error }))
      assert.strictEqual(nunu.calls.length, 1)
      assert.deepStrictEqual(recorded, [])
    }))
})

describe("what a lost answer started", () => {
  const find = (methods: Methods) => {
    const nunu = stub({ start: failing(Failures.cut, 1), ...methods })
    return Effect.map(toEnd(startOn(nunu).program), (result) => ({ result, nunu }))
  }

  it.effect("is found when the list of jobs lags behind", () =>
    Effect.gen(function*() {
      const { nunu, result } = yield* find({ ...nothing, jobs: jobsAfter(29, [3]) })
      assert.deepStrictEqual(result.jobIds, [jobId(3)])
      assert.strictEqual(nunu.secondsOf("jobs").at(-1), 30)
    }))

  it.effect("is found among the runs when no job has the tag", () =>
    Effect.gen(function*() {
      const { result } = yield* find({
        ...nothing,
        runs: ({ tags = [] } = {}) => Effect.succeed(pageOf([run({ jobId: jobId(6), tags })]))
      })
      assert.deepStrictEqual(result.jobIds, [jobId(6)])
    }))

  it.effect("is one job, however many attempts of it there are among the runs", () =>
    Effect.gen(function*() {
      const { result } = yield* find({
        ...nothing,
        runs: ({ tags = [] } = {}) =>
          Effect.succeed(pageOf([
            run({ runId: runId(2), jobId: jobId(6), tags }),
            run({ runId: runId(1), jobId: jobId(6), tags })
          ]))
      })
      assert.deepStrictEqual(result.jobIds, [jobId(6)])
    }))

  it.effect("is every job of a large test plan, on however many pages", () =>
    Effect.gen(function*() {
      const numbers = Array.from({ length: 230 }, (_, index) => index)
      const { result } = yield* find({
        ...nothing,
        jobs: ({ page = 0, pageSize = 20, tags = [] } = {}) =>
          Effect.succeed({
            data: numbers.slice(page * pageSize, (page + 1) * pageSize).map((id) => job({ jobId: jobId(id), tags })),
            pagination: { page, pageSize, totalCount: 230, totalPages: Math.ceil(230 / pageSize) }
          })
      })
      assert.deepStrictEqual(result.jobIds.toSorted(), numbers.map(jobId).toSorted())
    }))

  it.effect("is a whole test plan when two looks agree, as its jobs may appear one by one", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.cut, 1),
        ...nothing,
        jobs: ({ tags = [] } = {}) =>
          Effect.map(seconds, (now) =>
            pageOf(
              Array.from({ length: Math.min(4, Math.floor(now / 3)) }, (_, id) => job({ jobId: jobId(id), tags }))
            ))
      })
      const { program, recorded } = startOn(nunu, { testPlanId: "plan-1", deploymentConfigId: "phones" })
      const result = yield* toEnd(program)
      assert.strictEqual(result.jobIds.length, 4)
      assert.strictEqual(nunu.secondsOf("jobs").at(-1), 15)
      assert.deepStrictEqual(recorded, [result])
    }))

  it.effect("is a whole test plan when as many jobs are seen as its execution counts, however long that takes", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.cut, 1),
        ...nothing,
        jobs: planJobs((now) => now < 20 ? 2 : 3),
        execution: () => Effect.succeed(execution({ totalTests: 4, skipped: 1 }))
      })
      const { program, recorded } = startOn(nunu, { testPlanId: "plan-1", deploymentConfigId: "phones" })
      const result = yield* toEnd(program)
      assert.strictEqual(result.jobIds.length, 3)
      assert.strictEqual(result.testPlanExecutionId, "execution-1")
      assert.deepStrictEqual(recorded, [result])
      assert.strictEqual(nunu.secondsOf("jobs").at(-1), 21)
    }))

  it.effect("is a whole test plan at the first look, when its execution counts no more", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.cut, 1),
        ...nothing,
        jobs: planJobs(() => 3),
        execution: () => Effect.succeed(execution({ totalTests: 3, skipped: 0 }))
      })
      yield* toEnd(startOn(nunu, { testPlanId: "plan-1", deploymentConfigId: "phones" }).program)
      assert.deepStrictEqual(nunu.secondsOf("jobs"), [0])
    }))

  it.effect.each<readonly [string, NonNullable<Methods["execution"]>, number]>([
    ["does not tell a count", () => Effect.succeed(execution({ totalTests: null, skipped: null })), 3],
    ["does not count them all yet", () => Effect.succeed(execution({ totalTests: 1, skipped: null })), 3],
    ["is not known", () => Effect.fail(Failures.notFound), 3],
    [
      "cannot be asked for 10 seconds",
      () =>
        Effect.flatMap(
          seconds,
          (now) =>
            now < 10 ? Effect.fail(Failures.server(500)) : Effect.succeed(execution({ totalTests: 2, skipped: null }))
        ),
      12
    ]
  ])("is a whole test plan when two looks agree and its execution %s", ([, answer, until]) =>
    Effect.gen(function*() {
      const nunu = stub({ start: failing(Failures.cut, 1), ...nothing, jobs: planJobs(() => 2), execution: answer })
      const { program } = startOn(nunu, { testPlanId: "plan-1", deploymentConfigId: "phones" })
      assert.strictEqual((yield* toEnd(program)).jobIds.length, 2)
      assert.strictEqual(nunu.secondsOf("jobs").at(-1), until)
    }))

  it.effect("is uncertain when the jobs of a test plan have not all appeared after 30 seconds; those seen are recorded", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.cut, 1),
        ...nothing,
        jobs: ({ tags = [] } = {}) =>
          Effect.map(seconds, (now) => pageOf([job({ jobId: jobId(Math.floor(now)), tags })]))
      })
      const { program, recorded } = startOn(nunu, { testPlanId: "plan-1", deploymentConfigId: "phones" })
      assert.strictEqual((yield* failureOf(program))._tag, "StartUncertain")
      assert.deepStrictEqual(recorded.map(({ jobIds }) => jobIds.length), [11])
    }))

  it.effect("is not a job or a run with another tag, although the API lists it", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: failing(Failures.cut, 1),
        jobs: () => Effect.succeed(pageOf([job({ tags: ["nunu-effect:other"] }), job()])),
        runs: () => Effect.succeed(pageOf([run({ tags: ["nunu-effect:other"] }), run()]))
      })
      assert.strictEqual((yield* failureOf(startOn(nunu).program))._tag, "StartUncertain")
    }))

  it.effect("is looked for on while lists cannot be read", () =>
    Effect.gen(function*() {
      const { result } = yield* find({
        ...nothing,
        jobs: (options) =>
          Effect.flatMap(seconds, (now) => now < 15 ? Effect.fail(Failures.server(500)) : jobsAfter(0, [8])(options))
      })
      assert.deepStrictEqual(result.jobIds, [jobId(8)])
    }))

  it.effect("is uncertain when lists can never be read", () =>
    Effect.gen(function*() {
      const down = () => Effect.fail(Failures.refused)
      const nunu = stub({ start: failing(Failures.server(502), 1), jobs: down, runs: down })
      assert.strictEqual((yield* failureOf(startOn(nunu).program))._tag, "StartUncertain")
      assert.strictEqual(nunu.countOf("start"), 1)
    }))

  it.effect("is looked for after a refusal too, if the next answer is lost", () =>
    Effect.gen(function*() {
      const nunu = stub({
        start: inTurn<StartedRuns, Failures.StartError>(
          Effect.fail(Failures.tooMany),
          Effect.fail(Failures.refused),
          Effect.fail(Failures.cut)
        ),
        ...nothing,
        jobs: jobsAfter(7.3, [2])
      })
      const { program, recorded } = startOn(nunu)
      assert.deepStrictEqual((yield* toEnd(program)).jobIds, [jobId(2)])
      assert.strictEqual(nunu.countOf("start"), 3)
      assert.strictEqual(recorded.length, 1)
    }))
})
