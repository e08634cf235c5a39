import { assert, it } from "@effect/vitest"
import { JobId } from "@nunu-effect/core/Job"
import type { PipelineEvent } from "@nunu-effect/pipelines/Pipeline"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as RunView from "../src/RunView.ts"
import { Screen } from "../src/Screen.ts"

const jobIds = [JobId.make("job-1"), JobId.make("job-2")]

const viewed = Effect.fnUntraced(function*(onInterrupt: "stop" | "detach") {
  const lines: Array<string> = []
  const view = yield* RunView.make(onInterrupt).pipe(Effect.provideService(Screen, {
    interactive: false,
    columns: () => 80,
    style: (_, text) => text,
    print: (line) => Effect.sync(() => lines.push(line)),
    rows: () => 24,
    area: Effect.succeed(() => Effect.void)
  }))
  return { lines, view }
})

/** Nothing that was left behind may go without a line: a person has to look after it. */
it.effect.each<readonly [PipelineEvent, string, onInterrupt?: "stop" | "detach"]>([
  [{ _tag: "Stopped", stopped: { over: jobIds, running: [] } }, "! stopped job job-1, job-2: nothing runs any more"],
  [
    { _tag: "Stopped", stopped: { over: [], running: jobIds } },
    "! could not stop job job-1, job-2: it may still be running and billed; nunu cleanup tries again"
  ],
  [{ _tag: "Detached", jobIds }, "! left running: job job-1, job-2"],
  [
    { _tag: "Unknown", tag: "nunu-effect:x\u001b[2J" },
    "! a run may have been started: nunu cleanup looks for it again, and stops it; it has the tag nunu-effect:x"
  ],
  [{ _tag: "Unknown", tag: "x" }, "! a run may have been started: look for jobs with the tag x", "detach"]
])("a run that was given up is told: %j", ([event, line, onInterrupt = "stop"]) =>
  Effect.gen(function*() {
    const { lines, view } = yield* viewed(onInterrupt)
    yield* view.show(event)
    assert.strictEqual(lines.length, 1)
    assert.strictEqual(lines[0]?.slice(0, line.length), line)
    assert.notInclude(lines[0] ?? "", "\u001b")
  }))

it.effect("where nothing can be drawn again, a wait says every 30 s that it goes on, after a beginning that tells what Ctrl-C does", () =>
  Effect.gen(function*() {
    const { lines, view } = yield* viewed("stop")
    yield* view.begin("Waiting for", jobIds)
    yield* TestClock.adjust("29 seconds")
    assert.strictEqual(lines.length, 1)
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(lines, [
      "Waiting for jobs job-1, job-2; Ctrl-C stops them",
      ...["30 s", "1 min 00 s", "1 min 30 s", "2 min 00 s"].map((time) => `still waiting after ${time}`)
    ])
  }).pipe(Effect.scoped))
