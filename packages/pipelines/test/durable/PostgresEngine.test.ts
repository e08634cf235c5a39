/**
 * Runners as real processes on a real Postgres, one of which is killed, stopped, or cut off from the database while it
 * carries releases out: the others end them, and nothing is done twice. `pnpm prove` does more rounds of it:
 * `NUNU_TAKEOVERS` says how many of each, `NUNU_RUNNERS` of how many, `NUNU_SEED` at which instants.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { Context, Effect, Fiber, FileSystem, Layer, Random, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as path from "node:path"
import * as PostgresEngine from "../../src/durable/PostgresEngine.ts"
import type { ReleaseRequest } from "../../src/durable/Release.ts"
import { ReleaseId } from "../../src/durable/Release.ts"
import { isStop, script } from "../support/Emulated.ts"
import * as PostgresServer from "./support/PostgresServer.ts"
import * as Releases from "./support/Releases.ts"
import type { Runner } from "./support/Runners.ts"
import * as Runners from "./support/Runners.ts"

const rounds = Number(process.env["NUNU_TAKEOVERS"] ?? 0)
const sizes = (process.env["NUNU_RUNNERS"] ?? "2,3").split(",").map(Number)
const mebi = 1024 ** 2
const seed = process.env["NUNU_SEED"] ?? "nunu"

/** Ways for a runner to be lost, and to come back. */
const losses = {
  "kill -9": {
    lose: (runner: Runner) => runner.signal("SIGKILL"),
    back: () => Effect.void
  },
  "a stop": {
    lose: (runner: Runner) => runner.signal("SIGSTOP"),
    back: (runner: Runner) => runner.signal("SIGCONT")
  },
  "a cut from the database": {
    lose: (runner: Runner) => runner.line.cut,
    back: (runner: Runner) => runner.line.mend
  },
  // Of all runners at once: they give everything up, and take it again.
  "a stop of the database": {
    lose: (_: Runner, server: PostgresServer.PostgresServer) => server.stop,
    back: (_: Runner, server: PostgresServer.PostgresServer) => server.start
  }
}

interface Case {
  readonly how: keyof typeof losses
  readonly runners: number
  readonly releases: number
  /** Runners on one machine share what they know of uploads; others begin them anew. */
  readonly oneMachine: boolean
}

/** An emulator, a database and so many runners of a new cluster. */
const world = Effect.fnUntraced(function*({ oneMachine, releases, runners }: Case) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-runners-" })
  const files = yield* Effect.forEach(
    Array.from({ length: releases }, (_, number) => path.join(folder, `game-${number}.apk`)),
    Effect.fnUntraced(function*(file, number) {
      yield* fs.writeFileString(file, `game ${number}`)
      if (number === 0) yield* fs.truncate(file, 101 * mebi) // in parts, of nothing but zeros
      return file
    })
  )
  const emulator = Context.get(
    yield* Layer.build(EmulatorNode.layerServer({
      partSize: 16 * mebi,
      keepBytes: false,
      script: () => script({ queuedSeconds: 1, startingSeconds: 1, players: [[{ goal: "Play", seconds: 1 }]] }),
      // Steps take a while, so that a runner is lost in the middle of them.
      weather: [
        { kind: "latency", seconds: 0.5, times: "always", when: { origin: "storage" } },
        { kind: "latency", seconds: 1, times: "always", when: { method: "POST", path: "/api/v1/runs" } }
      ]
    })),
    Emulator.Emulator
  )
  const server = yield* PostgresServer.make
  const url = yield* server.database
  const settings = { server, url, baseUrl: emulator.baseUrl, apiKey: Redacted.value(emulator.apiKey), lookSeconds: 2 }
  const started = yield* Effect.forEach(
    Array.from({ length: runners }, (_, number) => `runner ${number}`),
    (name) => Runners.start(name, { ...settings, stateDirectory: path.join(folder, oneMachine ? "state" : name) }),
    { concurrency: "unbounded" }
  )
  yield* Effect.forEach(started, (runner) => runner.says(/^up$/), { concurrency: "unbounded" })
  yield* settled(url, runners)
  const requests = files.map((path, number): ReleaseRequest => ({
    version: 1,
    releaseId: ReleaseId.make(`release-${number}`),
    source: { _tag: "File", path },
    run: { multiplayerTestId: "test-1", deploymentConfigId: "phones" }
  }))
  return { emulator, requests, runners: started, server, url }
})

/** Waits until each runner has its shards: one that is lost before that is not missed. */
const settled = Effect.fnUntraced(function*(url: string, runners: number) {
  const held = PostgresServer.query(
    url,
    "SELECT count(DISTINCT pid)::int AS runners, count(*)::int AS shards FROM pg_locks WHERE locktype = 'advisory'"
  )
  while (true) {
    const [now] = yield* held
    if (now?.["runners"] === runners && now["shards"] === 60) return
    yield* Effect.sleep("200 millis")
  }
})

/** Loses a runner a while after it has begun something; brings it back when the others do its work, or have done it. */
const takeOver = Effect.fnUntraced(function*(one: Case) {
  const { back, lose } = losses[one.how]
  const { emulator, requests, runners, server, url } = yield* world(one)
  const [first] = runners
  assert.isDefined(first)
  yield* Effect.forEach(requests, first.take, { discard: true })
  yield* Effect.forEach(requests, ({ releaseId }) => first.says(new RegExp(`^took ${releaseId}$`)), { discard: true })
  const victim = yield* Effect.raceAllFirst(runners.map((runner) => Effect.as(runner.says(/^begins/), runner)))
  // The short form loses it while it uploads: after a start that was cut the next runner looks for it for half a minute.
  yield* Effect.sleep(rounds === 0 ? 300 : yield* Random.nextIntBetween(0, 4000))
  yield* lose(victim, server)
  const ended = yield* Effect.forkChild(Releases.ended(url, requests))
  yield* Effect.raceFirst(Effect.sleep("15 seconds"), Fiber.await(ended))
  yield* back(victim, server)
  const outcomes = yield* Fiber.join(ended)
  assert.deepStrictEqual(
    outcomes.map(({ status, summary }) => status === "passed" ? status : `${status}: ${summary}`),
    requests.map(() => "passed")
  )
  if (one.how !== "kill -9") yield* Effect.sleep("5 seconds") // in which it might do what it must not
  const uploads = yield* emulator.uploads
  assert.strictEqual((yield* emulator.jobs).length, requests.length)
  assert.deepStrictEqual(
    uploads.flatMap(({ buildId, status }) => status === "completed" ? [buildId] : []).toSorted(),
    outcomes.map(({ buildId }) => String(buildId)).toSorted()
  )
  // What goes in one PUT cannot be gone on with: it is cancelled and begun anew. Parts are gone on with.
  if (one.oneMachine) assert.strictEqual(uploads.filter(({ totalParts }) => totalParts > 1).length, 1)
  assert.deepStrictEqual((yield* emulator.requests).filter(isStop), [])
  const violations = yield* emulator.violations
  assert.deepStrictEqual(violations.filter((words) => !words.endsWith("was left open")), [])
  // On another machine nobody can give up what was begun; it expires.
  if (one.oneMachine) assert.deepStrictEqual(violations, [])
})

const cases: ReadonlyArray<Case> = rounds === 0
  ? [{ how: "kill -9", runners: 2, releases: 6, oneMachine: true }]
  : sizes.flatMap((runners) =>
    Object.keys(losses).map((how): Case => ({
      how: how as Case["how"],
      runners,
      releases: 8,
      oneMachine: how !== "a stop" // who stands still keeps the record of its upload locked
    }))
  )

describe("runners on one Postgres", { timeout: rounds === 0 ? 120_000 : 300_000 * rounds }, () => {
  for (const one of cases) {
    it.live(`of ${one.runners} one is lost by ${one.how}: its releases end, and nothing is done twice`, () =>
      takeOver(one).pipe(
        Effect.scoped,
        Effect.repeat({ times: Math.max(0, rounds - 1) }),
        Random.withSeed(`${seed} ${one.how} ${one.runners}`),
        Effect.provide(NodeServices.layer)
      ))
  }
})

describe("an engine on a Postgres that is not there", () => {
  it.live("says so in the system's words, and not its password", () =>
    Effect.gen(function*() {
      const port = yield* PostgresServer.freePort
      const url = Redacted.make(`postgres://bot:secret@127.0.0.1:${port}/releases`)
      const error = yield* Effect.flip(
        Effect.scoped(Layer.build(PostgresEngine.layer({ url, host: "127.0.0.1", port })))
      )
      assert.strictEqual(
        error.message,
        `Cannot keep releases in Postgres: connect ECONNREFUSED 127.0.0.1:${port}`
      )
    }))
})

describe("a runner that stands still in a transaction", () => {
  it.live("holds its rows no longer than its shards: the database ends its session", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer.make
      const url = Redacted.make(yield* server.database)
      const port = yield* PostgresServer.freePort
      const sql = Context.get(
        yield* Layer.build(PostgresEngine.layer({ url, host: "127.0.0.1", port })),
        SqlClient.SqlClient
      )
      assert.deepStrictEqual(yield* sql`SHOW idle_in_transaction_session_timeout`, [
        { idle_in_transaction_session_timeout: "7s" }
      ])
    }).pipe(Effect.scoped))
})
