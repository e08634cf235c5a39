/** The memory of a process. */
import { Effect } from "effect"
import * as fs from "node:fs"
import type { Running } from "./Nunu.ts"

/** The most memory that a process has had in its life, in bytes; null where `/proc` does not tell. */
export const peakMemory = Effect.fnUntraced(function*(running: Running) {
  let peak: number | null = null
  while (running.child.exitCode === null && running.child.signalCode === null) {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(statusOf(running.pid))
    if (found !== null) peak = Math.max(peak ?? 0, Number(found[1]) * 1024)
    yield* Effect.sleep("50 millis")
  }
  return peak
})

const statusOf = (pid: number): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/status`, "utf8")
  } catch {
    return ""
  }
}
