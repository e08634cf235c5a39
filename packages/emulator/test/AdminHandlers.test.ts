import { assert } from "@effect/vitest"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { ask, askJson } from "./support/Plain.ts"
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

  test("needs no key, and answers what it does not have with 404", function*() {
    assert.strictEqual((yield* ask({ path: "/_emulator/nothing" })).status, 404)
    assert.strictEqual((yield* ask({ path: "/_emulator/requests", method: "POST" })).status, 404)
  })
})
