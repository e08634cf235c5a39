import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as StopRuns from "../src/StopRuns.ts"
import * as Answers from "./fixtures/StopRuns.ts"
import { answering, jobId, scripted, sentJson } from "./support/Client.ts"

const stop = (status: number, body: unknown) => answering({ status, body }, (nunu) => nunu.runs.stop([jobId]))

describe("StoppedRuns", () => {
  it.effect("tells of a 200 that every job was stopped", () =>
    Effect.gen(function*() {
      const stopped = yield* stop(200, Answers.all)
      assert.isTrue(stopped.ok)
      assert.deepStrictEqual([stopped.receivedCount, stopped.stoppedCount], [1, 1])
      assert.isNull(stopped.results[0]?.error)
    }))

  it.effect("tells of a 207 which jobs were not", () =>
    Effect.gen(function*() {
      const stopped = yield* stop(207, Answers.some)
      assert.isFalse(stopped.ok)
      assert.deepStrictEqual(stopped.results.map((result) => result.ok), [true, false])
      assert.strictEqual(stopped.results[1]?.error, "Job already completed")
    }))

  it.effect("is data, not an error, of a 404 that matched nothing", () =>
    Effect.gen(function*() {
      const stopped = yield* stop(404, Answers.none)
      assert.isFalse(stopped.ok)
      assert.deepStrictEqual(stopped.results, [])
    }))

  it.effect("is an error of a 404 with another body, such as that of a wrong URL", () =>
    Effect.gen(function*() {
      const error = yield* stop(404, { error: "Not found" }).pipe(Effect.flip)
      assert.strictEqual(error._tag, "UnexpectedResponse")
      assert.strictEqual(error.status, 404)
    }))

  it.effect("is asked for by job ids", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: Answers.all })
      yield* (yield* nunu).runs.stop([jobId])
      assert.deepStrictEqual(sentJson(asked[0]), { job_ids: [jobId] })
    }))
})

describe("isOver", () => {
  const result = { jobId, ok: false, status: 500, message: null, error: null }

  it("is true of a job that was stopped", () => {
    assert.isTrue(StopRuns.isOver({ ...result, ok: true }))
  })

  it.each(["Job already completed", "job already been stopped", "Already finished"])("is true of \"%s\"", (error) => {
    assert.isTrue(StopRuns.isOver({ ...result, error }))
    assert.isTrue(StopRuns.isOver({ ...result, message: error }))
  })

  it.each(["Internal error", "Job could not be completed"])("is false of \"%s\"", (error) => {
    assert.isFalse(StopRuns.isOver({ ...result, error }))
  })

  it("is false without words", () => {
    assert.isFalse(StopRuns.isOver(result))
  })
})
