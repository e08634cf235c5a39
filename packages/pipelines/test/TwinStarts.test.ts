import { assert, describe, it } from "@effect/vitest"
import type { FoundJob } from "../src/FindStarted.ts"
import { split } from "../src/TwinStarts.ts"
import { jobId, startRequest } from "./support/Fixtures.ts"

const plan = { testPlanId: "plan-1", deploymentConfigId: "phones" }

const foundJob = (number: number, createdAt: number | null, executionId: string | null = null): FoundJob => ({
  jobId: jobId(number),
  createdAt,
  executionId
})

const orders = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  list.length < 2 ? [list] : list.flatMap((one, at) => orders(list.toSpliced(at, 1)).map((rest) => [one, ...rest]))

const mapOf = (jobs: ReadonlyArray<FoundJob>) => new Map(jobs.map((job) => [job.jobId, job]))

const numbers = (jobs: ReadonlyArray<FoundJob>) => jobs.map(({ jobId }) => jobId)

describe("twins", () => {
  const [late, old, middle] = [foundJob(1, 30), foundJob(2, 10), foundJob(3, 20)] as const

  it.each(orders([late, old, middle]))(
    "are told apart by when they were created, not by their place in a list: %#",
    (...jobs) => {
      const { oldest, younger } = split(mapOf(jobs), { request: startRequest })
      assert.deepStrictEqual([oldest, younger], [[old], [middle.jobId, late.jobId]])
    }
  )

  it("of the same moment, or of moments that are not told, are told apart by their ids", () => {
    for (const createdAt of [5, null]) {
      for (const jobs of orders([foundJob(8, createdAt), foundJob(7, createdAt), foundJob(9, createdAt)])) {
        assert.deepStrictEqual(numbers(split(mapOf(jobs), { request: startRequest }).oldest), [jobId(7)])
      }
    }
  })
})

describe("twins of a plan", () => {
  it("are as old as the oldest of their jobs, and keep them together, whatever the order of a list", () => {
    const first = [foundJob(1, 40, "a"), foundJob(2, 10, "a")]
    const second = [foundJob(3, 20, "b"), foundJob(4, 15, "b")]
    for (const jobs of orders([...first, ...second])) {
      const { oldest, younger } = split(mapOf(jobs), { request: plan })
      assert.deepStrictEqual([numbers(oldest), younger], [[jobId(2), jobId(1)], [jobId(4), jobId(3)]])
    }
  })

  it("are told apart as ours and those of others where their executions are not told", () => {
    const jobs = [foundJob(1, 40), foundJob(2, 10), foundJob(3, 20), foundJob(4, 30)]
    const { oldest, younger } = split(mapOf(jobs), { request: plan, ours: [jobId(1), jobId(3)] })
    assert.deepStrictEqual([numbers(oldest), younger], [[jobId(2), jobId(4)], [jobId(3), jobId(1)]])
    assert.deepStrictEqual(split(mapOf(jobs), { request: plan }).younger, [], "nothing is stopped on a guess")
  })
})

it("nothing that was found is nobody's", () => {
  assert.deepStrictEqual(split(new Map(), { request: plan }), { oldest: [], younger: [] })
})
