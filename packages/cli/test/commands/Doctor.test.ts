import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { refusingApi } from "../support/FakeApi.ts"
import { game } from "../support/Files.ts"
import { nunu, objectOf } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

describe("nunu doctor", concurrently, () => {
  it.live("finds nothing where all is well, and sends nothing that changes anything", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const ended = yield* nunu(["doctor"], { env })
      assert.strictEqual(ended.code, 0, ended.stdout)
      assert.match(
        ended.stdout,
        /^✓ state: .*\/\.local\/state\/nunu\n✓ API: \S+ answers in \d+ ms\n✓ clock: .*\n✓ key: valid.* 0 runs$/m
      )
      const requests = yield* emulator.requests
      assert.deepStrictEqual(requests.map(({ method }) => method), ["GET", "GET"])
      assert.isUndefined(requests[0]?.headers["x-api-key"])
    }))

  it.live("uploads and cancels when it is told to", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const ended = yield* nunu(["doctor", "--upload"], { env })
      assert.strictEqual(ended.code, 0, ended.stdout)
      assert.match(ended.stdout, /^✓ upload: allowed, and the storage can be reached; cancelled again$/m)
      const changing = (yield* emulator.requests).filter(({ method }) => method !== "GET")
      assert.deepStrictEqual(changing.map(({ method }) => method), ["POST", "PUT", "DELETE"])
      assert.deepStrictEqual((yield* emulator.uploads).map(({ status }) => status), ["cancelled"])
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("tells a key that is refused, with 3", () =>
    Effect.gen(function*() {
      const { env } = yield* served()
      const ended = yield* nunu(["doctor", "-o", "json"], { env: { ...env, NUNU_API_TOKEN: "another" } })
      assert.strictEqual(ended.code, 3)
      const { checks, ok } = objectOf(ended)
      assert.ok(Array.isArray(checks))
      assert.strictEqual(ok, false)
      assert.deepInclude(checks.at(-1), { name: "key", ok: false })
      assert.notInclude(ended.stdout + ended.stderr, "another")
    }))

  it.live("tells an API that is not there, with 10 and what to look at", () =>
    Effect.gen(function*() {
      const env = { NUNU_API_URL: "http://127.0.0.1:9/api/v1", NUNU_API_TOKEN: "any" }
      const ended = yield* nunu(["doctor"], { env })
      assert.strictEqual(ended.code, 10)
      assert.match(ended.stdout, /^✗ API: \S+ does not answer \(ECONNREFUSED\)\. Check NUNU_API_URL, .*HTTPS_PROXY/m)
    }))

  it.live("tells a state directory in which nothing can be written, and the file that it tried is gone", () =>
    Effect.gen(function*() {
      const { env } = yield* served()
      const { file, folder } = yield* game()
      const ended = yield* nunu(["doctor", "--state-dir", `${file}/state`], { env })
      assert.strictEqual(ended.code, 2)
      assert.match(
        ended.stdout,
        /^✗ state: cannot write in \S+game\.apk\/state: ENOTDIR.*--state-dir or NUNU_STATE_DIR$/m
      )
      assert.match(ended.stdout, /^✓ key: valid/m)
      const state = path.join(folder, "state")
      assert.strictEqual((yield* nunu(["doctor", "--state-dir", state], { env })).code, 0)
      assert.deepStrictEqual(fs.readdirSync(state), [])
    }))

  it.live("tells a clock that is wrong", () =>
    Effect.gen(function*() {
      const { env } = yield* refusingApi("no", { date: new Date(Date.now() - 3_600_000).toUTCString() })
      const ended = yield* nunu(["doctor"], { env })
      assert.strictEqual(ended.code, 6)
      assert.match(ended.stdout, /^✗ clock: 1 h 00 min away from the API's/m)
    }))
})
