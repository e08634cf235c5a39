/** The threads of a process. */
import { Effect } from "effect"
import * as fs from "node:fs"
import type { Running } from "./Nunu.ts"

/** The names of all threads that a process has had in its life; null where `/proc` does not tell. */
export const threadNames = Effect.fnUntraced(function*(running: Running) {
  const names = new Set<string>()
  while (running.child.exitCode === null && running.child.signalCode === null) {
    for (const name of namesOf(running.pid)) names.add(name)
    yield* Effect.sleep("50 millis")
  }
  return names.size === 0 ? null : names
})

const namesOf = (pid: number): ReadonlyArray<string> => {
  try {
    const folder = `/proc/${pid}/task`
    return fs.readdirSync(folder).map((thread) => fs.readFileSync(`${folder}/${thread}/comm`, "utf8").trim())
  } catch {
    return [] // a thread, or the process, has ended meanwhile
  }
}
