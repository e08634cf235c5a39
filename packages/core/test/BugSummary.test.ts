import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Raw from "../src/Raw.ts"
import * as Bugs from "./fixtures/Bugs.ts"
import { featureOff } from "./fixtures/Errors.ts"
import { answering, bugId } from "./support/Client.ts"

describe("BugSummary", () => {
  it.effect("is listed in pages, with words that may be new", () =>
    Effect.gen(function*() {
      const { data } = yield* answering({ status: 200, body: Bugs.summaries }, (nunu) => nunu.bugs.list())
      assert.deepStrictEqual(data.map(({ severity, status }) => [severity, status]), [
        ["high", "active"],
        ["blocker", "merged"]
      ])
      assert.strictEqual(data[0]?.occurrenceCount, 2)
      assert.deepStrictEqual(data[1]?.tags, [])
      assert.isNull(data[1]?.createdAt)
      assert.deepStrictEqual<unknown>(data.map(Raw.of), Bugs.summaries.data)
    }))

  it.effect("in the single view has its occurrences and their reviews", () =>
    Effect.gen(function*() {
      const bug = yield* answering({ status: 200, body: Bugs.details }, (nunu) => nunu.bugs.get(bugId))
      assert.strictEqual(bug.id, bugId)
      assert.strictEqual(bug.occurrences[0]?.runId, "7hd02mqx4vb")
      assert.strictEqual(bug.occurrences[0]?.reviewComment, "Seen it too")
      assert.isNull(bug.occurrences[1]?.reviewedAt)
      assert.deepStrictEqual<unknown>(Raw.of(bug), Bugs.details)
    }))

  it.effect("is forbidden where the project lacks the feature", () =>
    Effect.gen(function*() {
      const error = yield* answering({ status: 403, body: featureOff }, (nunu) => nunu.bugs.list()).pipe(Effect.flip)
      assert.strictEqual(error._tag, "Forbidden")
      assert.include(error.message, "bug_review")
    }))
})
