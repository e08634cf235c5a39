import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { ReleaseLog } from "../../src/durable/ReleaseLog.ts"
import * as ReleaseWorkflow from "../../src/durable/ReleaseWorkflow.ts"
import { script } from "../support/Emulated.ts"
import { passToEnd, seconds } from "../support/TestTime.ts"
import * as Durable from "./support/Durable.ts"

const withScript = (more: Parameters<typeof script>[0] = {}) => ({ script: () => script(more) })

describe("a durable release", () => {
  it.effect("makes a build, tests it and gives a verdict", () =>
    Effect.gen(function*() {
      const outcome = yield* passToEnd(ReleaseWorkflow.execute(Durable.requestOf(yield* Durable.file)))
      const { builds, jobs, violations } = yield* Durable.remote
      assert.deepInclude(outcome, {
        status: "passed",
        buildId: builds[0]?.id ?? null,
        bugs: [],
        leftBehind: []
      })
      assert.deepStrictEqual(outcome.jobIds.map(String), [jobs[0]?.jobId])
      assert.deepStrictEqual([builds.length, jobs.length, violations.length], [1, 1, 0])
      assert.deepStrictEqual(yield* Durable.words(), [
        "Queued",
        "Admitted",
        "UploadProgress",
        "Uploaded",
        "Started",
        "RunChanged",
        "RunsEnded",
        "Ended"
      ])
      const log = yield* ReleaseLog
      const report: { readonly verdict?: string } = JSON.parse(
        Option.getOrElse(yield* log.report("release-1"), () => "")
      )
      assert.strictEqual(report.verdict, "passed")
    }).pipe(Effect.provide(Durable.layer(withScript()))))

  it.effect("takes a run of two hours in a moment", () =>
    Effect.gen(function*() {
      const outcome = yield* passToEnd(ReleaseWorkflow.execute(Durable.requestOf(yield* Durable.file)), "1 minute")
      assert.strictEqual(outcome.status, "passed")
      assert.isAbove(yield* seconds, 7200)
    }).pipe(Effect.provide(Durable.layer(withScript({ players: [[{ goal: "Play", seconds: 7200 }]] })))))
})
