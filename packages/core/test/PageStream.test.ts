import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Stream } from "effect"
import * as PageStream from "../src/PageStream.ts"
import * as Runs from "./fixtures/Runs.ts"
import { fast, withPolicy } from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import { serve } from "./support/HttpFixture.ts"

interface Item {
  readonly id: string
}

const items = (from: number, to: number): ReadonlyArray<Item> =>
  Array.from({ length: from - to + 1 }, (_, index) => ({ id: String(from - index) }))

/** A list, newest first, that may change before each page is answered; notes which pages were asked for. */
const listOf = (
  initial: ReadonlyArray<Item>,
  options: {
    readonly before?: (list: ReadonlyArray<Item>, page: number) => ReadonlyArray<Item>
    readonly cap?: number
  } = {}
) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make<ReadonlyArray<readonly [number, number]>>([])
    let current = initial
    const list = ({ page, pageSize }: { readonly page: number; readonly pageSize: number }) =>
      Ref.update(asked, (pages) => [...pages, [page, pageSize] as const]).pipe(Effect.map(() => {
        current = options.before?.(current, page) ?? current
        const size = Math.min(pageSize, options.cap ?? 100)
        return {
          data: current.slice(page * size, (page + 1) * size),
          pagination: {
            page,
            pageSize: size,
            totalCount: current.length,
            totalPages: Math.ceil(current.length / size)
          }
        }
      }))
    return { list, asked: Ref.get(asked) }
  })

const id = (item: Item) => item.id
const ids = (from: number, to: number) => items(from, to).map(id)

describe("a stream of a list's items", () => {
  it.effect("gives all items of all pages once", () =>
    Effect.gen(function*() {
      const { asked, list } = yield* listOf(items(250, 1))
      const found = yield* Stream.runCollect(PageStream.make(list, { id }))
      assert.deepStrictEqual(found.map(id), ids(250, 1))
      assert.deepStrictEqual(yield* asked, [[0, 100], [1, 100], [2, 100]])
    }))

  it.effect("asks for nothing before it is run, and for no page that is not needed", () =>
    Effect.gen(function*() {
      const { asked, list } = yield* listOf(items(250, 1))
      const stream = PageStream.make(list, { id })
      assert.deepStrictEqual(yield* asked, [])
      yield* stream.pipe(Stream.take(100), Stream.runDrain)
      assert.strictEqual((yield* asked).length, 1)
    }))

  it.effect("gives each item once when the list grows at its head meanwhile", () =>
    Effect.gen(function*() {
      let newest = 250
      const { list } = yield* listOf(items(250, 1), {
        before: (current, page) =>
          page === 0 ? current : [{ id: String(++newest) }, { id: String(++newest) }, ...current]
      })
      const found = yield* Stream.runCollect(PageStream.make(list, { id }))
      assert.deepStrictEqual(found.map(id), ids(250, 1))
    }))

  it.effect("goes on where the server gives smaller pages than it was asked for", () =>
    Effect.gen(function*() {
      const { list } = yield* listOf(items(50, 1), { cap: 20 })
      const found = yield* Stream.runCollect(PageStream.make(list, { id }))
      assert.strictEqual(found.length, 50)
    }))

  it.effect("ends at maxItems, with pages no larger than that", () =>
    Effect.gen(function*() {
      const { asked, list } = yield* listOf(items(250, 1))
      const found = yield* Stream.runCollect(PageStream.make(list, { id, maxItems: 7 }))
      assert.deepStrictEqual(found.map(id), ids(250, 244))
      assert.deepStrictEqual(yield* asked, [[0, 7]])
    }))

  it.effect("asks once for an empty list", () =>
    Effect.gen(function*() {
      const { asked, list } = yield* listOf([])
      assert.deepStrictEqual(yield* Stream.runCollect(PageStream.make(list, { id })), [])
      assert.strictEqual((yield* asked).length, 1)
    }))

  it.effect("starts anew when it is run again", () =>
    Effect.gen(function*() {
      const { list } = yield* listOf(items(3, 1))
      const stream = PageStream.make(list, { id })
      assert.deepStrictEqual(yield* Stream.runCollect(stream), yield* Stream.runCollect(stream))
    }))

  it.live("reads a real server's list, which grows at its head and fails once meanwhile", () =>
    Effect.gen(function*() {
      const runs = Array.from({ length: 7 }, (_, index) => ({ ...Runs.latest, multiplayer_run_id: `r-${7 - index}` }))
      const server = yield* serve(({ query }, before) => {
        if (before === 1) return { status: 503, body: { error: "Unavailable" } }
        const list = before === 0 ? runs : [{ ...Runs.latest, multiplayer_run_id: "r-8" }, ...runs]
        const [page, page_size] = [Number(query.get("page")), Number(query.get("page_size"))]
        const pagination = {
          page,
          page_size,
          total_count: list.length,
          total_pages: Math.ceil(list.length / page_size)
        }
        return { status: 200, body: { data: list.slice(page * page_size, (page + 1) * page_size), pagination } }
      })
      const nunu = yield* connect(server.url)
      const found = yield* PageStream.make((page) => nunu.runs.list(page), { id: (run) => run.runId, pageSize: 3 })
        .pipe(
          Stream.runCollect,
          withPolicy(fast)
        )
      assert.deepStrictEqual(found.map(({ runId }) => String(runId)), [7, 6, 5, 4, 3, 2, 1].map((id) => `r-${id}`))
      assert.deepStrictEqual(server.asked.map(({ query }) => query.get("page")), ["0", "1", "1", "2"])
    }))

  it.effect("fails with what a page fails with", () =>
    Effect.gen(function*() {
      const failing = PageStream.make(() => Effect.fail("broken" as const), { id })
      assert.strictEqual(yield* Effect.flip(Stream.runCollect(failing)), "broken")
    }))
})
