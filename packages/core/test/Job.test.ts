import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Jobs from "./fixtures/Jobs.ts"
import { answering, jobId } from "./support/Client.ts"

const get = (body: unknown) => answering({ status: 200, body }, (nunu) => nunu.jobs.get(jobId))

describe("Job", () => {
  it.effect("holds one run for each attempt, with the results normalised", () =>
    Effect.gen(function*() {
      const job = yield* get(Jobs.single)
      assert.strictEqual(job.status, "COMPLETED")
      assert.deepStrictEqual(job.runs.map((run) => [run.runId, run.result, run.players]), [
        ["q1w2e3r4t5y", "FAILED", 1],
        ["7hd02mqx4vb", "SUCCESS", 1]
      ])
      assert.deepStrictEqual(job.retries, { total: 1, remaining: 0 })
      assert.deepStrictEqual(job.templateData, { hero: "Ada" })
    }))

  it.effect("that was refused tells why and keeps a status that is not known", () =>
    Effect.gen(function*() {
      const job = yield* get(Jobs.rejected)
      assert.strictEqual(job.status, "REJECTED")
      assert.strictEqual(job.queueRejectionReason, "No device is free")
      assert.isNull(job.templateData)
      assert.deepStrictEqual(job.runs, [])
    }))

  it.effect("in the queue has null and empty lists for what is not known yet", () =>
    Effect.gen(function*() {
      const job = yield* get(Jobs.queued)
      assert.strictEqual(job.status, "QUEUED")
      assert.isNull(job.completedAt)
      assert.isNull(job.stoppedBy)
      assert.isNull(job.retries)
      assert.deepStrictEqual(job.tags, [])
      assert.deepStrictEqual(job.runs, [])
    }))

  it.effect("is listed in pages", () =>
    Effect.gen(function*() {
      const page = yield* answering({ status: 200, body: Jobs.list }, (nunu) => nunu.jobs.list())
      assert.deepStrictEqual(page.data.map((job) => job.status), ["COMPLETED", "REJECTED", "QUEUED"])
      assert.strictEqual(page.pagination.totalCount, 3)
    }))
})
