import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { Context, Effect, FileSystem, Layer, Redacted, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import { script, scriptedBug } from "../../support/Emulated.ts"
import * as PostgresServer from "../support/PostgresServer.ts"

const token = "token-of-the-build-server"

interface Bot {
  readonly process: ChildProcess
  readonly url: string
  /** All that it has written so far. */
  readonly said: () => string
}

/** A process of a bot, which ends with the scope. */
const start = Effect.fnUntraced(
  function*(env: Readonly<Record<string, string>>): Effect.fn.Return<Bot, never, Scope.Scope> {
    const port = yield* PostgresServer.freePort
    let said = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [path.join(import.meta.dirname, "../support/BotProgram.ts")], {
          env: { ...process.env, ...env, NUNU_BOT_RUNNER_HOST: "127.0.0.1", NUNU_BOT_RUNNER_PORT: String(port) },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    child.stdout.on("data", (chunk: Buffer) => said += chunk.toString())
    child.stderr.on("data", (chunk: Buffer) => said += chunk.toString())
    const url = yield* until(() => /^url (\S+)$/m.exec(said)?.[1], () => said)
    return { process: child, url, said: () => said }
  }
)

/** Looks until there is something to see; a test that waits in vain says what it saw. */
const until = Effect.fnUntraced(function*<A>(look: () => A | undefined, seen: () => string) {
  for (let looks = 0; looks < 1200; looks++) {
    const found = look()
    if (found !== undefined) return found
    yield* Effect.sleep("50 millis")
  }
  return yield* Effect.die(new Error(`Not seen within a minute: ${seen()}`))
})

const ask = (bot: Bot, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(bot.url + path, {
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    return await answer.json() as any // whatever the bot says; a test compares it
  })

const statusOf = (bot: Bot, id: string) => Effect.map(ask(bot, `/releases/${id}`), ({ status }): string => status)

const becomes = Effect.fnUntraced(function*(bot: Bot, id: string, wanted: ReadonlyArray<string>) {
  let status = ""
  for (let looks = 0; looks < 600; looks++) {
    status = yield* statusOf(bot, id)
    if (wanted.includes(status)) return status
    yield* Effect.sleep("100 millis")
  }
  return yield* Effect.die(new Error(`${id} is ${status} after a minute: ${bot.said()}`))
})

describe("a bot of two processes on one Postgres", { timeout: 120_000 }, () => {
  it.live("answers at both, lets releases begin at one, and at the other when that is killed", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-bots-" })
      const server = yield* PostgresServer.make
      const runs = {
        queuedSeconds: 0,
        startingSeconds: 0,
        players: [[{ goal: "Play", seconds: 1 }]],
        bugs: [scriptedBug(0, "low")]
      }
      const emulator = Context.get(
        yield* Effect.orDie(Layer.build(EmulatorNode.layerServer({ script: () => script(runs) }))),
        Emulator.Emulator
      )
      const env = {
        NUNU_API_URL: emulator.baseUrl,
        NUNU_API_TOKEN: Redacted.value(emulator.apiKey),
        NUNU_BOT_TOKEN: token,
        NUNU_BOT_STORAGE: yield* server.database,
        NUNU_BOT_PORT: "0",
        NUNU_BOT_ROOTS: folder
      }
      const [one, two] = yield* Effect.all([start(env), start(env)], { concurrency: 2 })
      const submit = Effect.fnUntraced(function*(bot: Bot, releaseId: string, approval = false) {
        yield* fs.writeFileString(path.join(folder, `${releaseId}.apk`), releaseId)
        const source = { _tag: "File", path: path.join(folder, `${releaseId}.apk`) }
        const run = { multiplayer_test_id: "test-1", deployment_config_id: "deployment-1" }
        return yield* ask(bot, "/releases", { releaseId, source, run, approval })
      })
      yield* submit(one, "first", true)
      yield* becomes(two, "first", ["awaiting-approval"])
      const begins = ({ said }: Bot) => said().includes("Release first begins")
      assert.deepStrictEqual([begins(one), begins(two)].toSorted(), [false, true])
      const [holder, other] = begins(one) ? [one, two] : [two, one]

      holder.process.kill("SIGKILL")
      yield* submit(other, "second")
      yield* ask(other, "/releases/first/approve", { approved: true })
      assert.strictEqual(yield* becomes(other, "second", ["passed", "failed", "inconclusive", "errored"]), "passed")
      assert.strictEqual(yield* becomes(other, "first", ["passed", "failed", "inconclusive", "errored"]), "passed")
      assert.include(other.said(), "Release second begins")
      assert.deepStrictEqual([(yield* emulator.builds).length, (yield* emulator.jobs).length], [2, 2])
      assert.deepStrictEqual(yield* emulator.violations, [])
    })).pipe(Effect.provide(NodeServices.layer)))
})
