import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { awaitBugs, type PipelineEvent, type RunOptions } from "../src/Pipeline.ts"
import { jobsOf } from "../src/PipelineResult.ts"
import { startRun } from "../src/StartRun.ts"
import * as Emulated from "./support/Emulated.ts"
import { startRequest } from "./support/Fixtures.ts"
import { during, passToEnd } from "./support/TestTime.ts"

const { script, scriptedBug } = Emulated

/** Two jobs that somebody else has started, and a wait for them. */
const waiting = Effect.fnUntraced(function*(options: RunOptions = {}) {
  const [one, two] = yield* Effect.all([startRun(startRequest), startRun(startRequest)])
  const jobIds = [one.jobIds[0], two.jobIds[0]] as const
  const events: Array<PipelineEvent> = []
  const program = awaitBugs(jobIds, { onEvent: (event) => Effect.sync(() => events.push(event)), ...options })
  return { jobIds, events, program }
})

describe("awaitBugs", () => {
  it.effect("judges jobs that were started before, by the bugs of all", () =>
    Effect.gen(function*() {
      const { events, jobIds, program } = yield* waiting()
      const result = yield* passToEnd(program)
      assert.strictEqual(result.program, "wait")
      assert(result.verdict._tag === "Failed")
      assert.deepStrictEqual(jobsOf(result).map(({ job }) => job.jobId), [...jobIds])
      assert.deepStrictEqual(jobsOf(result).map(({ bugs, settled }) => [bugs?.length, settled]), [[1, true], [1, true]])
      assert.deepInclude(result.trials[0], { name: "Rope bridge", started: null, error: null })
      assert.deepInclude(result.trials[0]?.target, { deploymentConfigId: null, buildId: null })
      assert.strictEqual(events.at(-1)?._tag, "Finished")
    }).pipe(Effect.provide(Emulated.layer({ script: () => script({ bugs: [scriptedBug(3, "high")] }) }))))

  it.effect("leaves runs alone when it is given up, as they are not its own", () =>
    Effect.gen(function*() {
      const { events, jobIds, program } = yield* waiting({ timeout: "10 seconds" })
      const exit = yield* during("10 seconds", program)
      assert.include(String(exit), "Cannot wait any longer")
      assert.deepStrictEqual(events.at(-1), { _tag: "Detached", jobIds })
      assert.lengthOf(yield* Emulated.running, 2)
    }).pipe(Effect.provide(Emulated.layer({ script: () => script() }))))

  it.effect("stops them where that is asked for", () =>
    Effect.gen(function*() {
      const { events, program } = yield* waiting({ onInterrupt: "stop" })
      const fiber = yield* Effect.forkChild(program)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(events.at(-1)?._tag, "Stopped")
      assert.lengthOf(yield* Emulated.running, 0)
    }).pipe(Effect.provide(Emulated.layer({ script: () => script() }))))
})
