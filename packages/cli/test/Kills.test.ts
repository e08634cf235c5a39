/**
 * `kill -9` at random instants of an upload, each followed by a run that goes on with it. `pnpm prove` does it 50 times
 * with 1 GiB: `NUNU_KILLS`, `NUNU_KILL_MIB` and `NUNU_SEED` say how often, with how much, and which instants.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Random } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { md5Of } from "./support/Files.ts"
import { type LedgerFile, readLedger } from "./support/Ledger.ts"
import { folder, start } from "./support/Nunu.ts"
import { served } from "./support/Served.ts"

const kills = Number(process.env["NUNU_KILLS"] ?? 3)
const mebibytes = Number(process.env["NUNU_KILL_MIB"] ?? 32)
const seed = process.env["NUNU_SEED"] ?? "nunu"
const mebi = 1024 ** 2
const concurrency = 4

/** A file in which every MiB is another, and that takes little room. */
const marked = Effect.map(folder, (folder) => {
  const file = path.join(folder, "game.apk")
  const descriptor = fs.openSync(file, "w")
  fs.ftruncateSync(descriptor, mebibytes * mebi)
  for (let block = 0; block < mebibytes; block++) fs.writeSync(descriptor, `block ${block}`, block * mebi + block * 13)
  fs.closeSync(descriptor)
  return file
})

describe("kill -9", { timeout: 3_600_000 }, () => {
  it.live(`at ${kills} random instants of an upload of ${mebibytes} MiB costs at most the parts in flight`, () =>
    Effect.gen(function*() {
      const file = yield* marked
      const expected = { size: mebibytes * mebi, md5: yield* md5Of(file) }
      const state = yield* folder
      /** An emulator for each, as it keeps all builds, and disks have an end. */
      const world = Effect.gen(function*() {
        const { emulator, env } = yield* served({ partSize: mebibytes < 512 ? 2 * mebi : 16 * mebi })
        const args = ["upload", file, "--multipart", "--concurrency", String(concurrency), "--output", "json"]
        const running = start(args, { env: { ...env, NUNU_STATE_DIR: state } })
        const assertFinished = Effect.gen(function*() {
          const ended = yield* Effect.scoped(Effect.flatMap(running, (running) => running.ended))
          assert.strictEqual(ended.code, 0, ended.stderr)
          const { builds: [build] } = JSON.parse(ended.stdout)
          assert.deepStrictEqual(yield* emulator.stored(build.buildId), expected)
          assert.deepStrictEqual(readLedger(state), [])
          return build
        })
        return { emulator, running, assertFinished }
      })
      const began = yield* Clock.currentTimeMillis
      yield* Effect.scoped(Effect.flatMap(world, ({ assertFinished }) => assertFinished))
      let wholeMillis = (yield* Clock.currentTimeMillis) - began

      const ends: Array<string> = []
      let resent = 0
      const killAndGoOn = Effect.fnUntraced(function*(kill: number) {
        const { assertFinished, emulator, running } = yield* world
        const instant = yield* Random.nextIntBetween(0, wholeMillis)
        const finished = yield* Effect.scoped(Effect.gen(function*() {
          const process = yield* running
          yield* Effect.sleep(instant)
          yield* process.kill("SIGKILL")
          return (yield* process.ended).code === 0
        }))
        const left = readLedger(state)[0]
        const note = `killed after ${instant} of ${wholeMillis} ms: ${left?.state ?? "nothing written"}`
        ends.push(finished ? "finished" : left?.state ?? "nothing")
        if (finished) {
          wholeMillis = instant // the first run took longer, as nothing was compiled
          return
        }
        const build = yield* assertFinished
        const requests = yield* emulator.requests
        const puts = new Map<number, number>()
        for (const { method, path, query } of requests) {
          if (method !== "PUT" || !path.includes(build.buildId)) continue
          puts.set(Number(query["partNumber"]), (puts.get(Number(query["partNumber"])) ?? 0) + 1)
        }
        assertNotAgain(left, build, puts, note)
        const again = Array.from(puts.values()).filter((count) => count > 1).length
        resent += again
        assert.isAtMost(again, concurrency, `${note}: parts sent again`)
        const deletes = requests.filter(({ method }) => method === "DELETE").length
        assert.strictEqual(deletes, 0, note)
        if (kills > 10) yield* Effect.logInfo(`${kill + 1}: ${note}, ${left?.parts.length ?? 0} parts; ${again} again`)
      }, Effect.scoped)
      for (let kill = 0; kill < kills; kill++) yield* killAndGoOn(kill)
      yield* Effect.logInfo(`${kills} kills: ${summary(ends)}; ${resent} parts sent again`)
    }).pipe(Random.withSeed(seed)))
})

/** What was written down is taken up, and not sent again. */
const assertNotAgain = (
  left: LedgerFile | undefined,
  build: { readonly buildId: string; readonly resumedParts: number },
  puts: ReadonlyMap<number, number>,
  note: string
) => {
  if (left === undefined || left.state === "reserving") return
  assert.strictEqual(build.buildId, left.buildId, note)
  assert.strictEqual(build.resumedParts, left.parts.length, note)
  for (const part of left.parts) assert.strictEqual(puts.get(part), 1, `${note}: part ${part} was sent again`)
}

const summary = (ends: ReadonlyArray<string>): string =>
  Array.from(new Set(ends), (end) => `${ends.filter((other) => other === end).length} ${end}`).join(", ")
