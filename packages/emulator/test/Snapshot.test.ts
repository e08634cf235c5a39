import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Test } from "@nunu-effect/core/Test"
import { DateTime, Effect, FileSystem, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import type { ServerOptions } from "../src/EmulatorNode.ts"
import * as Snapshot from "../src/Snapshot.ts"
import { type Body, connect, onBoth, onPorts } from "./support/Emulators.ts"
import { start, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"
import { bytesOf, initiateMultipart, md5, partSize, putPart, upload } from "./support/Uploads.ts"

const file = bytesOf(2500)

/** Something of every kind. */
const life = Effect.gen(function*() {
  const nunu = yield* connect()
  const buildId = yield* upload(nunu, file)
  const open = yield* initiateMultipart(nunu, file.length)
  yield* putPart(nunu, open, file, 2)
  yield* start(nunu, { additionalTags: ["first"], buildId })
  const test = yield* nunu.tests.create({ test: { name: "Shop", testType: "task" }, folderPath: "/shops" })
  const plan = yield* nunu.testPlans.create({ testPlan: { name: "All", testItems: [{ multiplayerTestId: test.id }] } })
  yield* nunu.testPlans.start(plan.id, { deploymentConfigId: "d" })
  return { nunu, buildId, open, test, plan }
})

onBoth("a snapshot", { partSize, script: () => crossing }, (test) => {
  test("puts everything back, from its JSON too", function*() {
    const emulator = yield* Emulator
    yield* life
    const taken = yield* emulator.snapshot
    const json = yield* Snapshot.toJson(taken)
    yield* emulator.reset
    assert.deepStrictEqual(yield* emulator.jobs, [])
    yield* emulator.restore(yield* Snapshot.fromJson(json))
    assert.strictEqual(yield* Snapshot.toJson(yield* emulator.snapshot), json)
    assert.strictEqual(taken.folders[0]?.[1].path, "/shops")
  })

  test("is of its moment: runs that were started later are gone, and their ids are given again", function*() {
    const { restore, snapshot } = yield* Emulator
    const nunu = yield* connect()
    const one = yield* start(nunu)
    const before = yield* snapshot
    const two = yield* start(nunu)
    yield* wait(20)
    yield* restore(before)
    assert.deepStrictEqual((yield* nunu.jobs.list()).data.map(({ jobId, status }) => [jobId, status]), [
      [one, "RUNNING"]
    ])
    assert.strictEqual(yield* start(nunu), two)
  })

  test("that is broken is refused, with all that is wrong with it", function*() {
    const error = yield* Effect.flip(Snapshot.fromJson(JSON.stringify({ version: 2, jobs: {} })))
    assert.match(error.message, /Cannot use the saved state:[^]*version[^]*jobs/)
  })
})

onBoth("a reset", {
  partSize,
  weather: [{ kind: "answer", status: 503, when: { path: "/jobs" } }],
  data: { runs: [{ ...crossing, startedSecondsAgo: 3600, tags: ["seeded"] }] }
}, (test) => {
  test("is as at the start: what was seeded, the weather, no log, no bytes", function*() {
    const emulator = yield* Emulator
    const nunu = yield* connect()
    assert.strictEqual((yield* Effect.flip(nunu.jobs.list()))._tag, "ServerError")
    const buildId = yield* upload(nunu, file)
    yield* emulator.reset
    assert.strictEqual(yield* emulator.stored(buildId), null)
    assert.deepStrictEqual(yield* emulator.requests, [])
    assert.strictEqual((yield* Effect.flip(nunu.jobs.list()))._tag, "ServerError")
    const [job, ...more] = (yield* nunu.jobs.list()).data
    assert.deepInclude(job, { status: "COMPLETED", tags: ["api", "seeded"] })
    assert.deepStrictEqual(more, [])
  })
})

onBoth("a seed", { partSize, script: () => crossing }, (test) => {
  test("adds what the API shows, beside what is there", function*() {
    const { seed } = yield* Emulator
    const nunu = yield* connect()
    const own = yield* start(nunu)
    const seeded = Schema.decodeSync(Test)({ id: "t-9", version: 4, name: "Seeded", test_type: "task" })
    yield* seed({ tests: [seeded], runs: [{ ...crossing, startedSecondsAgo: 20 }] })
    assert.strictEqual((yield* nunu.tests.get(seeded.id)).version, 4)
    const { data } = yield* nunu.jobs.list()
    assert.deepStrictEqual(data.map(({ status }) => status), ["RUNNING", "QUEUED"])
    assert.strictEqual(data[1]?.jobId, own)
    assert.deepStrictEqual(data[0]?.createdAt, DateTime.makeUnsafe(-20_000))
  })
})

describe("a state file", () => {
  const onFile = (
    name: string,
    body: (serve: (body: Body) => Effect.Effect<void, unknown>) => ReturnType<Body<never>>
  ) =>
    it.effect(name, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-emulator-test-" })
        const options: ServerOptions = { partSize, script: () => crossing, stateFile: `${folder}/state.json` }
        yield* Effect.gen(() => body((body) => Effect.scoped(Effect.gen(body).pipe(Effect.provide(onPorts(options))))))
      }).pipe(Effect.provide(NodeServices.layer)))

  onFile("lets another emulator go on where one was killed: uploads, runs and bytes", function*(serve) {
    let left: Effect.Success<typeof life> | null = null
    yield* serve(function*() {
      left = yield* life
    })
    yield* TestClock.adjust("20 seconds")
    yield* serve(function*() {
      const { buildId, open, test } = left ?? (yield* Effect.die("nothing was left"))
      const emulator = yield* Emulator
      const nunu = yield* connect()
      assert.strictEqual((yield* emulator.stored(buildId))?.md5, md5(file))
      assert.strictEqual((yield* nunu.tests.get(test.id)).name, "Shop")
      const { data } = yield* nunu.jobs.list()
      assert.deepStrictEqual(data.map(({ status }) => status), ["RUNNING", "RUNNING"])
      // Part 2 was there already: only the others are sent.
      const parts = [yield* putPart(nunu, open, file, 1), yield* putPart(nunu, open, file, 3)]
      const [second] = (yield* emulator.uploads).filter((upload) => upload.buildId === open.buildId)
        .map(({ etags }) => ({ partNumber: 2, etag: etags.get(2) ?? "" }))
      const all = second === undefined ? [] : [...parts, second].toSorted((a, b) => a.partNumber - b.partNumber)
      yield* nunu.builds.completeUpload({
        buildId: open.buildId,
        objectKey: open.objectKey,
        uploadId: open.uploadId,
        parts: all
      })
      assert.strictEqual((yield* emulator.stored(open.buildId))?.md5, md5(file))
      assert.deepStrictEqual(yield* emulator.violations, [])
    })
  })

  onFile("takes zeros for what they are where another emulator left something else", function*(serve) {
    let ticket: Effect.Success<ReturnType<typeof initiateMultipart>> | null = null
    yield* serve(function*() {
      const nunu = yield* connect()
      ticket = yield* initiateMultipart(nunu, file.length)
      yield* putPart(nunu, ticket, file, 1)
    })
    yield* serve(function*() {
      const nunu = yield* connect()
      const zeros = new Uint8Array(2500)
      const { buildId, objectKey, uploadId, ...rest } = ticket ?? (yield* Effect.die("no ticket"))
      const parts = yield* Effect.forEach(
        [1, 2, 3],
        (number) => putPart(nunu, { buildId, objectKey, uploadId, ...rest }, zeros, number)
      )
      yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
      assert.strictEqual((yield* (yield* Emulator).stored(buildId))?.md5, md5(zeros))
    })
  })
})
