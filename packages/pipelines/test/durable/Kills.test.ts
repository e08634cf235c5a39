/**
 * `kill -9` at random instants of a release on SQLite, restarted each time. `pnpm prove` does it 30 times:
 * `NUNU_RELEASE_KILLS` and `NUNU_SEED` say how often, and at which instants.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import { Clock, Context, Effect, Layer, Random, Redacted, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { ReleaseRequest } from "../../src/durable/Release.ts"
import { script } from "../support/Emulated.ts"
import { requestOf } from "./support/Durable.ts"
import * as SqliteReleases from "./support/SqliteReleases.ts"

const kills = Number(process.env["NUNU_RELEASE_KILLS"] ?? 2)
const seed = process.env["NUNU_SEED"] ?? "nunu"
const mebi = 1024 ** 2
const size = 100 * mebi // from there on in parts

/** A file that takes no room, an emulator on ports, and a release of the file. */
const world = Effect.gen(function*() {
  const folder = yield* SqliteReleases.folder
  const file = path.join(folder, "bridge.apk")
  fs.closeSync(fs.openSync(file, "w"))
  fs.truncateSync(file, size)
  const context = yield* Layer.build(Layer.fresh(EmulatorNode.layerServer({
    partSize: 5 * mebi,
    keepBytes: false,
    script: () =>
      script({ queuedSeconds: 0.5, startingSeconds: 0.2, players: [[{ goal: "Cross the bridge", seconds: 0.8 }]] })
  })))
  const emulator = Context.get(context, Emulator.Emulator)
  const request = yield* Schema.encodeEffect(Schema.toCodecJson(ReleaseRequest))(requestOf(file))
  const settings = { apiKey: Redacted.value(emulator.apiKey), baseUrl: emulator.baseUrl, folder, request }
  return { folder, emulator, start: SqliteReleases.start(settings) }
})

describe("kill -9", { timeout: 3_600_000 }, () => {
  it.live(`at ${kills} random instants of a release: one upload, one run, one verdict`, () =>
    Effect.gen(function*() {
      let wholeMillis = 6000
      let left = kills
      const ends: Array<string> = []
      const release = Effect.gen(function*() {
        const { emulator, folder, start } = yield* world
        const stored = new Set<number>()
        let killed = 0
        let last = ""
        const run = Effect.scoped(Effect.gen(function*() {
          const process = yield* start
          yield* process.up
          const began = yield* Clock.currentTimeMillis
          // A release is killed up to three times, and then left to its end.
          if (left > 0 && killed < 3) {
            yield* Effect.sleep(yield* Random.nextIntBetween(0, wholeMillis))
            if (!process.isOver()) {
              yield* process.kill
              killed++
              left--
              for (const part of SqliteReleases.storedParts(folder) ?? []) stored.add(part)
              const at = (yield* SqliteReleases.eventsOf(folder, "release-1")).at(-1)?.event._tag ?? "nothing"
              ends.push(at)
              return
            }
          }
          last = yield* process.ended
          if (killed === 0) wholeMillis = (yield* Clock.currentTimeMillis) - began
        }))
        while (last === "") yield* run
        assert.deepInclude(JSON.parse(last), { status: "passed", leftBehind: [] }, ends.join())
        const events = (yield* SqliteReleases.eventsOf(folder, "release-1")).map(({ event }) => event._tag)
        for (const once of ["Queued", "Admitted", "Uploaded", "Started", "RunsEnded", "Ended"] as const) {
          assert.strictEqual(events.filter((tag) => tag === once).length, 1, `${once}: ${events.join()}`)
        }
        assert.strictEqual((yield* emulator.builds).length, 1, ends.join())
        assert.strictEqual((yield* emulator.jobs).length, 1, ends.join())
        assert.deepStrictEqual(yield* emulator.violations, [])
        const requests = yield* emulator.requests
        assert.strictEqual(requests.filter(({ method, path }) => method === "POST" && path.endsWith("/runs")).length, 1)
        assert.strictEqual(requests.filter(({ method }) => method === "DELETE").length, 0)
        for (const part of stored) {
          const puts = requests.filter(({ method, query, status }) =>
            method === "PUT" && query["partNumber"] === String(part) && status === 200
          )
          assert.strictEqual(puts.length, 1, `part ${part} was written down and sent again`)
        }
        return stored.size
      }).pipe(Effect.scoped)
      let parts = 0
      while (left > 0) parts += yield* release
      const counted = Array.from(new Set(ends), (end) => `${ends.filter((other) => other === end).length} after ${end}`)
      yield* Effect.logInfo(`${kills} kills: ${counted.join(", ")}; ${parts} parts written down, none sent again`)
    }).pipe(Random.withSeed(seed)))
})
