/** Runners of durable releases as processes, each with a line of its own to the database. */
import { Effect, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import { ReleaseRequest } from "../../../src/durable/Release.ts"
import type { PostgresServer } from "./PostgresServer.ts"
import { freePort, query } from "./PostgresServer.ts"
import * as TcpProxy from "./TcpProxy.ts"

/** What a runner has to know. */
export interface RunnerSettings {
  /** Of the database. */
  readonly url: string
  /** Its own, on the loopback address. */
  readonly port: number
  readonly baseUrl: string
  readonly apiKey: string
  /** Of its uploads. */
  readonly stateDirectory: string
  /** The longest time between looks for a run. */
  readonly lookSeconds: number
}

export interface Runner {
  readonly name: string
  readonly process: ChildProcess
  /** What it has said so far. */
  readonly lines: ReadonlyArray<string>
  /** Waits for a line, also one that it has said. */
  readonly says: (line: RegExp) => Effect.Effect<string>
  readonly take: (request: ReleaseRequest) => Effect.Effect<void>
  readonly line: TcpProxy.TcpProxy
  readonly signal: (signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM") => Effect.Effect<void>
  readonly ended: Effect.Effect<void>
}

/** Runs until the scope ends. */
export const start = Effect.fnUntraced(function*(
  name: string,
  { server, url, ...settings }: Omit<RunnerSettings, "port"> & { readonly server: PostgresServer }
): Effect.fn.Return<Runner, never, Scope.Scope> {
  const line = yield* TcpProxy.make(server.port)
  const given: RunnerSettings = {
    ...settings,
    url: url.replace(`:${server.port}/`, `:${line.port}/`),
    port: yield* freePort
  }
  const lines: Array<string> = []
  const waiting = new Set<(line: string) => void>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [path.join(import.meta.dirname, "RunnerProgram.ts"), JSON.stringify(given)], {
        stdio: ["pipe", "pipe", "inherit"]
      })
    ),
    (child) => Effect.andThen(Effect.sync(() => child.kill("SIGKILL")), endOf(child))
  )
  let rest = ""
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n")
    rest = parts.pop() ?? ""
    for (const part of parts) {
      lines.push(part)
      for (const hear of waiting) hear(part)
    }
  })
  return {
    name,
    process: child,
    lines,
    line,
    says: (pattern) =>
      Effect.callback<string>((resume) => {
        const forget = () => {
          child.off("exit", over)
          waiting.delete(hear)
        }
        const over = () => {
          forget()
          resume(Effect.die(new Error(`${name} has ended; it said: ${lines.join(", ")}`)))
        }
        const hear = (line: string) => {
          if (!pattern.test(line)) return
          forget()
          resume(Effect.succeed(line))
        }
        const said = lines.find((line) => pattern.test(line))
        if (said !== undefined) return hear(said)
        if (child.exitCode !== null || child.signalCode !== null) return over()
        child.once("exit", over)
        waiting.add(hear)
        return Effect.sync(forget)
      }),
    take: (request) => Effect.sync(() => void child.stdin.write(`${Schema.encodeSync(Line)(request)}\n`)),
    signal: (signal) => Effect.sync(() => void child.kill(signal)),
    ended: endOf(child)
  }
})

/** Waits until each runner has its shards: one that is lost before that is not missed. */
export const settled = Effect.fnUntraced(function*(url: string, runners: number) {
  const held = query(
    url,
    "SELECT count(DISTINCT pid)::int AS runners, count(*)::int AS shards FROM pg_locks WHERE locktype = 'advisory'"
  )
  while (true) {
    const [now] = yield* held
    if (now?.["runners"] === runners && now["shards"] === 60) return
    yield* Effect.sleep("200 millis")
  }
})

const Line = Schema.fromJsonString(ReleaseRequest)

const endOf = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
  })
