import { assert, describe, it } from "@effect/vitest"
import type { KeyedCallError, NotFound } from "@nunu-effect/core/ApiError"
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { Effect } from "effect"
import { collectBugs } from "../src/CollectBugs.ts"
import { BugsUnread } from "../src/PipelineError.ts"
import * as Failures from "./support/Failures.ts"
import { bug, bugs, pageOf, run, runId } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { during, failureOf, seconds, toEnd } from "./support/TestTime.ts"

/** Collects where the list stands so after so many seconds, and the run tells a count, or null. */
const collectOn = (
  list: (second: number) => ReadonlyArray<BugOccurrence> | NotFound | KeyedCallError,
  bugCount: number | null = 0
) => {
  const nunu = stub({
    bugs: () =>
      Effect.flatMap(seconds, (second) => {
        const answer = list(second)
        return "_tag" in answer ? Effect.fail(answer) : Effect.succeed(pageOf(answer))
      })
  })
  const bugInfo = { bugLabel: null, bugCount }
  return { nunu, program: collectBugs(run({ bugInfo })).pipe(Effect.provide(nunu.layer)) }
}

/** What was collected, by id, and after how many seconds. */
const collect = Effect.fnUntraced(function*(...args: Parameters<typeof collectOn>) {
  const { nunu, program } = collectOn(...args)
  const { bugs, settled } = yield* toEnd(program)
  return { ids: bugs.map((bug) => bug.id), settled, lookedAt: nunu.secondsOf("bugs") }
})

const ids = (count: number) => bugs(count).map((bug) => bug.id)

describe("collectBugs", () => {
  it.effect.each([0, 1, 7])(
    "is settled when two looks, 2 seconds apart, both see %d",
    (count) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* collect(() => bugs(count)), { ids: ids(count), settled: true, lookedAt: [0, 2] })
      })
  )

  it.effect("asks for the run that it was given", () =>
    Effect.gen(function*() {
      const { nunu, program } = collectOn(() => [])
      yield* toEnd(program)
      assert.deepStrictEqual(nunu.calls.map((call) => call.input), [runId(), runId()])
    }))

  it.effect("does not count two equal looks at the same moment: it lets 2 seconds pass", () =>
    Effect.gen(function*() {
      const { program } = collectOn(() => bugs(1))
      assert.isUndefined(yield* during("1.9 seconds", program))
    }))

  it.effect("goes on while bugs still come, and gives the last of them", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collect((second) => bugs(Math.min(second / 2, 5))), {
        ids: ids(5),
        settled: true,
        lookedAt: [0, 2, 4, 6, 8, 10, 12]
      })
    }))

  it.effect("goes on when there are as many as before, but others", () =>
    Effect.gen(function*() {
      const { ids, lookedAt } = yield* collect((second) => [bug({ id: second < 4 ? `${second}` : "last" })])
      assert.deepStrictEqual([ids, lookedAt], [["last"], [0, 2, 4, 6]])
    }))

  it.effect("takes bugs in another order for the same", () =>
    Effect.gen(function*() {
      const { settled } = yield* collect((second) => second === 0 ? bugs(3) : bugs(3).toReversed())
      assert.isTrue(settled)
    }))

  it.effect("gives what the last look saw, not the first", () =>
    Effect.gen(function*() {
      const { program } = collectOn((second) => [bug({ severity: second === 0 ? "low" : "critical" })])
      assert.deepStrictEqual((yield* toEnd(program)).bugs.map((bug) => bug.severity), ["critical"])
    }))
})

describe("a run that tells how many bugs it has", () => {
  it.effect("is waited for until they are there, however long the list stands still before", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collect((second) => bugs(second < 21 ? 0 : 2), 2), {
        ids: ids(2),
        settled: true,
        lookedAt: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]
      })
    }))

  it.effect.each([0, 2])("is settled at once when all %d are there", (count) =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* collect(() => bugs(count), count)).lookedAt, [0, 2])
    }))

  it.effect("may have more by now: bugs come late, and one bug may occur twice", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collect((second) => bugs(second < 1 ? 1 : 3), 1), {
        ids: ids(3),
        settled: true,
        lookedAt: [0, 2, 4]
      })
    }))
})

describe("a run that tells no count of its bugs", () => {
  it.effect.each([0, 4])("is settled when three looks, 5 seconds apart, all see %d", (count) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collect(() => bugs(count), null), {
        ids: ids(count),
        settled: true,
        lookedAt: [0, 5, 10]
      })
    }))

  it.effect.each([3, 8])(
    "has its first bug also when that comes %d seconds after the end",
    (first) =>
      Effect.gen(function*() {
        const { ids: collected, settled } = yield* collect((second) => bugs(second < first ? 0 : 1), null)
        assert.deepStrictEqual([collected, settled], [ids(1), true])
      })
  )

  it.effect("is no different where it tells nothing of bugs at all", () =>
    Effect.gen(function*() {
      const nunu = stub({ bugs: () => Effect.succeed(pageOf(bugs(1))) })
      yield* toEnd(collectBugs(run({ bugInfo: null })).pipe(Effect.provide(nunu.layer)))
      assert.deepStrictEqual(nunu.secondsOf("bugs"), [0, 5, 10])
    }))

  it.effect("begins to count looks anew with each change", () =>
    Effect.gen(function*() {
      const { lookedAt } = yield* collect((second) => bugs(second < 10 ? 1 : 2), null)
      assert.deepStrictEqual(lookedAt, [0, 5, 10, 15, 20])
    }))

  it.effect("is given up after 60 seconds of changes", () =>
    Effect.gen(function*() {
      const { lookedAt, settled } = yield* collect((second) => bugs(second), null)
      assert.deepStrictEqual([settled, lookedAt.at(-1)], [false, 60])
    }))
})

describe("after 60 seconds", () => {
  it.effect("it gives up on a list that still changes, with what is there", () =>
    Effect.gen(function*() {
      const { ids: collected, lookedAt, settled } = yield* collect((second) => bugs(second))
      assert.isFalse(settled)
      assert.deepStrictEqual(collected, ids(60))
      assert.strictEqual(lookedAt.at(-1), 60)
    }))

  it.effect("it gives up on bugs that the run counts and the list does not show", () =>
    Effect.gen(function*() {
      const { ids: collected, lookedAt, settled } = yield* collect(() => bugs(1), 2)
      assert.deepStrictEqual([collected, settled, lookedAt.at(-1)], [ids(1), false, 60])
    }))

  it.effect("it is settled still when the last two looks agree", () =>
    Effect.gen(function*() {
      assert.isTrue((yield* collect((second) => bugs(second < 57 ? second : 3), 3)).settled)
    }))
})

describe("bugs that cannot be read", () => {
  it.effect.each(
    [
      ["404", Failures.notFound],
      ["401", Failures.unauthorized],
      ["500", Failures.server(500)],
      ["a cut connection", Failures.cut]
    ] as const
  )("are an error, never an empty list: %s", ([, error]) =>
    Effect.gen(function*() {
      const first = yield* failureOf(collectOn(() => error).program)
      assert.deepStrictEqual(first, new BugsUnread({ runId: runId(), error }))
      assert.strictEqual(first.message, error.message)
    }))

  it.effect("are an error at any look", () =>
    Effect.gen(function*() {
      const list = (second: number) => second % 60 < 10 ? bugs(second % 60) : Failures.unauthorized
      assert.strictEqual((yield* failureOf(collectOn(list).program))._tag, "BugsUnread")
    }))
})
