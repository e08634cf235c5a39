import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import * as RequestLog from "../src/RequestLog.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { ask, askWithKey } from "./support/Plain.ts"
import {
  bytesOf,
  initiateMultipart,
  initiateSingle,
  partSize,
  put,
  unknownBuild,
  upload,
  uploadUrlOf
} from "./support/Uploads.ts"

const storagePath = (objectKey: string) => `/builds/${encodeURIComponent(objectKey)}`

onBoth("the log", { partSize }, (test) => {
  test("holds every request in order of arrival, of both origins, with how it ended", function*() {
    const nunu = yield* connect()
    const buildId = yield* upload(nunu, bytesOf(1500))
    yield* nunu.builds.get(buildId)
    yield* Effect.flip(nunu.builds.get(unknownBuild))
    const lines = (yield* (yield* Emulator).requests).map(({ method, origin, path, status }) =>
      `${origin} ${method} ${path} ${status}`
    )
    const object = storagePath(`builds/${buildId}/crab.apk`)
    assert.deepStrictEqual(lines, [
      "api POST /api/v1/builds/upload 200",
      "api GET /api/v1/builds/upload/parts 200",
      `storage PUT ${object} 200`,
      "api GET /api/v1/builds/upload/parts 200",
      `storage PUT ${object} 200`,
      "api POST /api/v1/builds/upload/complete 200",
      `api GET /api/v1/builds/${buildId} 200`,
      `api GET /api/v1/builds/${unknownBuild} 404`
    ])
  })

  test("holds queries, headers and the time", function*() {
    yield* TestClock.setTime(5000)
    const { requests } = yield* Emulator
    const nunu = yield* connect()
    const { objectKey, uploadId } = yield* initiateMultipart(nunu, 2500)
    yield* nunu.builds.partUrls({ objectKey, uploadId, partNumbers: [1, 3] })
    yield* TestClock.adjust(1000)
    yield* nunu.jobs.list({ tags: ["a", "b"], pageSize: 5 })
    const [first, second, third] = yield* requests
    assert.deepInclude(first, { at: 5000, query: {} })
    assert.strictEqual(first?.headers["x-api-key"], "nunu_emulator")
    assert.deepStrictEqual(second?.query, {
      upload_id: "emulated-upload-1",
      object_key: objectKey,
      part_numbers: "1,3"
    })
    assert.isUndefined(second?.headers["x-api-key"])
    assert.deepInclude(third, { at: 6000, query: { tags: "a,b", page_size: "5" } })
  })

  test("holds what was refused, with the status of the refusal", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateSingle(nunu, 4)
    yield* put(uploadUrlOf(ticket), bytesOf(4), { authorization: "Bearer canary" })
    yield* ask({ path: "/api/v1/runs" })
    yield* askWithKey({ path: "/api/v1/nothing" })
    yield* askWithKey({ path: "/api/v1/runs", method: "POST", body: "{" })
    yield* askWithKey({ path: "/api/v1/runs", method: "POST", body: "{}" })
    const requests = yield* (yield* Emulator).requests
    assert.deepStrictEqual(requests.map(({ status }) => status), [200, 400, 401, 404, 400, 400])
  })

  test("is a copy: what it held before does not grow", function*() {
    const { requests } = yield* Emulator
    const nunu = yield* connect()
    const before = yield* requests
    yield* nunu.jobs.list()
    assert.strictEqual(before.length, 0)
    assert.strictEqual((yield* requests).length, 1)
  })
})

const request: RequestLog.LoggedRequest = {
  origin: "api",
  method: "GET",
  path: "/api/v1/jobs",
  query: { tags: "a,b" },
  headers: {},
  at: 0,
  status: 200,
  weather: []
}

describe("write", () => {
  it("keeps the last of very many requests, and the first of what they leaked", () => {
    const log: RequestLog.RequestLog["Service"] = { entries: [], leaks: [] }
    for (let at = 0; at < 50_000; at++) {
      RequestLog.write(log, { ...request, origin: "storage", headers: { [at === 0 ? "b3" : "x-api-key"]: "" }, at })
    }
    assert.isAtMost(log.entries.length, 20_000)
    assert.strictEqual(log.entries.at(-1)?.at, 49_999)
    assert.strictEqual(log.leaks.length, 1000)
    assert.strictEqual(log.leaks[0], "GET to the storage carried b3")
  })
})

describe("format", () => {
  it("says where, what and how it ended", () => {
    assert.strictEqual(RequestLog.format(request), "api GET /api/v1/jobs?tags=a,b -> 200")
    assert.strictEqual(RequestLog.format({ ...request, query: {} }), "api GET /api/v1/jobs -> 200")
  })

  it("covers credentials in the query", () => {
    const query = { upload_id: "canary", "X-Amz-Signature": "canary", partNumber: "1", uploadId: "canary" }
    const line =
      "api GET /api/v1/jobs?upload_id=<redacted>&X-Amz-Signature=<redacted>&partNumber=1&uploadId=<redacted> -> 200"
    assert.strictEqual(RequestLog.format({ ...request, query }), line)
  })

  it("says what weather it met", () => {
    const weather = ["latency 1 s", "answer 503"]
    const line = "api GET /api/v1/jobs -> 503 (latency 1 s, answer 503)"
    assert.strictEqual(RequestLog.format({ ...request, query: {}, status: 503, weather }), line)
  })

  it("says that a client went away", () => {
    assert.strictEqual(RequestLog.format({ ...request, query: {}, status: null }), "api GET /api/v1/jobs -> gone")
  })
})
