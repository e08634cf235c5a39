import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { Context, Effect, FileSystem, Layer, Redacted } from "effect"
import * as path from "node:path"
import { script, scriptedBug } from "../../support/Emulated.ts"
import * as BotProcess from "../support/BotProcess.ts"
import * as PostgresServer from "../support/PostgresServer.ts"

const { ask, becomes } = BotProcess

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
        NUNU_BOT_STORAGE: yield* server.database,
        NUNU_BOT_ROOTS: folder
      }
      const start = Effect.flatMap(
        PostgresServer.freePort,
        (port) => BotProcess.start({ ...env, NUNU_BOT_RUNNER_HOST: "127.0.0.1", NUNU_BOT_RUNNER_PORT: String(port) })
      )
      const [one, two] = yield* Effect.all([start, start], { concurrency: 2 })
      const submit = Effect.fnUntraced(function*(bot: BotProcess.BotProcess, releaseId: string, approval = false) {
        yield* fs.writeFileString(path.join(folder, `${releaseId}.apk`), releaseId)
        const source = { _tag: "File", path: path.join(folder, `${releaseId}.apk`) }
        const run = { multiplayer_test_id: "test-1", deployment_config_id: "deployment-1" }
        return yield* ask(bot, "/releases", { releaseId, source, run, approval })
      })
      yield* submit(one, "first", true)
      yield* becomes(two, "first", ["awaiting-approval"])
      const begins = ({ said }: BotProcess.BotProcess) => said().includes("Release first begins")
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
