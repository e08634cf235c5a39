/** Processes that carry releases out, as a bench uses them. */
import { ReleaseRequest } from "@nunu-effect/pipelines/durable/Release"
import { Schema } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import type { Settings } from "./durable-runner.ts"

export interface DurableRunner {
  readonly process: ChildProcess
  /** Milliseconds from its start until it was up. */
  readonly upAfter: number
  readonly give: (requests: ReadonlyArray<ReleaseRequest>) => Promise<void>
  /** What is in use after a collection, in bytes. */
  readonly memory: () => Promise<number>
  readonly kill: () => Promise<void>
}

/** Starts one, and waits until it is up. */
export const start = async (settings: Settings): Promise<DurableRunner> => {
  const begun = performance.now()
  const child = spawn(
    process.execPath,
    // Compiled code is not dropped while it waits: what is in use would shrink by more than releases take.
    [
      "--expose-gc",
      "--no-flush-bytecode",
      path.join(import.meta.dirname, "durable-runner.ts"),
      JSON.stringify(settings)
    ],
    { stdio: ["pipe", "pipe", "inherit"] }
  )
  let rest = ""
  const hearers = new Set<(line: string) => void>()
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) for (const hear of hearers) hear(line)
  })
  const over = new Promise<never>((_, reject) => {
    child.once("exit", () => reject(new Error("a runner has ended")))
  })
  over.catch(() => {}) // only where somebody waits for what it says
  const says = (pattern: RegExp) =>
    Promise.race([
      over,
      new Promise<string>((resolve) => {
        const hear = (line: string) => {
          if (!pattern.test(line)) return
          hearers.delete(hear)
          resolve(line)
        }
        hearers.add(hear)
      })
    ])
  await says(/^up$/)
  let given = 0
  return {
    process: child,
    upAfter: performance.now() - begun,
    give: async (requests) => {
      given += requests.length
      const taken = says(new RegExp(`^took ${given}$`))
      for (const request of requests) child.stdin.write(`${encode(request)}\n`)
      await taken
    },
    memory: async () => {
      const said = says(/^memory /)
      child.stdin.write("memory\n")
      return Number((await said).slice("memory ".length))
    },
    kill: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once("exit", () => resolve())
        child.kill("SIGKILL")
      })
  }
}

const encode = Schema.encodeSync(Schema.fromJsonString(ReleaseRequest))
