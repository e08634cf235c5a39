import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { game } from "./support/Files.ts"
import { start, startProcess, unbuilt } from "./support/Nunu.ts"

describe("a pipe that is closed", { concurrent: true }, () => {
  it.live("at stdout does not stop an upload, and makes no noise", () =>
    Effect.gen(function*() {
      const { file } = yield* game(40 * 2 ** 20)
      const running = yield* start(["upload", file, "--multipart", "--emulator", "--output", "ndjson"])
      running.child.stdout?.destroy()
      const { code, signal, stderr } = yield* running.ended
      assert.deepStrictEqual({ code, signal }, { code: 0, signal: null })
      assert.match(stderr, /^emulator: build \S+ is stored, 40\.0 MiB/m)
      assert.notMatch(stderr, /EPIPE|^\s+at /m)
    }))

  it.live("at stdout after the first byte, as by `head -c 1`, neither", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const script = `"${process.execPath}" "${unbuilt}" --help | head -c 1; "${process.execPath}" "${unbuilt}"` +
        ` upload "${file}" --emulator --output ndjson | head -c 1`
      const { code, stderr, stdout } = yield* (yield* startProcess("sh", ["-c", script])).ended
      assert.strictEqual(code, 0)
      assert.strictEqual(stdout, "D{")
      assert.notMatch(stderr, /EPIPE|^\s+at /m)
    }))

  it.live("at stderr does not stop it either", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const running = yield* start(["upload", file, "--emulator"])
      running.child.stderr?.destroy()
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /^game\.apk → Build ID: /)
    }))

  it.live("at stdin is not noticed: nothing is ever asked", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const script = `exec "${process.execPath}" "${unbuilt}" upload "${file}" --emulator <&-`
      const { code, stdout } = yield* (yield* startProcess("sh", ["-c", script])).ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /^game\.apk → Build ID: /)
    }))
})
