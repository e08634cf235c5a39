import { assert } from "@effect/vitest"
import { SharedStepsId } from "@nunu-effect/core/SharedSteps"
import { Test, TestId } from "@nunu-effect/core/Test"
import { Effect, Schema } from "effect"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { start } from "./support/Runs.ts"

const request = {
  test: {
    name: "Shop",
    testType: "verification",
    tags: ["shop"],
    playersByKey: { p1: { name: "Ada", itemsByKey: { a: { type: "step", goal: "Buy a sword" } }, itemOrder: ["a"] } },
    playerOrder: ["p1"]
  }
} as const
const unknownTest = TestId.make("unknown")

onBoth("tests", {}, (test) => {
  test("are made with version 0, and each change makes another", function*() {
    const { tests } = yield* connect()
    const made = yield* tests.create(request)
    assert.deepInclude(made, { version: 0, name: "Shop", testType: "verification" })
    assert.strictEqual(made.playersByKey?.["p1"]?.itemsByKey?.["a"]?.goal, "Buy a sword")
    const patch = { name: "Shop 2", id: "other", players_by_key: { p1: { items_by_key: { a: { max_seconds: 60 } } } } }
    const changed = yield* tests.update(made.id, { expectedVersion: 0, patch })
    assert.deepInclude(changed, { id: made.id, version: 1, name: "Shop 2", tags: ["shop"] })
    assert.deepInclude(changed.playersByKey?.["p1"]?.itemsByKey?.["a"], { goal: "Buy a sword", maxSeconds: 60 })
    assert.deepStrictEqual(yield* tests.get(made.id), changed)
    assert.deepStrictEqual(yield* tests.get(made.id, { version: 0 }), made)
    assert.strictEqual((yield* Effect.flip(tests.get(made.id, { version: 2 })))._tag, "NotFound")
  })

  test("are not changed from an old version, nor into what is not valid", function*() {
    const { tests } = yield* connect()
    const { id } = yield* tests.create(request)
    yield* tests.update(id, { expectedVersion: 0, patch: { quarantined: true } })
    const conflict = yield* Effect.flip(tests.update(id, { expectedVersion: 0, patch: { quarantined: false } }))
    assert.deepInclude<object>(conflict, { _tag: "Conflict", expected_version: 0, latest_version: 1 })
    const invalid = yield* Effect.flip(tests.update(id, { expectedVersion: 1, patch: { tags: "none" } }))
    assert.strictEqual(invalid._tag, "BadRequest")
    assert.strictEqual((yield* tests.get(id)).quarantined, true)
    assert.strictEqual((yield* Effect.flip(tests.create({ test: { ...request.test, name: "" } })))._tag, "BadRequest")
  })

  test("are deleted, with their runs where that was asked for", function*() {
    const nunu = yield* connect()
    const { tests } = nunu
    const { id } = yield* tests.create(request)
    yield* start(nunu, { multiplayerTestId: id })
    assert.strictEqual((yield* Effect.flip(tests.delete(id)))._tag, "Conflict")
    assert.deepStrictEqual(yield* tests.delete(id, { deleteAssociatedJobs: true }), { id, deleted: true })
    assert.deepStrictEqual((yield* nunu.jobs.list()).data, [])
    for (const gone of [tests.delete(id), tests.delete(unknownTest)]) {
      assert.strictEqual((yield* Effect.flip(gone))._tag, "NotFound")
    }
  })
})

onBoth("shared steps", {}, (test) => {
  test("are there for the login, and have versions too", function*() {
    const { sharedSteps } = yield* connect()
    const login = yield* sharedSteps.get(SharedStepsId.make("ssc_login"))
    assert.deepInclude(login, { version: 1, isShared: true, stepOrder: ["a"] })
    const change = { expectedVersion: 1, patch: { name: "Sign in", is_shared: false, step_order: [] } }
    const changed = yield* sharedSteps.update(login.id, change)
    assert.deepInclude(changed, { version: 2, name: "Sign in", isShared: true, stepOrder: [] })
    assert.deepStrictEqual(yield* sharedSteps.get(login.id, { version: 1 }), login)
    const conflict = yield* Effect.flip(sharedSteps.update(login.id, change))
    assert.deepInclude<object>(conflict, { _tag: "Conflict", expected_version: 1, latest_version: 2 })
    assert.strictEqual((yield* Effect.flip(sharedSteps.get(SharedStepsId.make("ssc_no"))))._tag, "NotFound")
  })
})

onBoth("a test with shared steps", {
  data: {
    tests: [
      Schema.decodeSync(Test)({
        id: "t-shared",
        version: 0,
        name: "Shop",
        test_type: "task",
        players_by_key: {
          p1: {
            items_by_key: { a: { type: "step", goal: "Buy" }, b: { type: "shared_collection" } },
            item_order: ["b", "a"]
          }
        },
        player_order: ["p1"]
      })
    ]
  }
}, (test) => {
  const id = TestId.make("t-shared")
  const items = (read: Test) => read.playersByKey?.["p1"]?.itemOrder

  test("is read with or without them", function*() {
    const { tests } = yield* connect()
    assert.deepStrictEqual(items(yield* tests.get(id)), ["b", "a"])
    assert.deepStrictEqual(items(yield* tests.get(id, { includeSharedSteps: false })), ["a"])
    const changed = { expectedVersion: 0, patch: { name: "Shop 2" } }
    assert.deepStrictEqual(items(yield* tests.update(id, changed, { includeSharedSteps: false })), ["a"])
    assert.deepStrictEqual(items(yield* tests.get(id)), ["b", "a"])
  })

  test("is changed without touching them; written anew it is refused, or they are dropped", function*() {
    const { tests } = yield* connect()
    assert.deepStrictEqual(items(yield* tests.update(id, { expectedVersion: 0, patch: { name: "Shop 2" } })), [
      "b",
      "a"
    ])
    const patch = { players_by_key: { p1: { items_by_key: { c: { type: "shared_collection" } } } } }
    const refused = yield* Effect.flip(tests.update(id, { expectedVersion: 1, patch }))
    assert.deepInclude(refused, { _tag: "BadRequest" })
    const bare = yield* tests.update(id, { expectedVersion: 1, patch: {} }, { includeSharedSteps: false })
    assert.deepStrictEqual(items(bare), ["a"])
    const dropped = yield* tests.update(id, { expectedVersion: 2, patch, sharedStepsMode: "drop" })
    assert.deepStrictEqual([Object.keys(dropped.playersByKey?.["p1"]?.itemsByKey ?? {}), items(dropped)], [["a"], [
      "a"
    ]])
  })

  test("is kept where it was put", function*() {
    const { tests } = yield* connect()
    const { snapshot } = yield* Emulator
    const made = yield* tests.create({ ...request, folderPath: "/shops" })
    yield* tests.update(made.id, { expectedVersion: 0, patch: {}, folderId: "folder-7" })
    yield* tests.update(id, { expectedVersion: 0, patch: {}, folderPath: null })
    const inFolder = yield* tests.create({ ...request, folderId: "folder-8" })
    assert.deepStrictEqual((yield* snapshot).folders.map(([id, folder]) => [String(id), folder]), [
      [String(made.id), { id: "folder-7" }],
      ["t-shared", { path: null }],
      [String(inFolder.id), { id: "folder-8" }]
    ])
  })
})
