import { assert, it } from "@effect/vitest"
import { JobId } from "@nunu-effect/core/Job"
import type { PipelineEvent } from "@nunu-effect/pipelines/Pipeline"
import { Effect } from "effect"
import * as RunView from "../src/RunView.ts"
import { Screen } from "../src/Screen.ts"

const jobIds = [JobId.make("job-1"), JobId.make("job-2")]

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
    const lines: Array<string> = []
    const { show } = yield* RunView.make(onInterrupt).pipe(Effect.provideService(Screen, {
      interactive: false,
      columns: () => 80,
      style: (_, text) => text,
      print: (line) => Effect.sync(() => lines.push(line)),
      rows: () => 24,
      area: Effect.succeed(() => Effect.void)
    }))
    yield* show(event)
    assert.strictEqual(lines.length, 1)
    assert.strictEqual(lines[0]?.slice(0, line.length), line)
    assert.notInclude(lines[0] ?? "", "\u001b")
  }))
