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

describe("kill -9", { timeout: 3_600_000, concurrent: true }, () => {
  it.live(`at ${kills} random instants of a release: one upload, one run, one verdict`, () =>
    Effect.gen(function*() {
      let wholeMillis = 6000
      const to = { kill: kills }
      const ends: Array<string> = []
      const release = Effect.gen(function*() {
        const { emulator, folder, start } = yield* world
        const stored = new Set<number>()
        let killed = 0
        const said = { last: "" }
        const run = Effect.scoped(Effect.gen(function*() {
          const process = yield* start
          yield* process.up
          const began = yield* Clock.currentTimeMillis
          // A release is killed up to three times, and then left to its end.
          if (to.kill > 0 && killed < 3) {
            yield* Effect.sleep(yield* Random.nextIntBetween(0, wholeMillis))
            if (!process.isOver()) {
              yield* process.kill
              killed++
              to.kill--
              for (const part of SqliteReleases.storedParts(folder) ?? []) stored.add(part)
              const at = (yield* SqliteReleases.eventsOf(folder, "release-1")).at(-1)?.event._tag ?? "nothing"
              ends.push(at)
              return
            }
          }
          said.last = yield* process.ended
          if (killed === 0) wholeMillis = (yield* Clock.currentTimeMillis) - began
        }))
        while (said.last === "") yield* run
        assert.deepInclude(JSON.parse(said.last), { status: "passed", leftBehind: [] }, ends.join())
        yield* assertOnce(folder, emulator)
        const requests = yield* emulator.requests
        for (const part of stored) {
          const puts = requests.filter(({ method, query, status }) =>
            method === "PUT" && query["partNumber"] === String(part) && status === 200
          )
          assert.strictEqual(puts.length, 1, `part ${part} was written down and sent again`)
        }
        return stored.size
      }).pipe(Effect.scoped)
      let parts = 0
      while (to.kill > 0) parts += yield* release
      const counted = Array.from(new Set(ends), (end) => `${ends.filter((other) => other === end).length} after ${end}`)
      yield* Effect.logInfo(`${kills} kills: ${counted.join(", ")}; ${parts} parts written down, none sent again`)
    }).pipe(Random.withSeed(seed)))

  for (const moment of kills > 10 ? moments : moments.slice(0, 1)) {
    it.live(`at the moment when ${moment.name}: one upload, one run, one verdict`, () =>
      Effect.gen(function*() {
        const { emulator, folder, start } = yield* world
        yield* Effect.scoped(Effect.gen(function*() {
          const process = yield* start
          while (!(yield* moment.hasCome(emulator)) && !process.isOver()) yield* Effect.sleep("1 millis")
          yield* process.kill
        }))
        const last = yield* Effect.scoped(Effect.flatMap(start, ({ ended }) => ended))
        assert.deepInclude(JSON.parse(last), { status: "passed", leftBehind: [] })
        yield* assertOnce(folder, emulator)
      }))
  }
})

type Remote = Emulator.Emulator["Service"]

/** What the remote side has just done, and the process does not know yet, or has not written down. */
const moments = [
  { name: "a run was started", hasCome: (remote: Remote) => Effect.map(remote.jobs, (jobs) => jobs.length > 0) },
  { name: "a build was completed", hasCome: (remote: Remote) => Effect.map(remote.builds, (all) => all.length > 0) },
  { name: "a place was reserved", hasCome: (remote: Remote) => Effect.map(remote.uploads, (all) => all.length > 0) }
]

/** One of everything, on the remote side and in the book. */
const assertOnce = Effect.fnUntraced(function*(folder: string, remote: Remote) {
  const events = (yield* SqliteReleases.eventsOf(folder, "release-1")).map(({ event }) => event._tag)
  for (const once of ["Queued", "Admitted", "Uploaded", "Started", "RunsEnded", "Ended"] as const) {
    assert.strictEqual(events.filter((tag) => tag === once).length, 1, `${once}: ${events.join()}`)
  }
  assert.strictEqual((yield* remote.builds).length, 1, events.join())
  assert.strictEqual((yield* remote.jobs).length, 1, events.join())
  // A place whose id did not come back in time is free again when its upload times out.
  assert.deepStrictEqual((yield* remote.violations).filter((words) => !words.endsWith("was left open")), [])
  const requests = yield* remote.requests
  assert.strictEqual(requests.filter(({ method, path }) => method === "POST" && path.endsWith("/runs")).length, 1)
  assert.strictEqual(requests.filter(({ method }) => method === "DELETE").length, 0)
  const store = fs.readFileSync(path.join(folder, "releases.db"), "latin1")
  assert.include(store, "release-1")
  const uploadIds = (yield* remote.uploads).flatMap(({ uploadId }) => uploadId === null ? [] : [uploadId])
  for (const secret of [...uploadIds, Redacted.value(remote.apiKey), "X-Amz-Signature"]) {
    assert.notInclude(store, secret, "a secret was written down")
  }
})
