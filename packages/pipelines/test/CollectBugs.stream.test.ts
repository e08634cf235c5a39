import { assert, describe, it } from "@effect/vitest"
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { Effect, Fiber, Logger, Stream } from "effect"
import { TestClock } from "effect/testing"
import { collectBugs, streamBugs } from "../src/CollectBugs.ts"
import * as Failures from "./support/Failures.ts"
import { bug, bugs, run } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { seconds, toEnd } from "./support/TestTime.ts"

const page = (data: ReadonlyArray<BugOccurrence>, number: number, total: number) => ({
  data,
  pagination: { page: number, pageSize: 2, totalCount: total, totalPages: Math.ceil(total / 2) }
})

/** A run that counts no fewer bugs than there are. */
const counting = run({ bugInfo: { bugLabel: null, bugCount: 0 } })

/** What the API sends for a bug. */
const sent = ({ id, title }: BugOccurrence) => ({ id, title })

describe("streamBugs", () => {
  const listing = (at: (second: number) => ReadonlyArray<BugOccurrence>) =>
    stub({
      bugs: () => Effect.map(seconds, (now) => ({ data: at(now), pagination: page([], 0, 0).pagination }))
    })

  it.effect("gives each bug once, as soon as it is seen, and ends when they are settled", () =>
    Effect.gen(function*() {
      const seen: Array<readonly [number, string]> = []
      const nunu = listing((second) => bugs(Math.min(3, 1 + Math.floor(second / 2))))
      yield* toEnd(
        streamBugs(counting).pipe(
          Stream.runForEach(({ id }) => Effect.map(seconds, (now) => seen.push([now, id]))),
          Effect.provide(nunu.layer)
        )
      )
      assert.deepStrictEqual(seen, [[0, "occurrence-1"], [2, "occurrence-2"], [4, "occurrence-3"]])
      assert.deepStrictEqual(nunu.secondsOf("bugs"), [0, 2, 4, 6])
    }))

  it.effect("can be cut short: nobody looks any more", () =>
    Effect.gen(function*() {
      const nunu = listing(() => bugs(3))
      const [first] = yield* toEnd(
        streamBugs(counting).pipe(Stream.take(1), Stream.runCollect, Effect.provide(nunu.layer))
      )
      assert.strictEqual(first?.id, "occurrence-1")
      assert.strictEqual(nunu.countOf("bugs"), 1)
    }))

  it.effect("warns when they still change after a minute", () =>
    Effect.gen(function*() {
      const warnings: Array<unknown> = []
      const nunu = listing((second) => bugs(second))
      const collected = yield* toEnd(
        streamBugs(counting).pipe(
          Stream.runCollect,
          Effect.provide([
            nunu.layer,
            Logger.layer([Logger.make(({ logLevel, message }) => warnings.push([logLevel, String(message)]))])
          ])
        )
      )
      assert.strictEqual(collected.length, 60)
      assert.deepStrictEqual(warnings, [["Warn", "The bugs of run run-1 still changed after a minute of looking"]])
    }))

  it.effect("fails when they cannot be read", () =>
    Effect.gen(function*() {
      const nunu = stub({ bugs: () => Effect.fail(Failures.notFound) })
      const failure = yield* Effect.flip(Stream.runCollect(streamBugs(counting)).pipe(Effect.provide(nunu.layer)))
      assert.strictEqual(failure._tag, "BugsUnread")
    }))
})

describe("bugs on several pages", () => {
  const all = bugs(5)
  const pagesOf = (total: number, pages: (page: number) => unknown) => {
    const asked: Array<unknown> = []
    const nunu = stub({
      bugs: () => Effect.succeed(page(all.slice(0, 2), 0, total)),
      request: (request) => Effect.sync(() => pages(Number(asked.push(request) && request.query?.["page"])) as null)
    })
    return { asked, program: toEnd(collectBugs(counting).pipe(Effect.provide(nunu.layer))) }
  }
  const answer = (number: number) => ({
    data: all.slice(number * 2, number * 2 + 2).map(sent),
    pagination: { page: number, page_size: 2, total_count: 5, total_pages: 3 }
  })

  it.effect("are all read, and settled then", () =>
    Effect.gen(function*() {
      const { asked, program } = pagesOf(5, answer)
      const { bugs, settled } = yield* program
      assert.deepStrictEqual(bugs.map(({ id }) => id), all.map(({ id }) => id))
      assert.isTrue(settled)
      assert.deepStrictEqual(
        asked.slice(0, 2),
        [1, 2].map((page) => ({
          method: "GET",
          path: "/runs/run-1/bugs",
          query: { page, page_size: 2 }
        }))
      )
    }))

  const useless: ReadonlyArray<readonly [string, () => unknown]> = [
    ["the first page again", () => answer(0)],
    ["nothing", () => ({ data: [], pagination: answer(1).pagination })],
    ["what cannot be read", () => "<html>"]
  ]

  it.effect.each(useless)(
    "are not settled when the server gives %s for each of them",
    ([, pages]) =>
      Effect.gen(function*() {
        const { program } = pagesOf(5, pages)
        const { bugs, settled } = yield* program
        assert.strictEqual(bugs.length, 2)
        assert.isFalse(settled)
      })
  )
})

it.effect("interrupted, bugs are not looked for any more", () =>
  Effect.gen(function*() {
    const changing = Effect.map(seconds, (now) => page([bug({ id: String(now) })], 0, 1))
    const nunu = stub({ bugs: () => changing })
    const fiber = yield* Effect.forkChild(Effect.provide(collectBugs(run()), nunu.layer))
    yield* TestClock.adjust("5 seconds")
    yield* Fiber.interrupt(fiber)
    const asked = nunu.countOf("bugs")
    yield* TestClock.adjust("1 hour")
    assert.strictEqual(nunu.countOf("bugs"), asked)
  }))
