import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core/Nunu"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { changes, type RunEvent, runEvents } from "../src/RunEvent.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Failures from "./support/Failures.ts"
import { attempt, job, jobId, run, startRequest } from "./support/Fixtures.ts"
import { inTurn, stub } from "./support/NunuStub.ts"
import { passToEnd } from "./support/TestTime.ts"

const twoPlayers = Emulated.script({
  queuedSeconds: 20,
  startingSeconds: 40,
  players: [
    [{ goal: "Open a lobby", seconds: 60 }, { goal: "Cross the bridge", seconds: 60, result: "FAILED" }],
    [{ goal: "Join the lobby", seconds: 90 }]
  ],
  result: "FAILED"
})

const word = (event: RunEvent): string => {
  switch (event._tag) {
    case "JobChanged":
      return `job ${event.status}`
    case "RunChanged":
      return `run ${event.state} ${event.result}`
    case "PlayerChanged":
      return `player ${event.playerId.slice(-1)} ${event.state} ${event.completedSteps}/${event.steps}`
    case "StepChanged":
      return `step ${event.playerId.slice(-1)} ${event.goal} ${event.state} ${event.result}`
    case "AgentActed":
      return `agent ${event.playerId?.slice(-1)} ${event.agent} ${event.step}`
    case "LookFailed":
      return `failed ${event.error._tag}`
    case "JobFinished":
      return `finished ${event.finished.run?.result}`
  }
}

const start = Effect.gen(function*() {
  const nunu = yield* Nunu
  return (yield* nunu.runs.start(startRequest)).jobIds
})

const distinct = (words: ReadonlyArray<string>) => Array.from(new Set(words))

describe("the events of a run", () => {
  it.effect("are its states, its players' and their steps', each once, and its end", () =>
    Effect.gen(function*() {
      const events = yield* passToEnd(Effect.flatMap(start, (jobIds) => Stream.runCollect(runEvents(jobIds))))
      const words = events.map(word)
      assert.deepStrictEqual(words, distinct(words), "nothing is told twice")
      assert.deepStrictEqual(words.filter((word) => word.startsWith("job")), [
        "job QUEUED",
        "job STARTING",
        "job RUNNING",
        "job COMPLETED"
      ])
      assert.includeMembers(words, [
        "run RUNNING null",
        "player 1 RUNNING 0/2",
        "step 1 Open a lobby RUNNING null",
        "step 2 Join the lobby RUNNING null",
        "step 1 Open a lobby COMPLETED SUCCESS",
        "player 1 RUNNING 1/2",
        "step 1 Cross the bridge COMPLETED FAILED",
        "run COMPLETED FAILED"
      ])
      assert.strictEqual(words.at(-1), "finished FAILED")
      assert.isFalse(words.some((word) => word.startsWith("agent")), "nobody asked for it")
    }).pipe(Effect.provide(Emulated.layer({ script: () => twoPlayers }))))

  it.effect("tell what the agents are at, when asked for", () =>
    Effect.gen(function*() {
      const events = yield* passToEnd(
        Effect.flatMap(start, (jobIds) => Stream.runCollect(runEvents(jobIds, { live: true })))
      )
      assert.includeMembers(events.map(word), ["agent 1 player 1", "agent 1 player 2", "agent 2 player 1"])
    }).pipe(Effect.provide(Emulated.layer({ script: () => twoPlayers }))))

  it.effect("of several jobs end when the last of them is over", () =>
    Effect.gen(function*() {
      const events = yield* passToEnd(
        Effect.flatMap(
          Effect.all([start, start]),
          ([[first], [second]]) => Stream.runCollect(runEvents([first, second]))
        )
      )
      assert.strictEqual(events.filter(({ _tag }) => _tag === "JobFinished").length, 2)
    }).pipe(Effect.provide(Emulated.layer({
      script: (number) => number === 0 ? twoPlayers : Emulated.script()
    }))))

  it.effect("can be cut short by ordinary operators, and nobody looks any more", () =>
    Effect.gen(function*() {
      const nunu = stub({ job: () => Effect.succeed(job({ status: "RUNNING" })) })
      const fiber = yield* Effect.forkChild(
        runEvents([jobId()]).pipe(Stream.take(1), Stream.runCollect, Effect.provide(nunu.layer))
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 1)
      assert.isAtMost(nunu.countOf("job"), 2)
    }))

  it.effect("tell looks that fail, and end with the failure of the wait", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const nunu = stub({
        job: inTurn<ReturnType<typeof job>, typeof Failures.unauthorized | typeof Failures.cut>(
          Effect.fail(Failures.cut),
          Effect.fail(Failures.unauthorized)
        )
      })
      const fiber = yield* Effect.forkChild(
        runEvents([jobId()]).pipe(
          Stream.runForEach((event) => Effect.sync(() => told.push(word(event)))),
          Effect.flip,
          Effect.provide(nunu.layer)
        )
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "WaitFailed")
      assert.deepStrictEqual(told, ["failed NetworkError"])
    }))
})

describe("changes", () => {
  it("are none where nothing changed", () => {
    const look = { job: job({ status: "RUNNING", runs: [attempt()] }), run: run({ state: "RUNNING", result: null }) }
    assert.deepStrictEqual(changes(look, look), [])
  })

  it("tell the next attempt of a job as a run of its own", () => {
    const first = { job: job({ status: "RUNNING" }), run: run({ state: "COMPLETED", result: "FAILED" }) }
    const second = { job: first.job, run: { ...first.run, runId: attempt().runId, state: "RUNNING", result: null } }
    const other = { ...second, run: { ...second.run, runId: run().runId } }
    assert.deepStrictEqual(changes(first, other).map(({ _tag }) => _tag), ["RunChanged"])
    assert.deepStrictEqual(changes(null, second).map(({ _tag }) => _tag), ["JobChanged", "RunChanged"])
  })
})
