import { assert } from "@effect/vitest"
import { TestId } from "@nunu-effect/core/Test"
import { Effect } from "effect"
import { Emulator } from "../src/Emulator.ts"
import * as Scenario from "../src/Scenario.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { ask, askJson, askWithKey } from "./support/Plain.ts"
import { bytesOf, initiateMultipart, md5, partSize, upload } from "./support/Uploads.ts"

onBoth("/_emulator", { partSize }, (test) => {
  test("shows the requests so far, its own not among them", function*() {
    const { requests } = yield* Emulator
    const nunu = yield* connect()
    yield* nunu.jobs.list({ page: 1 })
    yield* askJson({ path: "/_emulator/requests" })
    const { body, status } = yield* askJson({ path: "/_emulator/requests" })
    assert.strictEqual(status, 200)
    assert.deepStrictEqual(body, yield* requests)
    assert.strictEqual((yield* requests).length, 1)
  })

  test("shows the objects, and what is stored of each", function*() {
    const nunu = yield* connect()
    assert.deepStrictEqual(yield* askJson({ path: "/_emulator/objects" }), { status: 200, body: [] })
    const file = bytesOf(1500)
    const buildId = yield* upload(nunu, file)
    const open = yield* initiateMultipart(nunu, 10)
    const { body } = yield* askJson({ path: "/_emulator/objects" })
    assert.deepStrictEqual(body, [
      { buildId, objectKey: `builds/${buildId}/crab.apk`, status: "completed", stored: { size: 1500, md5: md5(file) } },
      { buildId: open.buildId, objectKey: open.objectKey, status: "open", stored: null }
    ])
  })

  test("shows what a client did wrong", function*() {
    assert.deepStrictEqual(yield* askJson({ path: "/_emulator/violations" }), { status: 200, body: [] })
    const nunu = yield* connect()
    const { buildId } = yield* initiateMultipart(nunu, 10)
    const { body } = yield* askJson({ path: "/_emulator/violations" })
    assert.deepStrictEqual(body, [`Upload of build ${buildId} was left open`])
    assert.deepStrictEqual(body, yield* (yield* Emulator).violations)
  })

  test("brings weather, ends it, and tells what it met", function*() {
    const storm = { kind: "answer", status: 503, times: 2, when: { path: "/jobs" } }
    const post = (path: string, json: unknown) =>
      askJson({ method: "POST", path: `/_emulator${path}`, body: JSON.stringify(json) })
    yield* post("/weather", storm)
    yield* post("/weather", [{ kind: "latency", seconds: 0 }])
    assert.strictEqual((yield* askWithKey({ path: "/api/v1/jobs" })).status, 503)
    assert.deepStrictEqual((yield* askJson({ path: "/_emulator/weather" })).body, {
      storms: [
        { storm, concerned: 1, met: 1 },
        { storm: { kind: "latency", seconds: 0 }, concerned: 0, met: 0 }
      ],
      seed: null
    })
    assert.deepInclude((yield* post("/weather/random", { seed: 7, chance: 0 })).body, { seed: 7 })
    const { body } = yield* askJson({ method: "DELETE", path: "/_emulator/weather" })
    assert.deepStrictEqual(body, { storms: [], seed: null })
    assert.strictEqual((yield* askWithKey({ path: "/api/v1/jobs" })).status, 200)
  })

  test("tells all that is wrong with what it is told", function*() {
    const { body, status } = yield* askJson({
      method: "POST",
      path: "/_emulator/weather",
      body: JSON.stringify({ kind: "slow", bytesPerSecond: 0, tmies: 3 })
    })
    assert.strictEqual(status, 400)
    assert.match(JSON.stringify(body), /bytesPerSecond[^]*tmies|tmies[^]*bytesPerSecond/)
  })

  test("seeds, gives the state, takes it back, and resets", function*() {
    const seeded = { tests: [{ id: "t-1", version: 3, name: "Seeded", test_type: "task" }] }
    yield* askJson({ method: "POST", path: "/_emulator/seed", body: JSON.stringify(seeded) })
    const { body: state } = yield* askJson({ path: "/_emulator/state" })
    const nunu = yield* connect()
    const get = nunu.tests.get(TestId.make("t-1"))
    assert.strictEqual((yield* get).version, 3)
    yield* askJson({ method: "POST", path: "/_emulator/reset" })
    assert.strictEqual((yield* Effect.flip(get))._tag, "NotFound")
    const put = yield* askJson({ method: "PUT", path: "/_emulator/state", body: JSON.stringify(state) })
    assert.deepStrictEqual(put, { status: 200, body: state })
    assert.strictEqual((yield* get).version, 3)
  })

  test("has the schema of a scenario file", function*() {
    const { body } = yield* askJson({ path: "/_emulator/scenario.schema.json" })
    assert.deepStrictEqual(body, JSON.parse(JSON.stringify(Scenario.jsonSchema())))
  })

  test("lets no page of another site in", function*() {
    const { requests } = yield* Emulator
    yield* askWithKey({ path: "/api/v1/jobs" })
    for (const [method, path] of [["POST", "reset"], ["GET", "requests"], ["GET", "state"]] as const) {
      const { status } = yield* ask({ method, path: `/_emulator/${path}`, headers: { origin: "https://evil.example" } })
      assert.strictEqual(status, 403)
    }
    assert.strictEqual((yield* requests).length, 1)
  })

  test("needs no key, and answers what it does not have with 404", function*() {
    assert.strictEqual((yield* ask({ path: "/_emulator/nothing" })).status, 404)
    assert.strictEqual((yield* ask({ path: "/_emulator/requests", method: "POST" })).status, 404)
  })
})
