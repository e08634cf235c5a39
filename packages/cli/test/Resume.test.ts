import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { game, md5Of } from "./support/Files.ts"
import { readLedger } from "./support/Ledger.ts"
import type { Running } from "./support/Nunu.ts"
import { folder, nunu, objectOf, start } from "./support/Nunu.ts"
import { served } from "./support/Served.ts"

/** Bytes. What is shown is a matter of parts and not of their size. */
const partSize = 2 ** 17

/** An emulator that takes its time with every part, a file of 24 parts, and a place for the ledger. */
const setUp = Effect.gen(function*() {
  const { emulator, env } = yield* served({
    partSize,
    weather: [{ kind: "latency", seconds: 0.1, times: "always", when: { origin: "storage" } }]
  })
  const { file } = yield* game(24 * partSize)
  const state = yield* folder
  const flags = ["upload", file, "--multipart", "--concurrency", "2"]
  const settings = { env: { ...env, NUNU_STATE_DIR: state } }
  return {
    emulator,
    file,
    state,
    flags,
    settings,
    /** Starts an upload and waits until some parts are written down. */
    uploading: Effect.fnUntraced(function*(more: ReadonlyArray<string> = [], parts = 3) {
      const running = yield* start([...flags, ...more], settings)
      const isThere = Effect.sync(() => (readLedger(state)[0]?.parts.length ?? 0) >= parts)
      while (!(yield* isThere)) yield* Effect.sleep("5 millis")
      return running
    }),
    /** How often each part was put. */
    puts: Effect.map(emulator.requests, (requests) => {
      const counts = new Map<number, number>()
      for (const { method, query } of requests) {
        const number = Number(query["partNumber"])
        if (method === "PUT") counts.set(number, (counts.get(number) ?? 0) + 1)
      }
      return counts
    }),
    deletes: Effect.map(emulator.requests, (requests) => requests.filter(({ method }) => method === "DELETE").length)
  }
})

const killed = Effect.fnUntraced(function*(running: Running) {
  yield* running.kill("SIGKILL")
  return yield* running.ended
})

/** The build that a command has made is the file. */
const assertStored = Effect.fnUntraced(function*(
  { emulator, file, state }: Effect.Success<typeof setUp>,
  stdout: string
) {
  const { builds, ok } = JSON.parse(stdout)
  assert.strictEqual(ok, true)
  const stored = yield* emulator.stored(builds[0].buildId)
  assert.deepStrictEqual(stored, { size: fs.statSync(file).size, md5: yield* md5Of(file) })
  assert.deepStrictEqual(readLedger(state), [])
  return builds[0]
})

describe("an upload", { concurrent: true }, () => {
  it.live("that is interrupted with --on-interrupt keep says what to do next, and the same command goes on with it", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      const running = yield* test.uploading(["--on-interrupt", "keep"])
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.match(
        ended.stderr,
        /^! game\.apk: \d+ of 24 parts are kept until \S+Z\. Run the same command again to go on, or nunu cleanup to give it up$/m
      )
      assert.strictEqual(yield* test.deletes, 0)
      const recorded = readLedger(test.state)[0]?.parts ?? []

      const again = yield* nunu([...test.flags, "--output", "json"], test.settings)
      assert.match(again.stderr, /^Resuming game\.apk: \d+ of 24 parts, .* are stored already, as build /m)
      const build = yield* assertStored(test, again.stdout)
      assert.strictEqual(build.resumedParts, recorded.length)
      const puts = yield* test.puts
      for (const part of recorded) assert.strictEqual(puts.get(part), 1, `part ${part} was sent again`)
      assert.deepStrictEqual(yield* test.emulator.violations, [])
    }))

  it.live("of a release that is interrupted with --on-interrupt detach is kept, too", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      const running = yield* start(
        ["release", test.file, "--multipart", "--test", "t", "--deployment", "d", "--on-interrupt", "detach"],
        test.settings
      )
      yield* running.shows("stderr", /^Uploading game\.apk/m)
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.match(ended.stderr, /^! game\.apk: \d+ of 24 parts are kept until /m)
      assert.strictEqual(yield* test.deletes, 0)
      assert.lengthOf(readLedger(test.state), 1)
    }))

  it.live("that lives keeps a second process away, and one that was killed is taken over", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      const first = yield* test.uploading()
      yield* first.kill("SIGSTOP") // it lives, and gets no further
      const second = yield* nunu([...test.flags, "--output", "json"], test.settings)
      assert.strictEqual(second.code, 8)
      assert.include(second.stderr, `process ${first.pid} on `)
      assert.deepInclude(objectOf(second)["error"], { tag: "UploadInUse" })

      yield* killed(first)
      const recorded = readLedger(test.state)[0]?.parts ?? []
      assert.isAtLeast(recorded.length, 3)
      const third = yield* nunu([...test.flags, "--output", "json"], test.settings)
      yield* assertStored(test, third.stdout)
      const puts = yield* test.puts
      for (const part of recorded) assert.strictEqual(puts.get(part), 1, `part ${part} was sent again`)
      assert.isAtMost(Array.from(puts.values()).filter((count) => count > 1).length, 2)
      assert.deepStrictEqual(yield* test.emulator.violations, [])
      assert.strictEqual(yield* test.deletes, 0)
    }))

  it.live("that was killed is listed and given up by nunu cleanup, but not while it lives", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      const running = yield* test.uploading()
      yield* running.kill("SIGSTOP")
      const alive = yield* nunu(["cleanup"], test.settings)
      assert.strictEqual(alive.code, 0)
      assert.match(alive.stdout, new RegExp(`left alone, as process ${running.pid} on .* works on it`))
      yield* killed(running)

      const listed = yield* nunu(["cleanup", "--dry-run"], {
        env: { NUNU_STATE_DIR: test.state }
      })
      assert.match(listed.stdout, /game\.apk, build \S+: \d+ of 24 parts, .*, until \S+Z$/m)
      assert.strictEqual(yield* test.deletes, 0)
      const cleaned = yield* nunu(["cleanup", "-o", "json"], test.settings)
      assert.deepInclude(objectOf(cleaned), { ok: true, command: "cleanup" })
      assert.include(cleaned.stdout, "\"outcome\":\"cancelled\"")
      assert.strictEqual(yield* test.deletes, 1)
      assert.deepStrictEqual(yield* test.emulator.violations, [])
      assert.deepStrictEqual(readLedger(test.state), [])
      const nothing = yield* nunu(["cleanup"], test.settings)
      assert.deepInclude(nothing, { code: 0, stdout: "Nothing was left behind\n" })
    }))

  it.live("is written down where only its user can read it, and no key or URL is", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      const running = yield* test.uploading()
      const uploads = path.join(test.state, "uploads")
      assert.strictEqual(fs.statSync(uploads).mode & 0o777, 0o700)
      for (const name of fs.readdirSync(uploads)) {
        assert.strictEqual(fs.statSync(path.join(uploads, name)).mode & 0o777, 0o600, name)
        const text = fs.readFileSync(path.join(uploads, name), "utf8")
        assert.notMatch(text, new RegExp(`X-Amz|${test.settings.env.NUNU_API_TOKEN}`))
      }
      yield* killed(running)
    }))

  it.live("begins anew with --no-resume, and gives up what was left", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      yield* killed(yield* test.uploading())
      const again = yield* nunu([...test.flags, "--no-resume", "--output", "json"], test.settings)
      assert.match(again.stderr, /^! game\.apk: an earlier upload does not go on, as that was asked for$/m)
      const build = yield* assertStored(test, again.stdout)
      assert.strictEqual(build.resumedParts, 0)
      assert.strictEqual(yield* test.deletes, 1)
      assert.deepStrictEqual(yield* test.emulator.violations, [])
    }))

  it.live("tells a record that it cannot read, sets it aside, and leaves alone one of a newer version", () =>
    Effect.gen(function*() {
      const test = yield* setUp
      yield* killed(yield* test.uploading())
      const [record] = readLedger(test.state)
      const file = path.join(test.state, "uploads", record?.name ?? "")
      fs.writeFileSync(file, (record?.text ?? "").replace("\"version\":1", "\"version\":2"))
      const newer = yield* nunu([...test.flags], test.settings)
      assert.strictEqual(newer.code, 8)
      assert.match(newer.stderr, /was written by a newer version of this program .*: use that one, or remove the file/)
      assert.isTrue(fs.existsSync(file))

      fs.writeFileSync(file, "{\"version\":1,\n")
      const listed = yield* nunu(["cleanup", "--dry-run"], test.settings)
      assert.match(listed.stdout, /cannot be read: line 1 is not the beginning of a record/)
      const again = yield* nunu([...test.flags, "--output", "json"], test.settings)
      assert.match(again.stderr, /its record could not be read .* and was set aside as .*\.corrupt-1$/m)
      yield* assertStored(test, again.stdout)
    }))
})
