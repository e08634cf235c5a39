import { assert, describe, it } from "@effect/vitest"
import { NunuApi } from "@nunu-effect/core/NunuApi"
import { Effect, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as OpenApi from "effect/http-api/OpenApi"
import { Emulator } from "../src/Emulator.ts"
import { connect, inProcess, onBoth, onPorts } from "./support/Emulators.ts"
import { ask, askJson, askWithKey } from "./support/Plain.ts"
import { bytesOf, initiateSingle, md5, partSize, put, upload, uploadUrlOf } from "./support/Uploads.ts"

const OpenApiDocument = Schema.Struct({
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Struct({ operationId: Schema.String }))),
  components: Schema.Struct({ securitySchemes: Schema.Record(Schema.String, Schema.Unknown) })
})

const errorOf = (text: string): string => (JSON.parse(text) as { readonly error: string }).error

onBoth("the API", {}, (test) => {
  test("answers routes that it does not have with 404 as JSON", function*() {
    for (
      const [method, path] of [
        ["GET", "/api/v1/deployments"],
        ["PUT", "/api/v1/runs"],
        ["GET", "/runs"],
        ["PUT", "/builds/any"]
      ] as const
    ) {
      const answer = yield* askWithKey({ method, path })
      assert.deepStrictEqual([answer.status, answer.type], [404, "application/json"], path)
      assert.deepStrictEqual(JSON.parse(answer.text), { error: "Not found" })
    }
  })

  test("answers bodies that the contract does not allow with 400, and names the field", function*() {
    const request = { name: "n", file_name: "f", file_size: 1, platform: "android" }
    const bodies: ReadonlyArray<readonly [path: string, body: unknown, word: string]> = [
      ["/runs", {}, "deployment_config_id"],
      ["/runs", { deployment_config_id: 1, instructions: "i" }, "deployment_config_id"],
      ["/runs", { deployment_config_id: "d", multiplayer_test_id: "t", retries: "2" }, "retries"],
      ["/runs/stop", {}, "job_ids"],
      ["/runs/stop", { job_ids: [] }, "job_ids"],
      ["/builds/upload", { ...request, file_size: 1.5 }, "file_size"],
      ["/builds/upload", { ...request, file_size: "1" }, "file_size"],
      ["/builds/upload", { ...request, name: undefined }, "name"],
      ["/builds/upload/complete", { build_id: "" }, "build_id"],
      ["/builds/upload/complete", { build_id: "b", parts: [{ part_number: 1 }] }, "etag"]
    ]
    for (const [path, body, word] of bodies) {
      const answer = yield* askWithKey({ method: "POST", path: `/api/v1${path}`, body: JSON.stringify(body) })
      assert.strictEqual(answer.status, 400, `${path} ${JSON.stringify(body)}`)
      assert.include(errorOf(answer.text), word)
    }
  })

  test("answers a body that is not JSON, and no body, with 400 in words", function*() {
    for (const body of ["{", "", "null", "[]"]) {
      const answer = yield* askWithKey({ method: "POST", path: "/api/v1/runs", body })
      assert.strictEqual(answer.status, 400, body)
      assert.isNotEmpty(errorOf(answer.text))
    }
    assert.strictEqual((yield* askWithKey({ method: "POST", path: "/api/v1/runs" })).status, 400)
  })

  test("answers queries that lack a field with 400, and names it", function*() {
    const parts = yield* ask({ path: "/api/v1/builds/upload/parts?upload_id=u&object_key=o" })
    assert.deepStrictEqual([parts.status, errorOf(parts.text).includes("part_numbers")], [400, true])
    const cancel = yield* askWithKey({ method: "DELETE", path: "/api/v1/builds/upload?build_id=b" })
    assert.deepStrictEqual([cancel.status, errorOf(cancel.text).includes("object_key")], [400, true])
  })

  test("serves the contract as OpenAPI, with every operation and the key", function*() {
    const { body, status } = yield* askJson({ path: "/openapi.json" })
    assert.strictEqual(status, 200)
    const document = Schema.decodeUnknownSync(OpenApiDocument)(body)
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method} ${path}`)
    )
    assert.sameMembers(operations, [
      "listRuns get /api/v1/runs",
      "startRun post /api/v1/runs",
      "getRun get /api/v1/runs/{runId}",
      "getLiveRun get /api/v1/runs/{runId}/live",
      "getRunBugs get /api/v1/runs/{runId}/bugs",
      "stopRuns post /api/v1/runs/stop",
      "listJobs get /api/v1/jobs",
      "getJob get /api/v1/jobs/{jobId}",
      "getBuild get /api/v1/builds/{buildId}",
      "initiateUpload post /api/v1/builds/upload",
      "getUploadParts get /api/v1/builds/upload/parts",
      "completeUpload post /api/v1/builds/upload/complete",
      "cancelUpload delete /api/v1/builds/upload",
      "listBugs get /api/v1/bugs",
      "getBug get /api/v1/bugs/{bugId}",
      "createTestPlan post /api/v1/test-plans",
      "getTestPlan get /api/v1/test-plans/{testPlanId}",
      "updateTestPlan patch /api/v1/test-plans/{testPlanId}",
      "startTestPlanRun post /api/v1/test-plans/{testPlanId}/runs",
      "listTestPlanExecutions get /api/v1/test-plan-executions",
      "getTestPlanExecution get /api/v1/test-plan-executions/{executionId}",
      "createTest post /api/v1/tests",
      "getTest get /api/v1/tests/{testId}",
      "updateTest patch /api/v1/tests/{testId}",
      "deleteTest delete /api/v1/tests/{testId}",
      "getSharedStep get /api/v1/shared-steps/{sharedStepsId}",
      "updateSharedStep patch /api/v1/shared-steps/{sharedStepsId}"
    ])
    assert.deepInclude(Object.values(document.components.securitySchemes)[0], { in: "header", name: "X-Api-Key" })
    const contract = OpenApi.fromApi(NunuApi.prefix("/api/v1"))
    assert.deepStrictEqual(body, JSON.parse(JSON.stringify(contract)))
  })
})

onBoth("the storage", {}, (test) => {
  test("is on another origin than the API", function*() {
    const { baseUrl, storageOrigin } = yield* Emulator
    assert.notStrictEqual(new URL(baseUrl).origin, storageOrigin)
    const nunu = yield* connect()
    const ticket = yield* initiateSingle(nunu, 4)
    assert.strictEqual(new URL(uploadUrlOf(ticket)).origin, storageOrigin)
  })

  test("does not serve the API, nor the API the storage", function*() {
    const { baseUrl, storageOrigin } = yield* Emulator
    const runs = yield* HttpClient.execute(
      HttpClientRequest.get(`${storageOrigin}/api/v1/runs`).pipe(
        HttpClientRequest.setHeader("x-api-key", "nunu_emulator")
      )
    )
    assert.strictEqual(runs.status, 404)
    assert.strictEqual((yield* HttpClient.get(`${storageOrigin}/_emulator/requests`)).status, 404)
    const ticket = yield* initiateSingle(yield* connect(), 4)
    const elsewhere = uploadUrlOf(ticket).replace(storageOrigin, new URL(baseUrl).origin)
    assert.strictEqual((yield* put(elsewhere, bytesOf(4))).status, 404)
    assert.strictEqual((yield* put(uploadUrlOf(ticket), bytesOf(4))).status, 200)
  })
})

describe("two emulators in one program", () => {
  const uploaded = Effect.fnUntraced(function*(file: Uint8Array) {
    const { requests, stored } = yield* Emulator
    const buildId = yield* upload(yield* connect(), file)
    return { buildId, object: yield* stored(buildId), requests: (yield* requests).length }
  })

  it.effect.each([["in process", inProcess], ["on ports", onPorts]] as const)(
    "share no key, no state, no log and no objects (%s)",
    ([, layerOf]) =>
      Effect.gen(function*() {
        const [file, other] = [bytesOf(1500, 1), bytesOf(1600, 2)]
        const { requests, stored } = yield* Emulator
        const { buildId } = yield* uploaded(file)
        const second = yield* Effect.provide(uploaded(other), layerOf({ apiKey: "nunu_other", partSize }))
        assert.deepStrictEqual(second, { buildId, object: { size: 1600, md5: md5(other) }, requests: 6 })
        assert.deepStrictEqual(yield* stored(buildId), { size: 1500, md5: md5(file) })
        assert.strictEqual((yield* requests).length, 6)
        assert.isNull(yield* stored("another"))
      }).pipe(Effect.provide(layerOf({ partSize })))
  )
})

describe("the emulator in process", () => {
  it.effect("reaches no other host", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(HttpClient.get("https://nunu.ai/api/v1/runs"))
      assert.deepInclude(error.reason, { _tag: "TransportError" })
      assert.match(String(error.cause), /ENOTFOUND nunu\.ai/)
    }).pipe(Effect.provide(inProcess())))
})
