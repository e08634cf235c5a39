import { assert } from "@effect/vitest"
import { TestPlanId } from "@nunu-effect/core/TestPlan"
import { TestPlanExecutionId } from "@nunu-effect/core/TestPlanExecution"
import { connect, onBoth, refusals } from "./support/Emulators.ts"
import { start, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"

const items = [{ multiplayerTestId: "test-1", retries: 2 }, { multiplayerTestId: "test-2" }]
const deployment = { deploymentConfigId: "deployment-1" }
const unknownPlan = TestPlanId.make("unknown")

onBoth("test plans", { script: (number) => ({ ...crossing, result: number === 0 ? "SUCCESS" : "FAILED" }) }, (test) => {
  test("are made, read and changed, all but the id", function*() {
    const { testPlans } = yield* connect()
    const plan = yield* testPlans.create({ testPlan: { name: "Smoke", testItems: items } })
    assert.deepStrictEqual(plan.testItems.map(({ retries }) => retries), [2, 0])
    assert.deepStrictEqual(yield* testPlans.get(plan.id), plan)
    const patch = { id: "other", name: "Smoke 2", test_items: [{ multiplayer_test_id: "test-3", retries: 1 }] }
    const changed = yield* testPlans.update(plan.id, { patch })
    assert.deepStrictEqual([changed.id, changed.name, changed.testItems.length], [plan.id, "Smoke 2", 1])
    assert.isNotNull(changed.modifiedAt)
    assert.deepStrictEqual(yield* testPlans.get(plan.id), changed)
  })

  test("are refused when they are not there, or not valid", function*() {
    const { testPlans } = yield* connect()
    const missing = yield* refusals<unknown, never>(
      testPlans.get(unknownPlan),
      testPlans.update(unknownPlan, { patch: {} }),
      testPlans.start(unknownPlan, deployment)
    )
    for (const error of missing) assert.deepInclude<object>(error as object, { _tag: "NotFound" })
    const { id } = yield* testPlans.create({ testPlan: { name: "Empty" } })
    const invalid = yield* refusals<unknown, never>(
      testPlans.create({ testPlan: { name: "" } }),
      testPlans.update(id, { patch: { test_items: 7 } }),
      testPlans.start(id, deployment)
    )
    for (const error of invalid) assert.deepInclude<object>(error as object, { _tag: "BadRequest" })
  })

  test("are started as one execution, which counts its tests until all are over", function*() {
    const { jobs, runs, testPlanExecutions, testPlans } = yield* connect()
    const plan = yield* testPlans.create({ testPlan: { name: "Smoke", testItems: items } })
    const started = yield* testPlans.start(plan.id, { ...deployment, additionalTags: ["nightly"] })
    assert.strictEqual(started.jobIds.length, 2)
    const id = TestPlanExecutionId.make(started.testPlanExecutionId ?? "")
    const queued = yield* testPlanExecutions.get(id)
    assert.deepInclude(queued, { status: "QUEUED", totalTests: 2, completedAt: null })
    assert.deepInclude(queued.testStatus, { queued: 2, running: 0 })
    yield* wait(20)
    yield* runs.stop([started.jobIds[1] ?? started.jobIds[0]])
    assert.deepInclude((yield* testPlanExecutions.get(id)).testStatus, { running: 1, stopped: 1 })
    yield* wait(25)
    const over = yield* testPlanExecutions.get(id)
    assert.deepInclude(over, { status: "COMPLETED", testPlanName: "Smoke", durationMs: 45_000 })
    assert.deepStrictEqual(over.testStatus, { passed: 1, failed: 0, stopped: 1, queued: 0, running: 0, skipped: null })
    const found = yield* jobs.list({ testPlanExecutionId: id, tags: ["nightly"] })
    assert.sameMembers(found.data.map(({ jobId }) => jobId), [...started.jobIds])
    assert.strictEqual((yield* runs.list({ testPlanExecutionId: id })).data.length, 2)
    assert.strictEqual((yield* runs.list({ testPlanExecutionId: "other" })).data.length, 0)
  })

  test("are started by the start of runs as well", function*() {
    const { runs, testPlans } = yield* connect()
    const plan = yield* testPlans.create({ testPlan: { name: "Smoke", testItems: items } })
    const started = yield* runs.start({ ...deployment, testPlanId: plan.id })
    assert.strictEqual(started.jobIds.length, 2)
    assert.isNotNull(started.testPlanExecutionId)
  })

  test("have executions in lists, filtered and sorted", function*() {
    const nunu = yield* connect()
    const { testPlanExecutions, testPlans } = nunu
    yield* start(nunu)
    const ids: Array<string> = []
    for (const name of ["B", "A"]) {
      const plan = yield* testPlans.create({ testPlan: { name, testItems: items } })
      ids.push((yield* testPlans.start(plan.id, deployment)).testPlanExecutionId ?? "")
      yield* wait(50)
    }
    const [b, a] = ids
    const listed = (options?: Parameters<typeof testPlanExecutions.list>[0]) => testPlanExecutions.list(options)
    assert.deepStrictEqual<unknown>((yield* listed()).data.map(({ id }) => id), [a, b])
    const byName = yield* listed({ sortBy: "test_plan_name", sortOrder: "asc", pageSize: 1 })
    assert.deepStrictEqual<unknown>([byName.data[0]?.id, byName.pagination.totalPages], [a, 2])
    assert.strictEqual((yield* listed({ status: "completed" })).data.length, 2)
    assert.strictEqual((yield* listed({ status: "queued" })).data.length, 0)
    assert.strictEqual((yield* listed({ testPlanId: "other" })).data.length, 0)
    const error = (yield* refusals<unknown, never>(testPlanExecutions.get(TestPlanExecutionId.make("other"))))[0]
    assert.deepInclude<object>(error as object, { _tag: "NotFound" })
  })
})
