import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { connect, onBoth } from "./support/Emulators.ts"
import { askWithKey } from "./support/Plain.ts"
import { start, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"

onBoth("lists", { script: () => crossing }, (test) => {
  test("jobs are found by tags, which must all match, newest first", function*() {
    const nunu = yield* connect()
    const one = yield* start(nunu, { additionalTags: ["nightly", "a"] })
    const two = yield* start(nunu, { additionalTags: ["nightly", "b"] })
    const found = (tags?: ReadonlyArray<string>) =>
      Effect.map(nunu.jobs.list(tags === undefined ? {} : { tags }), ({ data }) => data.map(({ jobId }) => jobId))
    assert.deepStrictEqual(yield* found(["nightly"]), [two, one])
    assert.deepStrictEqual(yield* found(["a", "nightly"]), [one])
    assert.deepStrictEqual(yield* found(["a", "b"]), [])
    assert.deepStrictEqual(yield* found(["night"]), [])
    assert.deepStrictEqual(yield* found(), [two, one])
  })

  test("pages hold every job once", function*() {
    const nunu = yield* connect()
    const ids = yield* Effect.replicateEffect(start(nunu), 25)
    const first = yield* nunu.jobs.list()
    assert.deepStrictEqual(first.pagination, { page: 0, pageSize: 20, totalCount: 25, totalPages: 2 })
    const second = yield* nunu.jobs.list({ page: 1 })
    assert.deepStrictEqual([...first.data, ...second.data].map(({ jobId }) => jobId), ids.toReversed())
    assert.deepStrictEqual((yield* nunu.jobs.list({ page: 2 })).data, [])
    const small = yield* nunu.jobs.list({ page: 2, pageSize: 10 })
    assert.deepStrictEqual([small.data.length, small.pagination.totalPages], [5, 3])
    assert.strictEqual((yield* nunu.jobs.list({ pageSize: 100 })).data.length, 25)
  })

  test("pages out of bounds are refused in words", function*() {
    const nunu = yield* connect()
    for (const path of ["/jobs?page_size=101", "/jobs?page=-1", "/runs?page_size=0", "/runs?page=x"] as const) {
      const error = yield* Effect.flip(nunu.request({ method: "GET", path }))
      assert.deepInclude(error, { _tag: "BadRequest", status: 400 }, path)
      assert.include(error.message, "page")
    }
  })

  test("jobs are filtered by status and test", function*() {
    const nunu = yield* connect()
    const old = yield* start(nunu)
    yield* wait(45)
    const middle = yield* start(nunu, { multiplayerTestId: "test-2" })
    yield* wait(12)
    const young = yield* start(nunu)
    const found = (options: Parameters<typeof nunu.jobs.list>[0]) =>
      Effect.map(nunu.jobs.list(options), ({ data }) => data.map(({ jobId }) => jobId))
    assert.deepStrictEqual(yield* found({ status: "queued" }), [young])
    assert.deepStrictEqual(yield* found({ status: "running" }), [middle])
    assert.deepStrictEqual(yield* found({ status: "completed" }), [old])
    assert.deepStrictEqual(yield* found({ status: "all" }), [young, middle, old])
    assert.deepStrictEqual(yield* found({ multiplayerTestId: "test-2" }), [middle])
  })

  test("runs are filtered by state, job, tags and test", function*() {
    const nunu = yield* connect()
    const old = yield* start(nunu, { additionalTags: ["a"] })
    yield* wait(45)
    const young = yield* start(nunu, { multiplayerTestId: "test-2" })
    yield* wait(12)
    const found = (options?: Parameters<typeof nunu.runs.list>[0]) =>
      Effect.map(nunu.runs.list(options), ({ data }) => data.map(({ jobId }) => jobId))
    assert.deepStrictEqual(yield* found(), [young, old])
    assert.deepStrictEqual(yield* found({ state: "running" }), [young])
    assert.deepStrictEqual(yield* found({ state: "completed" }), [old])
    assert.deepStrictEqual(yield* found({ jobId: old }), [old])
    assert.deepStrictEqual(yield* found({ tags: ["a"] }), [old])
    assert.deepStrictEqual(yield* found({ multiplayerTestId: "test-2" }), [young])
    assert.deepStrictEqual((yield* nunu.runs.list({ page: 1, pageSize: 1 })).pagination.totalPages, 2)
  })

  test("have their bugs in them where that is asked for", function*() {
    const nunu = yield* connect()
    yield* start(nunu)
    yield* wait(100)
    const [plain, bugs] = yield* Effect.forEach(
      ["", "?bugs=true"],
      (query) => Effect.map(askWithKey({ path: `/api/v1/runs${query}` }), ({ text }) => JSON.parse(text).data[0].bugs)
    )
    assert.isUndefined(plain)
    assert.deepStrictEqual(bugs, [
      { title: "The bug bug_early", detected_at: "1970-01-01T00:00:20.000Z", player_number: 1 },
      { title: "The bug bug_late", detected_at: "1970-01-01T00:01:15.000Z", player_number: 1 }
    ])
  })
})
