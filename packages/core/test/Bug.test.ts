import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Bugs from "./fixtures/Bugs.ts"
import { answering, runId } from "./support/Client.ts"

const bugs = (body: unknown) => answering({ status: 200, body }, (nunu) => nunu.runs.bugs(runId))

describe("RunBugs", () => {
  it.effect("reads the early list as one full page", () =>
    Effect.gen(function*() {
      const page = yield* bugs(Bugs.early)
      assert.deepStrictEqual(page.pagination, { page: 0, pageSize: 1, totalCount: 1, totalPages: 1 })
      const [bug] = page.data
      assert.strictEqual(bug?.bugId, "bug_8a1b2c3d")
      assert.strictEqual(bug?.severity, "high")
      assert.deepStrictEqual(bug?.reproductionSteps, ["Open the menu", "Press Shop"])
      assert.deepStrictEqual(bug?.details, { element_id: "shop" })
      assert.strictEqual(bug?.detectedAt?.epochMilliseconds, Date.UTC(2026, 0, 9, 8, 17))
    }))

  it.effect("reads the latest page", () =>
    Effect.gen(function*() {
      const page = yield* bugs(Bugs.latest)
      assert.deepStrictEqual(page.pagination, { page: 0, pageSize: 2, totalCount: 2, totalPages: 1 })
      assert.strictEqual(page.data[0]?.title, "The shop button does nothing")
      assert.strictEqual(page.data[0]?.playerNumber, 0)
    }))

  it.effect("needs no more of a bug than id and title, and keeps words that are not known", () =>
    Effect.gen(function*() {
      const bug = (yield* bugs(Bugs.latest)).data[1]
      assert.strictEqual(bug?.severity, "blocker")
      assert.strictEqual(bug?.category, "haptics")
      assert.isNull(bug?.bugId)
      assert.isNull(bug?.description)
      assert.isNull(bug?.details)
    }))

  it.effect.each([Bugs.none, { multiplayer_run_id: "k3v9x1q8m2zt", bug_occurrences: [] }])(
    "reads an empty list as no bugs: %j",
    (body) =>
      Effect.gen(function*() {
        const page = yield* bugs(body)
        assert.deepStrictEqual(page.data, [])
        assert.strictEqual(page.pagination.totalPages, 0)
      })
  )
})
