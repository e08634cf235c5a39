/** The processes of this machine, as Node sees them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { hostname } from "node:os"
import type { LedgerOwner } from "./LedgerOwner.ts"
import { Processes } from "./LedgerOwner.ts"

export const layer: Layer.Layer<Processes> = Layer.effect(
  Processes,
  Effect.gen(function*() {
    const self: LedgerOwner = { pid: process.pid, host: hostname(), began: yield* beginningOf(process.pid) }
    return Processes.of({
      self,
      lives: Effect.fnUntraced(function*(owner) {
        if (owner.host !== self.host) return true
        if (!exists(owner.pid)) return false
        const began = yield* beginningOf(owner.pid)
        return began !== dead && (began === null || owner.began === null || began === owner.began)
      })
    })
  })
)

/** Of a process that has ended, and whose parent has not asked how: it has a number, and does nothing any more. */
const dead = "dead"

/** A process of another user cannot be signalled, but is there. */
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const beginningOf = (pid: number): Effect.Effect<string | null> =>
  process.platform === "linux" ? fromProc(pid) : process.platform === "win32" ? Effect.succeed(null) : fromPs(pid)

/** The name may hold anything, so fields are counted behind its closing bracket: the state is the 1st, the start the 20th. */
const fromProc = (pid: number) =>
  Effect.tryPromise(() => readFile(`/proc/${pid}/stat`, "utf8")).pipe(
    Effect.map((text) => {
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
      return fields[0] === "Z" || fields[0] === "X" ? dead : fields[19] ?? null
    }),
    Effect.orElseSucceed(() => null)
  )

const fromPs = (pid: number) =>
  Effect.callback<string | null>((resume) => {
    execFile("ps", ["-o", "stat=,lstart=", "-p", String(pid)], (error, stdout) => {
      const [, state = "", began = ""] = /^\s*(\S+)\s+(.*\S)/.exec(stdout) ?? []
      resume(Effect.succeed(error !== null || began === "" ? null : state.startsWith("Z") ? dead : began))
    })
  })
