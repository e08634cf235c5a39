import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { stuckApi } from "./support/FakeApi.ts"
import { game } from "./support/Files.ts"
import { type Ended, nunu, start, unbuilt } from "./support/Nunu.ts"
import { type Served, served } from "./support/Served.ts"

const canary = "nunu-canary-5f3c1a"

/** Logs everything that it can. */
const loud = ["--log-level", "trace", "--output", "ndjson"]

const onPhones = ["--test", "test-1", "--deployment", "phones"]

/** Upload ids and signatures that passed between client and server. */
const secretsOf = ({ emulator }: Served) =>
  Effect.map(emulator.requests, (requests) =>
    Array.from(
      new Set(
        requests.flatMap(({ query }) => [query["upload_id"], query["uploadId"], query["X-Amz-Signature"]])
          .filter((secret) => secret !== undefined)
      )
    ))

const assertKept = (ended: Ended, ...secrets: ReadonlyArray<string>) => {
  for (const secret of [canary, "X-Amz-Signature=", ...secrets]) {
    assert.notInclude(ended.stdout, secret)
    assert.notInclude(ended.stderr.replaceAll("X-Amz-Signature=<redacted>", ""), secret)
  }
}

describe("no key, upload id or signature is ever told", { concurrent: true }, () => {
  it.live("when all goes well", () =>
    Effect.gen(function*() {
      const server = yield* served({ apiKey: canary, partSize: 2 ** 20 })
      const { file } = yield* game(5 * 2 ** 20)
      const ended = yield* nunu(["upload", file, "--multipart", ...loud], { env: server.env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      const secrets = yield* secretsOf(server)
      assert.lengthOf(secrets, 6, "an upload id and five signatures")
      assertKept(ended, ...secrets)
    }))

  it.live("when the storage turns the parts away", () =>
    Effect.gen(function*() {
      const server = yield* served({ apiKey: canary, partSize: 2 ** 20, urlLife: 0 })
      const { file } = yield* game(2 * 2 ** 20)
      const ended = yield* nunu(["upload", file, "--multipart", ...loud], { env: server.env })
      assert.strictEqual(ended.code, 8, ended.stderr)
      assertKept(ended, ...(yield* secretsOf(server)))
    }))

  it.live("when it is given up", () =>
    Effect.gen(function*() {
      const server = yield* served({ apiKey: canary, partSize: 2 ** 20 })
      const { file } = yield* game(400 * 2 ** 20)
      const running = yield* start(["upload", file, "--multipart", ...loud], { env: server.env })
      yield* running.shows("stdout", /PartCompleted/)
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assertKept(ended, ...(yield* secretsOf(server)))
    }))

  it.live("when the key is wrong, the API is silent, and in a wait that is given up", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const server = yield* served({ apiKey: "another" })
      const right = yield* served({ apiKey: canary })
      const stuck = yield* stuckApi
      const env = { NUNU_API_TOKEN: canary }
      const [wrong, refused, silent, waited] = yield* Effect.all([
        nunu(["upload", file, ...loud], { env: { ...server.env, ...env } }),
        nunu(["release", file, ...onPhones, ...loud], { env: { ...server.env, ...env } }),
        Effect.scoped(Effect.gen(function*() {
          const running = yield* start(["upload", file, ...loud], { env: { ...stuck.env, ...env } })
          yield* stuck.isAsked("PUT")
          yield* running.kill("SIGTERM")
          return yield* running.ended
        })),
        nunu(["release", file, ...onPhones, "--timeout", "0.01", ...loud], { env: right.env })
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual([wrong, refused, silent, waited].map(({ code }) => code), [3, 3, 143, 7])
      for (const ended of [wrong, refused, silent, waited]) assertKept(ended, ...(yield* secretsOf(right)))
    }))

  it.live("when something is run and waited for, with template data that may hold passwords", () =>
    Effect.gen(function*() {
      const server = yield* served({ apiKey: canary, speed: 60 })
      const data = ["--template-data", "{\"password\":\"p4ssw0rd-c4n4ry\"}"]
      const detached = yield* nunu(["run", ...onPhones, ...data, "--detach", ...loud], { env: server.env })
      assert.strictEqual(detached.code, 0, detached.stderr)
      const { jobIds } = JSON.parse(detached.stdout.trim().split("\n").at(-1) ?? "")
      const [run, wait] = yield* Effect.all([
        nunu(["run", ...onPhones, ...data, "--fail-on", "critical", ...loud], { env: server.env }),
        nunu(["wait", ...jobIds, "--fail-on", "critical", ...loud], { env: server.env })
      ], { concurrency: 2 })
      assert.deepStrictEqual([run.code, wait.code], [0, 0])
      for (const ended of [detached, run, wait]) assertKept(ended, "p4ssw0rd-c4n4ry")
    }))

  it.live("with the emulator, whose log is told too", () =>
    Effect.gen(function*() {
      const { file } = yield* game(20 * 2 ** 20)
      const ended = yield* nunu(["upload", file, "--multipart", "--emulator", ...loud], {
        env: { NUNU_API_TOKEN: canary }
      })
      assert.match(ended.stderr, /storage PUT .*uploadId=<redacted>&X-Amz-Signature=<redacted> -> 200/)
      assertKept(ended, "nunu_emulator", "emulated-upload")
    }))

  it.live("when the key is in a place where it should not be", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const inUrl = yield* nunu(["upload", file, ...loud], {
        env: { NUNU_API_TOKEN: canary, NUNU_API_URL: `https://nunu:${canary}@nunu.ai/api/v1?key=${canary}` }
      })
      assert.strictEqual(inUrl.code, 2)
      assertKept(inUrl)
    }))

  it.live("not even unbuilt", () =>
    Effect.gen(function*() {
      const server = yield* served({ apiKey: canary, partSize: 2 ** 20 })
      const { file } = yield* game(3 * 2 ** 20)
      const ended = yield* nunu(["upload", file, "--multipart", ...loud], { env: server.env, program: unbuilt })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assertKept(ended, ...(yield* secretsOf(server)))
    }))
})
