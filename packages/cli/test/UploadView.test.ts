import { assert, it } from "@effect/vitest"
import { BuildId } from "@nunu-effect/core/Build"
import type { UploadEvent } from "@nunu-effect/upload/UploadEvent"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Screen } from "../src/Screen.ts"
import * as UploadView from "../src/UploadView.ts"

const viewed = Effect.gen(function*() {
  const lines: Array<string> = []
  const show = yield* UploadView.make("game.apk").pipe(Effect.provideService(Screen, {
    interactive: false,
    columns: () => 80,
    style: (_, text) => text,
    print: (line) => Effect.sync(() => lines.push(line)),
    rows: () => 24,
    area: Effect.succeed(() => Effect.void)
  }))
  return { lines, show }
})

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

it.effect("an upload that could not be cancelled is told with what to do", () =>
  Effect.gen(function*() {
    const { lines, show } = yield* viewed
    yield* show({ _tag: "Aborted", buildId, outcome: "not-cancelled" })
    assert.deepStrictEqual(lines, [
      "! game.apk: could not cancel the upload of build build-1: run nunu cleanup, or the server frees it after its timeout"
    ])
  }).pipe(Effect.scoped))
