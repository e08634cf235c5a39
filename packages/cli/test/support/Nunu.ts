/**
 * The command line as a process. What a test spawns ends with the test's scope, its children too, and in any case with
 * this process: nothing is left behind when a test fails.
 */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { inject } from "vitest"

/** The command line as it is in the repository, run by Node without a build. */
export const unbuilt = path.join(import.meta.dirname, "../../src/bin.ts")

/** The command line as it is published. */
export const bundled: string = inject("bundle").file

export interface SpawnOptions {
  /** Gets a home, a folder for temporary files and a path; nothing of our own environment is handed on. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What is run: a file for Node. @default the bundle */
  readonly program?: string
  /** What stdin is. @default nothing, as `/dev/null` */
  readonly stdin?: "pipe" | "ignore"
}

/** How a process ended; `code` is null where a signal ended it. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  /** Waits until a stream has shown a pattern. Dies, with what was shown, when the process ends without it. */
  readonly shows: (stream: "stdout" | "stderr", pattern: RegExp) => Effect.Effect<RegExpExecArray>
  /** Sends a signal to the process alone. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
  /** As `ended`, but dies after 90 s, with what was shown: for what would hang, and says nothing of how fast it is. */
  readonly endsSoon: Effect.Effect<Ended>
}

/** Starts the command line. */
export const start = (args: ReadonlyArray<string>, options: SpawnOptions = {}) =>
  startProcess(process.execPath, [options.program ?? bundled, ...args], options)

/** Runs the command line to its end. */
export const nunu = (args: ReadonlyArray<string>, options: SpawnOptions = {}): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(args, options), ({ ended }) => ended))

/** Starts any program. */
export const startProcess = Effect.fnUntraced(function*(
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions = {}
): Effect.fn.Return<Running, never, Scope.Scope> {
  const home = yield* folder
  const text = { stdout: "", stderr: "" }
  let end: Pick<Ended, "code" | "signal"> | undefined
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(command, args, {
        cwd: options.cwd ?? home,
        env: {
          PATH: process.env["PATH"],
          HOME: home,
          TMPDIR: home,
          TERM: "xterm-256color",
          NODE_COMPILE_CACHE: compiled,
          ...options.env
        },
        stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
        detached: true // a group of its own, so that its children can be ended with it
      })
      alive.add(child)
      child.stdout?.setEncoding("utf8").on("data", (chunk) => text.stdout += chunk)
      child.stderr?.setEncoding("utf8").on("data", (chunk) => text.stderr += chunk)
      child.once("close", (code, signal) => end = { code, signal })
      child.once("error", (error) => text.stderr += String(error)) // such as a program that is not there
      return child
    }),
    (child) => Effect.sync(() => endGroup(child))
  )
  const shown = () => `\n--- stdout\n${text.stdout.slice(-2000)}\n--- stderr\n${text.stderr.slice(-4000)}`
  const ended = Effect.callback<Ended>((resume) => {
    const tell = () => resume(Effect.succeed({ code: null, signal: null, ...end, ...text }))
    if (end === undefined) child.once("close", tell)
    else tell()
    return Effect.sync(() => child.off("close", tell))
  })
  return {
    child,
    pid: child.pid ?? -1,
    shows: Effect.fnUntraced(function*(stream, pattern) {
      const giveUpAt = Date.now() + 120_000
      while (true) {
        const found = pattern.exec(text[stream])
        if (found !== null) return found
        if (end !== undefined) return yield* Effect.die(new Error(`Ended without ${pattern} on ${stream}${shown()}`))
        if (Date.now() > giveUpAt) return yield* Effect.die(new Error(`No ${pattern} on ${stream}${shown()}`))
        yield* Effect.sleep("10 millis")
      }
    }),
    kill: (signal) => Effect.sync(() => void child.kill(signal)),
    ended,
    endsSoon: Effect.timeoutOrElse(ended, {
      duration: "90 seconds",
      orElse: () => Effect.die(new Error(`Not ended after 90 s${shown()}`))
    })
  }
})

/** A folder that goes with the scope. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "cli-test-"))),
  (name) => Effect.sync(() => fs.rmSync(name, { recursive: true, force: true, maxRetries: 3 }))
)

/** What the lines of a text hold, each a JSON value. */
export const linesOf = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line))

/** The one object on stdout; throws when there is anything else. */
export const objectOf = ({ stdout }: Ended): Readonly<Record<string, unknown>> => JSON.parse(stdout)

/** What Node has compiled, so that the next process starts sooner. It goes with the bundle: no later one is where this is. */
const compiled = path.join(path.dirname(bundled), "compiled")

const alive = new Set<ChildProcess>()

const endGroup = (child: ChildProcess): void => {
  alive.delete(child)
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {
    // it has ended already
  }
}

process.once("exit", () => alive.forEach(endGroup))
