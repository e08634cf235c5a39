import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, EmulatorNode } from "@nunu-effect/emulator"
import { Context, Effect, FileSystem, Layer, Redacted } from "effect"
import { createHmac } from "node:crypto"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { script, scriptedBug } from "../../support/Emulated.ts"
import * as BotProcess from "../support/BotProcess.ts"

const { ask, becomes, until } = BotProcess

/** Takes notifications once it is told to; until then it is away. */
const receiver = Effect.acquireRelease(
  Effect.promise(async () => {
    const got: Array<
      { readonly id: string; readonly signature: string; readonly body: string; readonly taken: boolean }
    > = []
    const state = { away: true }
    const server = Http.createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (chunk) => body += chunk)
      request.on("end", () => {
        const { "idempotency-key": id = "", "x-nexus-signature-256": signature = "" } = request.headers
        got.push({ id: String(id), signature: String(signature), body, taken: !state.away })
        response.writeHead(state.away ? 503 : 204).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    // listening on TCP
    return { got, state, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

describe("a bot that notifies", { timeout: 90_000 }, () => {
  it.live("tells of new bugs once, over kill -9 and a receiver that is away, and shows its metrics", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-notifies-" })
      yield* fs.writeFileString(`${folder}/game.apk`, "a build")
      const runs = {
        queuedSeconds: 0,
        startingSeconds: 0,
        players: [[{ goal: "Play", seconds: 0 }]],
        bugs: [scriptedBug(0, "high")]
      }
      const emulator = Context.get(
        yield* Effect.orDie(Layer.build(EmulatorNode.layerServer({ script: () => script(runs) }))),
        Emulator.Emulator
      )
      const { got, state, url } = yield* receiver
      yield* fs.writeFileString(
        `${folder}/bot.json`,
        JSON.stringify({
          version: 1,
          roots: [folder],
          storage: `sqlite:${folder}/bot.sqlite`,
          notifications: [{ type: "webhook", name: "ci", url, secret: { env: "HOOK_SECRET" } }]
        })
      )
      const serve = BotProcess.start({
        BOT_CONFIG: `${folder}/bot.json`,
        NUNU_API_URL: emulator.baseUrl,
        NUNU_API_TOKEN: Redacted.value(emulator.apiKey),
        NUNU_STATE_DIR: `${folder}/state`,
        HOOK_SECRET: "canary-of-the-hook"
      })
      const submission = (releaseId: string) => ({
        releaseId,
        branch: "main",
        source: { _tag: "File", path: `${folder}/game.apk` },
        run: { multiplayer_test_id: "test-1", deployment_config_id: "deployment-1" }
      })
      const seen = (holds: () => boolean) => until(() => holds() || undefined, () => JSON.stringify(got))

      const first = yield* serve
      yield* ask(first, "/releases", submission("one"))
      yield* becomes(first, "one", ["failed"])
      yield* seen(() => got.length > 0) // it is away: nothing was taken
      first.process.kill("SIGKILL")

      state.away = false
      const second = yield* serve
      yield* seen(() => got.some(({ taken }) => taken))
      yield* ask(second, "/releases", submission("two"))
      yield* becomes(second, "two", ["failed"])
      const metrics = yield* BotProcess.textOf(second, "/metrics")
      assert.include(metrics, "nunu_bot_releases{status=\"failed\"} 2")
      assert.match(metrics, /^nunu_client_attempts_total \d+$/m)
      assert.match(metrics, /^nunu_upload_bytes_total 7$/m)
      assert.match(metrics, /^nunu_bot_notifications_total\{sink="ci",outcome="sent"\} 1$/m)
      yield* Effect.sleep("500 millis") // for one that must not come
      const taken = got.filter((one) => one.taken)
      assert.lengthOf(taken, 1, "the same bug of the same branch is new once")
      assert.strictEqual(new Set(got.map(({ body, id }) => id + body)).size, 1, "each attempt is the same")
      const [{ body, signature } = { body: "", signature: "" }] = taken
      assert.strictEqual(signature, `sha256=${createHmac("sha256", "canary-of-the-hook").update(body).digest("hex")}`)
      assert.lengthOf(JSON.parse(body).bugs, 1)
      for (const text of [first.said(), second.said()]) {
        assert.notInclude(text, "canary-of-the-hook")
        assert.notInclude(text, BotProcess.token)
      }
    })).pipe(Effect.provide(NodeServices.layer)))
})
