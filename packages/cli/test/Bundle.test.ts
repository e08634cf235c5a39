import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isBuiltin } from "node:module"
import { inject } from "vitest"
import { emulate } from "./support/Emulate.ts"
import { game, hugeGame, md5Of } from "./support/Files.ts"
import { peakMemory } from "./support/Memory.ts"
import { bundled, nunu, objectOf, start, startProcess, unbuilt } from "./support/Nunu.ts"
import { threadNames } from "./support/Threads.ts"

/** `pnpm prove` takes 3: beyond what 31 bits can hold. */
const hugeGiB = Number(process.env["NUNU_HUGE_GIB"] ?? "0.5")

describe("the bundle, as it is published", { concurrent: true }, () => {
  it.live(`uploads ${hugeGiB} GiB whole, in parts, with little memory`, () =>
    Effect.gen(function*() {
      const { file, folder } = yield* hugeGame(hugeGiB)
      const { env, objects } = yield* emulate()
      const uploading = yield* start(["upload", file, "--concurrency", "4"], {
        env: { ...env, NUNU_STATE_DIR: folder }
      })
      const [memory, threads, md5, ended] = yield* Effect.all(
        [peakMemory(uploading), threadNames(uploading), md5Of(file), uploading.ended],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(ended.code, 0, ended.stderr)
      const buildId = /^huge\.apk → Build ID: ([0-9a-f-]{36})\n$/.exec(ended.stdout)?.[1] ?? ""
      assert.match(ended.stderr, /^Uploading huge\.apk, .+ in [2-9]\d* parts/m)
      assert.deepInclude((yield* objects)[0], {
        buildId,
        status: "completed",
        stored: { size: hugeGiB * 2 ** 30, md5 }
      })
      if (threads !== null) assert.include(Array.from(threads), "nunu-hashing", "MD5s have threads of their own")
      if (memory === null) return console.warn("Peak memory not measured: there is no /proc")
      console.info(`Peak memory of the bundle: ${(memory / 2 ** 20).toFixed(0)} MiB`)
      assert.isBelow(memory, 170 * 2 ** 20) // 125 alone; `pnpm bench upload-memory` holds it to 150
    }))

  it("needs nothing but undici beside it", () => {
    assert.deepStrictEqual(inject("bundle").imports.filter((name) => !isBuiltin(name)), ["undici"])
  })

  it.live("does what the source does", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const flags = ["upload", file, "--emulator", "--dry-run", "--output", "json"]
      const [ours, source] = yield* Effect.all(
        [nunu(flags), nunu(flags, { program: unbuilt })],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(ours, source)
      assert.strictEqual(ours.code, 0)
    }))

  it.live.each(["", "--help", "run --help", "baseline update -h"])(
    "has the help that the source draws, with colours where they are wanted: nunu %s",
    (asked) =>
      Effect.gen(function*() {
        const args = asked.split(" ").filter((word) => word !== "")
        const drawn = yield* nunu(args, { program: unbuilt, env: { FORCE_COLOR: "1" } })
        assert.include(drawn.stdout, "\u001b[1m")
        assert.deepStrictEqual(yield* nunu(args, { env: { FORCE_COLOR: "1" } }), drawn)
        const plain = yield* nunu(args, { program: unbuilt })
        for (const env of [{}, { FORCE_COLOR: "0" }, { NO_COLOR: "1" }]) {
          assert.deepStrictEqual(yield* nunu(args, { env }), plain)
        }
      })
  )

  it.live.skipIf(process.platform !== "linux")(
    "ends with 70 when the help is lost, and well when nobody reads on",
    () =>
      Effect.gen(function*() {
        const help = `"${process.execPath}" "${bundled}" --help`
        const lost = yield* (yield* startProcess("sh", ["-c", `exec ${help} > /dev/full`])).ended
        assert.strictEqual(lost.code, 70)
        const read = yield* (yield* startProcess("bash", ["-c", `set -o pipefail; ${help} | head -c 1`])).ended
        assert.deepInclude(read, { code: 0, stdout: "D", stderr: "" })
      })
  )

  it.live("looks at all other words as the source does", () =>
    Effect.gen(function*() {
      for (const args of [["uplod", "--help"], ["--help", "upload"], ["upload", "--tags", "--help"], ["--version"]]) {
        assert.deepStrictEqual(yield* nunu(args), yield* nunu(args, { program: unbuilt }), args.join(" "))
      }
    }))

  it.live("tries again for a while where nobody listens, says so, and ends with 10", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const env = { NUNU_API_URL: "http://127.0.0.1:9/api/v1", NUNU_API_TOKEN: "any" } // the port for discarding
      const ended = yield* nunu(["upload", file, "--output", "json"], { env })
      assert.strictEqual(ended.code, 10)
      assert.deepInclude(objectOf(ended), { ok: false, exitCode: 10 })
      const waits = ended.stderr.match(
        /^waiting Cannot .*ECONNREFUSED 127\.0\.0\.1:9, trying again in \d+ s \(\d of 5\)$/gm
      )
      assert.isAtLeast(waits?.length ?? 0, 3, ended.stderr)
      assert.match(ended.stderr, /ECONNREFUSED 127\.0\.0\.1:9\. Check the API URL and the network/)
    }))
})
