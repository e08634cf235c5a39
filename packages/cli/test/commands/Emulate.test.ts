import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { emulate } from "../support/Emulate.ts"
import { game } from "../support/Files.ts"
import { nunu, start } from "../support/Nunu.ts"

describe("nunu emulate", { concurrent: true, timeout: 60_000 }, () => {
  it.live("prints what a client needs, ready to be exported, until Ctrl-C", () =>
    Effect.gen(function*() {
      const running = yield* start(["emulate", "--port", "0"])
      const [, exported = ""] = yield* running.shows("stdout", /^ {2}export (.*)$/m)
      const [, baseUrl] = yield* running.shows("stdout", /^(http:\/\/127\.0\.0\.1:\d+\/api\/v1)$/m)
      const [, apiKey] = yield* running.shows("stdout", /^API key: (\S+)$/m)
      assert.strictEqual(exported, `NUNU_API_URL=${baseUrl} NUNU_API_TOKEN=${apiKey}`)

      const env = Object.fromEntries(exported.split(" ").map((pair) => pair.split("=")))
      const { file } = yield* game()
      assert.strictEqual((yield* nunu(["upload", file], { env })).code, 0)

      yield* running.kill("SIGINT")
      assert.strictEqual((yield* running.endsWithin(5)).code, 130)
    }))

  it.live("says so when the port is taken, and ends with 2", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* emulate()
      const port = new URL(baseUrl).port
      const ended = yield* nunu(["emulate", "--port", port])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, new RegExp(`^error Cannot listen on port ${port} and the next: .*EADDRINUSE`))
    }))

  it.live("refuses ports that there are not, and a speed at which no run would ever end", () =>
    Effect.gen(function*() {
      const [high, low] = yield* Effect.all([
        nunu(["emulate", "--port", "65535", "--speed", "0"]), // the storage would get the next one
        nunu(["emulate", "--port", "-1", "--speed", "-2"])
      ], { concurrency: 2 })
      assert.deepInclude(high, { code: 2, stdout: "" })
      assert.match(high.stderr, /--port must be 0 to 65534, not 65535; --speed must be more than 0, not 0$/m)
      assert.deepInclude(low, { code: 2, stdout: "" })
      assert.match(low.stderr, /not -1; .*not -2$/m)
    }))
})
