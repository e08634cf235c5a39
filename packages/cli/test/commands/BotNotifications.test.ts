import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHmac } from "node:crypto"
import * as fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import { emulate } from "../support/Emulate.ts"
import { game } from "../support/Files.ts"
import { serveBot, token } from "../support/ServedBot.ts"

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

const until = Effect.fnUntraced(function*(holds: () => boolean) {
  while (!holds()) yield* Effect.sleep("50 millis")
})

describe("nunu bot serve", { timeout: 90_000 }, () => {
  it.live("tells of new bugs once, over kill -9 and a receiver that is away, and shows its metrics", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* game()
      const scenario = path.join(folder, "scenario.json")
      const bug = { afterSeconds: 0, bugId: "bug_1", title: "Too dark", severity: "high" }
      const script = { queuedSeconds: 0, startingSeconds: 0, players: [[{ goal: "Play", seconds: 0 }]], bugs: [bug] }
      fs.writeFileSync(scenario, JSON.stringify({ runs: [script] }))
      const emulator = yield* emulate("--scenario", scenario)
      const { got, state, url } = yield* receiver
      const config = path.join(folder, "bot.json")
      fs.writeFileSync(
        config,
        JSON.stringify({
          version: 1,
          roots: [folder],
          storage: `sqlite:${path.join(folder, "bot.sqlite")}`,
          notifications: [{ type: "webhook", name: "ci", url, secret: { env: "HOOK_SECRET" } }]
        })
      )
      const env = { ...emulator.env, NUNU_STATE_DIR: path.join(folder, "state"), HOOK_SECRET: "canary-of-the-hook" }
      const serve = serveBot(["--config", config], env)
      const submission = (releaseId: string) => ({
        body: {
          releaseId,
          branch: "main",
          source: { _tag: "File", path: file },
          run: { multiplayer_test_id: "test-1", deployment_config_id: "phones" }
        }
      })

      const first = yield* serve
      yield* first.ask("/releases", submission("one"))
      yield* first.until("one", "failed")
      yield* until(() => got.length > 0) // it is away: nothing was taken
      yield* first.process.kill("SIGKILL")
      yield* first.process.ended

      state.away = false
      const second = yield* serve
      yield* until(() => got.some(({ taken }) => taken))
      yield* second.ask("/releases", submission("two"))
      yield* second.until("two", "failed")
      const metrics = yield* second.ask("/metrics")
      assert.include(metrics.text, "nunu_bot_releases{status=\"failed\"} 2")
      assert.match(metrics.text, /^nunu_client_attempts_total \d+$/m)
      assert.match(metrics.text, /^nunu_upload_bytes_total 3000$/m)
      assert.match(metrics.text, /^nunu_bot_notifications_total\{sink="ci",outcome="sent"\} 1$/m)
      yield* Effect.sleep("500 millis") // for one that must not come
      const taken = got.filter((one) => one.taken)
      assert.lengthOf(taken, 1, "the same bug of the same branch is new once")
      assert.strictEqual(new Set(got.map(({ body, id }) => id + body)).size, 1, "each attempt is the same")
      const [{ body, signature } = { body: "", signature: "" }] = taken
      assert.strictEqual(signature, `sha256=${createHmac("sha256", "canary-of-the-hook").update(body).digest("hex")}`)
      assert.deepStrictEqual(JSON.parse(body).bugs.map(({ bugId }: { readonly bugId: string }) => bugId), ["bug_1"])
      yield* second.process.kill("SIGTERM")
      const { stderr, stdout } = yield* second.process.ended
      assert.notInclude(stdout + stderr, "canary-of-the-hook")
      assert.notInclude(stdout + stderr, token)
    }))
})
