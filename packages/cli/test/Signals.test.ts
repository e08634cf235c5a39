import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { emulate } from "./support/Emulate.ts"
import { stuckApi, stuckBuildId } from "./support/FakeApi.ts"
import { game, hugeGame } from "./support/Files.ts"
import { folder, linesOf, objectOf, start } from "./support/Nunu.ts"

/** The emulator's requests, as `--log-level debug` tells them. */
const requestsIn = (stderr: string): ReadonlyArray<string> =>
  Array.from(stderr.matchAll(/: ((?:api|storage) [A-Z]+ \S+ -> \S+)$/gm), (found) => found[1] ?? "")

describe("a signal in the middle of an upload", { concurrent: true }, () => {
  /** An upload of 3 GiB with the bundle, of which some seconds are over. */
  const uploading = Effect.fnUntraced(function*(flags: ReadonlyArray<string>, env: Readonly<Record<string, string>>) {
    const { file } = yield* hugeGame(3)
    const running = yield* start(["upload", file, ...flags], { env })
    const [, buildId = ""] = yield* running.shows(
      "stderr",
      /^Uploading huge\.apk, 3\.0 GiB in \d+ parts, as build (\S+)$/m
    )
    yield* Effect.sleep("1 second")
    return { running, buildId }
  })

  it.live("SIGINT: stops the parts, then cancels with one DELETE, and leaves no file behind", () =>
    Effect.gen(function*() {
      const temporary = yield* folder
      const flags = ["--emulator", "--log-level", "debug", "--output", "json"]
      const { buildId, running } = yield* uploading(flags, { TMPDIR: temporary })
      assert.lengthOf(fs.readdirSync(temporary), 1)
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon

      assert.deepInclude(ended, { code: 130, signal: null })
      const requests = requestsIn(ended.stderr)
      const deletes = requests.filter((request) => request.startsWith("api DELETE"))
      assert.deepStrictEqual(deletes, [
        `api DELETE /api/v1/builds/upload?build_id=${buildId}&object_key=builds/${buildId}/huge.apk` +
        "&upload_id=<redacted> -> 200"
      ])
      assert.ok(requests.some((request) => request.startsWith("storage PUT")))
      const late = requests.slice(requests.indexOf(deletes[0] ?? "") + 1)
      // One that was cut before may be read by the server after it: then it finds nothing to store to.
      assert.deepStrictEqual(late.filter((request) => !/^storage PUT .*-> (404|gone)$/.test(request)), [])
      assert.match(ended.stderr, /^! huge\.apk: upload cancelled, nothing stays reserved$/m)
      assert.deepStrictEqual(objectOf(ended), {
        schemaVersion: 1,
        command: "upload",
        ok: false,
        exitCode: 130,
        buildId,
        error: null
      })
      assert.deepStrictEqual(fs.readdirSync(temporary), [])
    }))

  it.live("SIGINT, with the emulator in another process: one DELETE, and nothing that it objects to", () =>
    Effect.gen(function*() {
      const emulator = yield* emulate()
      const { buildId, running } = yield* uploading([], emulator.env)
      yield* running.kill("SIGINT")
      assert.strictEqual((yield* running.endsSoon).code, 130)

      yield* Effect.sleep("1 second") // for whatever might come after
      const requests = yield* emulator.requests
      const deletes = requests.filter(({ method }) => method === "DELETE")
      assert.lengthOf(deletes, 1)
      assert.deepInclude(deletes[0], { path: "/api/v1/builds/upload", status: 200 })
      assert.deepInclude(deletes[0]?.query, { build_id: buildId, object_key: `builds/${buildId}/huge.apk` })
      assert.containsAllKeys(deletes[0]?.query, ["upload_id"])
      // One that was cut before may be read by the server after it: then it finds nothing to store to.
      const late = requests.slice(requests.findIndex(({ method }) => method === "DELETE") + 1)
      assert.deepStrictEqual(late.filter(({ method, status }) => method !== "PUT" || (status ?? 404) !== 404), [])
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("SIGINT, with two files under way: both are cancelled, and both are told", () =>
    Effect.gen(function*() {
      const emulator = yield* emulate()
      const [one, two] = [yield* hugeGame(1), yield* hugeGame(2)]
      const files = [one.file, two.file]
      const running = yield* start(["upload", ...files, "--output", "json"], { env: emulator.env })
      yield* running.shows("stderr", /^Uploading [^]*^Uploading /m)
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.lengthOf(ended.stderr.match(/upload cancelled, nothing stays reserved$/gm) ?? [], 2)
      assert.lengthOf(objectOf(ended)["uploads"] as Array<unknown>, 2)
      assert.lengthOf((yield* emulator.requests).filter(({ method }) => method === "DELETE"), 2)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live.each([["SIGTERM", 143], ["SIGHUP", 129]] as const)(
    "%s: cancels too, and ends with %i",
    ([signal, code]) =>
      Effect.gen(function*() {
        const { buildId, running } = yield* uploading(["--emulator", "--output", "ndjson"], {})
        yield* running.kill(signal)
        const ended = yield* running.endsSoon
        assert.deepInclude(ended, { code, signal: null })
        assert.include(ended.stderr, `Ending after ${signal}`)
        assert.match(ended.stderr, /upload cancelled, nothing stays reserved/)
        const [aborted, last] = linesOf(ended.stdout).slice(-2)
        assert.deepInclude(aborted, { _tag: "Aborted", buildId, outcome: "cancelled" })
        assert.deepInclude(last, { ok: false, exitCode: code, buildId, error: null })
      })
  )
})

describe("a signal while the API does not answer", { concurrent: true }, () => {
  const uploading = Effect.gen(function*() {
    const api = yield* stuckApi
    const { file } = yield* game()
    const running = yield* start(["upload", file, "--output", "json"], { env: api.env })
    yield* api.isAsked("PUT")
    yield* running.kill("SIGINT")
    yield* api.isAsked("DELETE")
    return { api, running }
  })

  it.live("ends after 5 seconds all the same, and tells what is left behind", () =>
    Effect.gen(function*() {
      const { api, running } = yield* uploading
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.include(
        ended.stderr,
        `could not cancel the upload of build ${stuckBuildId}: run nunu cleanup, or the server frees it`
      )
      assert.deepInclude(objectOf(ended), { ok: false, exitCode: 130, buildId: stuckBuildId })
      assert.deepStrictEqual(api.asked, ["POST", "PUT", "DELETE"])
    }))

  it.live("ends at once when it comes twice", () =>
    Effect.gen(function*() {
      const { running } = yield* uploading
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.strictEqual(ended.stdout, "") // it did not wait for the undoing, which would tell its end here
    }))
})
