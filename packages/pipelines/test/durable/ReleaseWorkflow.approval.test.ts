import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import { script } from "../support/Emulated.ts"
import * as Durable from "./support/Durable.ts"

const alice = { by: "alice", approved: true, comment: "" }

const waiting = Effect.gen(function*() {
  yield* ReleaseWorkflow.begin(Durable.requestOf(yield* Durable.file, { approval: true }))
  return yield* Durable.until("awaiting-approval")
})

describe("a release that needs approval", () => {
  it.effect("starts nothing before somebody has agreed, however long that takes", () =>
    Effect.gen(function*() {
      yield* waiting
      yield* TestClock.adjust("3 days")
      const before = yield* Durable.remote
      assert.deepStrictEqual([before.builds.length, before.jobs.length], [1, 0])
      yield* ReleaseWorkflow.approve("release-1", alice)
      const { outcome } = yield* Durable.until("passed")
      assert.strictEqual(outcome?.status, "passed")
      const words = yield* Durable.words()
      assert.deepStrictEqual(words.slice(words.indexOf("ApprovalAsked")), [
        "ApprovalAsked",
        "Approved",
        "Started",
        "RunChanged",
        "RunsEnded",
        "Ended"
      ])
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))

  it.effect("ends when somebody says no", () =>
    Effect.gen(function*() {
      yield* waiting
      yield* ReleaseWorkflow.approve("release-1", { by: "bob", approved: false, comment: "too late today" })
      const { outcome } = yield* Durable.until("cancelled")
      const { builds, jobs } = yield* Durable.remote
      assert.strictEqual(jobs.length, 0)
      assert.deepStrictEqual(outcome, {
        status: "cancelled",
        summary: "Not approved by bob: too late today",
        buildId: builds[0]?.id ?? null,
        jobIds: [],
        bugs: [],
        leftBehind: []
      })
    }).pipe(Effect.provide(Durable.layer())))

  it.effect("takes the first answer, and none when it does not wait for one", () =>
    Effect.gen(function*() {
      yield* waiting
      yield* ReleaseWorkflow.approve("release-1", alice)
      yield* ReleaseWorkflow.approve("release-1", { ...alice, approved: false })
      yield* Durable.until("passed")
      const late = yield* Effect.flip(ReleaseWorkflow.approve("release-1", alice))
      assert.strictEqual(
        late.message,
        "Cannot answer for release release-1 as it does not wait for approval: it is passed"
      )
      const unknown = yield* Effect.flip(ReleaseWorkflow.approve("release-2", alice))
      assert.strictEqual(unknown.message, "Cannot find release release-2: nobody has submitted it here")
    }).pipe(Effect.provide(Durable.layer({ script: () => script() }))))
})
