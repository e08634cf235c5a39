import { assert, it } from "@effect/vitest"
import { BuildId } from "@nunu-effect/core/Build"
import type { UploadEvent } from "@nunu-effect/upload/UploadEvent"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Format from "../src/Format.ts"
import { Screen } from "../src/Screen.ts"
import * as UploadView from "../src/UploadView.ts"

const viewing = Effect.fnUntraced(function*({ columns, file }: { readonly columns?: number; readonly file: string }) {
  const lines: Array<string> = []
  const drawn: Array<string> = []
  const show = yield* UploadView.make(file).pipe(Effect.provideService(Screen, {
    interactive: columns !== undefined,
    columns: () => columns ?? 80,
    style: (_, text) => text,
    print: (line) => Effect.sync(() => lines.push(line)),
    rows: () => 24,
    area: Effect.succeed((lines: ReadonlyArray<string>) => Effect.sync(() => drawn.push(...lines)))
  }))
  return { lines, drawn, show }
})

const viewed = viewing({ file: "game.apk" })

const buildId = BuildId.make("build-1")
const plan = { buildId, size: 4096, partSize: 1024, totalParts: 4 }
const completed: UploadEvent = {
  _tag: "Completed",
  buildId,
  receipt: {
    buildId,
    size: 4096,
    parts: 4,
    resumedParts: 0,
    attempts: 4,
    resentBytes: 0,
    md5: null,
    etag: null,
    startedAt: 0,
    durationMillis: 2000
  }
}

it.effect.each<readonly [string, ReadonlyArray<UploadEvent>, string]>([
  ["was sent at once", [{ _tag: "Initiated", ...plan }], "✓ game.apk uploaded: 4.0 KiB in 2 s, 2.0 KiB/s"],
  [
    "an earlier run had sent half of",
    [{ _tag: "Resumed", ...plan, parts: 2, bytes: 2048 }],
    "✓ game.apk uploaded: 2.0 KiB of 4.0 KiB in 2 s, 1.0 KiB/s"
  ],
  [
    "turned out to be gone",
    [{ _tag: "Resumed", ...plan, parts: 2, bytes: 2048 }, { _tag: "StartedAnew", why: "it is" }, {
      _tag: "Initiated",
      ...plan
    }],
    "✓ game.apk uploaded: 4.0 KiB in 2 s, 2.0 KiB/s"
  ],
  ["an earlier run had completed", [], "✓ game.apk is complete: an earlier run had uploaded all of it, 4.0 KiB"]
])("the end of an upload that %s tells what this run has done", ([_, events, line]) =>
  Effect.gen(function*() {
    const { lines, show } = yield* viewed
    for (const event of events) yield* show(event)
    yield* TestClock.adjust("2 seconds")
    yield* show(completed)
    assert.strictEqual(lines.at(-1), line)
  }).pipe(Effect.scoped))

it.effect("an upload whose turn comes late is measured from its turn on", () =>
  Effect.gen(function*() {
    const { lines, show } = yield* viewed
    yield* TestClock.adjust("1 hour")
    yield* show({ _tag: "Initiated", ...plan })
    yield* TestClock.adjust("2 seconds")
    yield* show(completed)
    assert.strictEqual(lines.at(-1), "✓ game.apk uploaded: 4.0 KiB in 2 s, 2.0 KiB/s")
  }).pipe(Effect.scoped))

it.effect("an upload that could not be cancelled is told with what to do", () =>
  Effect.gen(function*() {
    const { lines, show } = yield* viewed
    yield* show({ _tag: "Aborted", buildId, outcome: "not-cancelled" })
    assert.deepStrictEqual(lines, [
      "! game.apk: could not cancel the upload of build build-1: run nunu cleanup, or the server frees it after its timeout"
    ])
  }).pipe(Effect.scoped))

it.effect.each([20, 40, 60, 80, 120, 200])(
  "a bar takes less than its line, whatever its name is made of: %i",
  (columns) =>
    Effect.gen(function*() {
      const name = "熱帯の蟹の島🦀-アンドロイド-リリース候補その十二.apk"
      for (const file of ["a.apk", name, name.repeat(5), "e\u0301".repeat(90), "جزيرة السلطعون.apk"]) {
        const { drawn, show } = yield* viewing({ columns, file })
        yield* show({ _tag: "Initiated", ...plan, size: 2 ** 41 })
        yield* show({ _tag: "BytesSent", partNumber: 1, bytes: 2 ** 30 })
        yield* TestClock.adjust("1 second")
        yield* show({ _tag: "Completing", buildId })
        yield* TestClock.adjust("1 second")
        assert.isAbove(drawn.length, 10)
        assert.deepStrictEqual(drawn.filter((line) => Format.widthOf(line) >= columns), [])
      }
    }).pipe(Effect.scoped)
)

it.effect("where nothing can be drawn again, an upload says every 30 s how far it is", () =>
  Effect.gen(function*() {
    const { lines, show } = yield* viewed
    yield* show({ _tag: "Initiated", ...plan })
    yield* show({ _tag: "PartStarted", partNumber: 1, attempt: 1 })
    yield* show({ _tag: "BytesSent", partNumber: 1, bytes: 1024 })
    yield* TestClock.adjust("29 seconds")
    assert.strictEqual(lines.length, 1)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(lines.slice(1), [
      "game.apk: 25 % of 4.0 KiB sent, 34 B/s, 1 min 30 s left, 0/4 parts, 1 at work"
    ])
  }).pipe(Effect.scoped))
