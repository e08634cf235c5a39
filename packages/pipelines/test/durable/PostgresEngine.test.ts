/**
 * Runners as real processes on a real Postgres that are killed, stopped, or cut off from the database while they carry
 * releases out: the others end them, and nothing is done twice. `pnpm prove` does many rounds, one loss at a time:
 * `NUNU_TAKEOVERS` says how many of each, `NUNU_RUNNERS` of how many, `NUNU_SEED` at which instants.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import type { Storm } from "@nunu-effect/emulator/Storm"
import { Context, Effect, Exit, Fiber, FileSystem, Layer, Random, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql"
import * as path from "node:path"
import { afterAll, beforeAll } from "vitest"
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

const scope = Scope.makeUnsafe()
let server: PostgresServer.PostgresServer
beforeAll(async () => {
  server = await Effect.runPromise(Scope.provide(PostgresServer.make, scope))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

interface Loss {
  /** So many runners are lost, the first of them for good where it is killed. */
  readonly victims: number
  readonly killed: number
  readonly lose: (victims: ReadonlyArray<Runner>) => Effect.Effect<unknown>
  readonly back: (victims: ReadonlyArray<Runner>) => Effect.Effect<unknown>
}

const kill = (runner: Runner | undefined) => runner?.signal("SIGKILL") ?? Effect.void
const stop = (runner: Runner | undefined) => runner?.signal("SIGSTOP") ?? Effect.void
const go = (runner: Runner | undefined) => runner?.signal("SIGCONT") ?? Effect.void
const cut = (runner: Runner | undefined) => runner?.line.cut ?? Effect.void
const mend = (runner: Runner | undefined) => runner?.line.mend ?? Effect.void

/** Ways for runners to be lost, and to come back. */
const losses = {
  "a kill -9": { victims: 1, killed: 1, lose: ([one]) => kill(one), back: () => Effect.void },
  "a stop": { victims: 1, killed: 0, lose: ([one]) => stop(one), back: ([one]) => go(one) },
  // From the database: it reaches everything else.
  "a cut": { victims: 1, killed: 0, lose: ([one]) => cut(one), back: ([one]) => mend(one) },
  // Of all runners at once: they give everything up, and take it again.
  "a stop of the database": {
    victims: 0,
    killed: 0,
    lose: () => server.stop,
    back: () => server.start
  },
  "a kill -9, a stop and a cut": {
    victims: 3,
    killed: 1,
    lose: ([one, two, three]) => Effect.all([kill(one), stop(two), cut(three)]),
    back: ([, two, three]) => Effect.all([go(two), mend(three)])
  }
} satisfies Record<string, Loss>

interface Case {
  readonly how: keyof typeof losses
  readonly runners: number
  readonly releases: number
  /** One of the releases is large enough to be sent in parts. */
  readonly large: boolean
  /** Runners on one machine share what they know of uploads; others begin them anew. */
  readonly oneMachine: boolean
}

/** Steps take a while, so that a runner is lost in the middle of them. */
const always: ReadonlyArray<Storm> = [
  { kind: "latency", seconds: 0.5, times: "always", when: { origin: "storage" } },
  { kind: "latency", seconds: 1, times: "always", when: { method: "POST", path: "/api/v1/runs" } }
]

/** All are lost while they upload: after a start that was cut the next runner looks for it for half a minute. */
const atFirst = (releases: number): ReadonlyArray<Storm> => [
  { kind: "latency", seconds: 3, times: releases, when: { origin: "storage" } }
]

/** An emulator, a database and so many runners of a new cluster. */
const world = Effect.fnUntraced(function*({ large, oneMachine, releases, runners }: Case) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-runners-" })
  const files = yield* Effect.forEach(
    Array.from({ length: releases }, (_, number) => path.join(folder, `game-${number}.apk`)),
    Effect.fnUntraced(function*(file, number) {
      yield* fs.writeFileString(file, `game ${number}`)
      if (large && number === 0) yield* fs.truncate(file, 101 * mebi) // in parts, of nothing but zeros
      return file
    })
  )
  const emulator = Context.get(
    yield* Layer.build(EmulatorNode.layerServer({
      partSize: 16 * mebi,
      keepBytes: false,
      script: () => script({ queuedSeconds: 0.5, startingSeconds: 0.5, players: [[{ goal: "Play", seconds: 0.5 }]] }),
      weather: rounds === 0 ? atFirst(releases) : always
    })),
    Emulator.Emulator
  )
  const url = yield* server.database
  const settings = { server, url, baseUrl: emulator.baseUrl, apiKey: Redacted.value(emulator.apiKey), lookSeconds: 1 }
  const started = yield* Effect.forEach(
    Array.from({ length: runners }, (_, number) => `runner ${number}`),
    (name) => Runners.start(name, { ...settings, stateDirectory: path.join(folder, oneMachine ? "state" : name) }),
    { concurrency: "unbounded" }
  )
  yield* Effect.forEach(started, (runner) => runner.says(/^up$/), { concurrency: "unbounded" })
  yield* Runners.settled(url, runners)
  const requests = files.map((path, number): ReleaseRequest => ({
    version: 1,
    releaseId: ReleaseId.make(`release-${number}`),
    source: { _tag: "File", path },
    run: { multiplayerTestId: "test-1", deploymentConfigId: "phones" }
  }))
  return { emulator, requests, runners: started, url }
})

/** Loses runners a while after one has begun something; brings them back when others do their work, or have done it. */
const takeOver = Effect.fnUntraced(function*(one: Case) {
  const { back, killed, lose, victims: count }: Loss = losses[one.how]
  const { emulator, requests, runners, url } = yield* world(one)
  const [first] = runners
  assert.isDefined(first)
  yield* Effect.forEach(requests, first.take, { discard: true })
  yield* Effect.forEach(requests, ({ releaseId }) => first.says(new RegExp(`^took ${releaseId}$`)), { discard: true })
  yield* Effect.raceAllFirst(runners.map((runner) => runner.says(/^begins/)))
  yield* Effect.sleep(rounds === 0 ? 300 : yield* Random.nextIntBetween(0, 4000))
  const hasBegun = ({ lines }: Runner) => lines.some((line) => line.startsWith("begins"))
  const victims = runners.toSorted((a, b) => Number(hasBegun(b)) - Number(hasBegun(a))).slice(0, count)
  yield* lose(victims)
  const ended = yield* Effect.forkChild(Releases.ended(url, requests))
  yield* Effect.timeoutOption(Fiber.await(ended), "15 seconds")
  yield* back(victims)
  const outcomes = yield* Fiber.join(ended)
  assert.deepStrictEqual(
    outcomes.map(({ status, summary }) => status === "passed" ? status : `${status}: ${summary}`),
    requests.map(() => "passed")
  )
  // Who is there again has shards; by then it might have done what it must not.
  yield* Runners.settled(url, runners.length - killed)
  const uploads = yield* emulator.uploads
  assert.strictEqual((yield* emulator.jobs).length, requests.length)
  assert.deepStrictEqual(
    uploads.flatMap(({ buildId, status }) => status === "completed" ? [buildId] : []).toSorted(),
    outcomes.map(({ buildId }) => String(buildId)).toSorted()
  )
  // What goes in one PUT cannot be gone on with: it is cancelled and begun anew. Parts are gone on with.
  if (one.oneMachine && one.large) assert.strictEqual(uploads.filter(({ totalParts }) => totalParts > 1).length, 1)
  assert.deepStrictEqual((yield* emulator.requests).filter(isStop), [])
  const violations = yield* emulator.violations
  assert.deepStrictEqual(violations.filter((words) => !words.endsWith("was left open")), [])
  // On another machine nobody can give up what was begun; it expires.
  if (one.oneMachine) assert.deepStrictEqual(violations, [])
})

/** How runners are lost when there is time for one after the other. */
const alone = ["a kill -9", "a stop", "a cut", "a stop of the database"] as const

const cases: ReadonlyArray<Case> = rounds === 0
  ? [{ how: "a kill -9, a stop and a cut", runners: 4, releases: 9, large: false, oneMachine: false }]
  : sizes.flatMap((runners) =>
    alone.map((how): Case => ({
      how,
      runners,
      releases: 8,
      large: true,
      oneMachine: how !== "a stop" // who stands still keeps the record of its upload locked
    }))
  )

describe("runners on one Postgres", { timeout: 300_000 * Math.max(1, rounds) }, () => {
  for (const one of cases) {
    it.live(`of ${one.runners} are lost by ${one.how}: all releases end, and nothing is done twice`, () =>
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
