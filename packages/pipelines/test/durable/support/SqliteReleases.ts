/** Releases as processes on a SQLite file, which a test may kill. */
import { Effect, Layer, type Scope } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as DurableEngine from "../../../src/durable/DurableEngine.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"

export interface SqliteProgramSettings {
  readonly apiKey: string
  readonly baseUrl: string
  /** Of the store and of the ledger of uploads. */
  readonly folder: string
  /** As it is written down. */
  readonly request: unknown
}

export interface ReleaseProcess {
  /** Waits until it has opened its store. */
  readonly up: Effect.Effect<void>
  readonly kill: Effect.Effect<void>
  /** What it said last, when it has ended. */
  readonly ended: Effect.Effect<string>
  readonly isOver: () => boolean
}

/** Runs until the scope ends. */
export const start = Effect.fnUntraced(function*(
  settings: SqliteProgramSettings
): Effect.fn.Return<ReleaseProcess, never, Scope.Scope> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, "SqliteProgram.ts"), JSON.stringify(settings)],
    {
      stdio: ["ignore", "pipe", "inherit"]
    }
  )
  let said = ""
  child.stdout.on("data", (chunk: Buffer) => said += chunk.toString())
  const over = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const kill = Effect.promise(() => {
    child.kill("SIGKILL")
    return over
  })
  yield* Effect.addFinalizer(() => kill)
  return {
    up: Effect.promise(async () => {
      while (!said.includes("\n") && !isOver()) await new Promise((resolve) => setTimeout(resolve, 5))
    }),
    kill,
    ended: Effect.promise(async () => {
      await over
      return said.trimEnd().split("\n").at(-1) ?? ""
    }),
    isOver
  }
})

export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nunu-durable-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** The parts that the ledger in a folder says are stored; null when nothing is written down. */
export const storedParts = (folder: string): ReadonlyArray<number> | null => {
  const uploads = path.join(folder, "uploads")
  const [file] = fs.existsSync(uploads) ? fs.readdirSync(uploads).filter((name) => name.endsWith(".jsonl")) : []
  if (file === undefined) return null
  return fs.readFileSync(path.join(uploads, file), "utf8").split("\n").slice(0, -1).flatMap((line) => {
    const entry: { readonly _tag?: string; readonly partNumber?: number } = JSON.parse(line)
    return entry._tag === "Stored" && entry.partNumber !== undefined ? [entry.partNumber] : []
  })
}

/** What the store tells of a release, when no process has it. */
export const eventsOf = (folder: string, releaseId: string) =>
  Effect.gen(function*() {
    const log = yield* ReleaseLog
    return yield* log.events({ releaseId })
  }).pipe(
    Effect.provide(Layer.fresh(DurableEngine.layerSqlite(path.join(folder, "releases.db")))),
    Effect.orDie
  )
