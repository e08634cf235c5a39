/**
 * Clients that nobody here wrote: `curl`, and one that a library makes from the vendor's document of January 2026. The
 * fixture is that document without its words: paths, parameters and shapes.
 */
import { assert, describe, it } from "@effect/vitest"
import addFormats from "ajv-formats"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect, Redacted } from "effect"
import { execFile, execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { type AxiosResponse, type Document, OpenAPIClientAxios } from "openapi-client-axios"
import { Emulator } from "../src/Emulator.ts"
import * as Scenario from "../src/Scenario.ts"
import { type Body, onPorts } from "./support/Emulators.ts"
import { crossing } from "./support/Scripts.ts"
import { bytesOf, md5 } from "./support/Uploads.ts"

const file = bytesOf(2500)

describe("a client made from the vendor's document", () => {
  const document = JSON.parse(
    fs.readFileSync(path.join(import.meta.dirname, "fixtures/openapi-2026-01.json"), "utf8")
  ) as Document

  /** Fails unless a body is what the document says of the operation and the status. */
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }))
  ajv.addSchema(document, "openapi")
  const judge = (route: string, method: string, { data, status }: AxiosResponse) => {
    const pointer = ["paths", route, method, "responses", String(status), "content", "application/json", "schema"]
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")
    const valid = ajv.validate(`openapi#/${pointer}`, data)
    assert.isTrue(valid, `${method} ${route} ${status}: ${ajv.errorsText()}\n${JSON.stringify(data, null, 1)}`)
  }

  const test = (name: string, body: Body) =>
    it.live(name, () =>
      Effect.gen(body).pipe(Effect.provide(onPorts({
        generation: "2026-01",
        partSize: 1000,
        speed: 10_000,
        script: () => crossing
      }))))

  const client = Effect.gen(function*() {
    const { apiKey, baseUrl } = yield* Emulator
    return yield* Effect.promise(() =>
      new OpenAPIClientAxios({
        definition: { ...document, servers: [{ url: baseUrl }] },
        axiosConfigDefaults: { headers: { "X-Api-Key": Redacted.value(apiKey) }, validateStatus: () => true }
      }).init()
    )
  })

  test("starts a run, follows it, reads its bugs, and stops one", function*() {
    const api = yield* client
    const call = (operation: string, ...args: ReadonlyArray<unknown>): Effect.Effect<AxiosResponse> =>
      Effect.promise(async () =>
        await (api as never as Record<string, (...args: ReadonlyArray<unknown>) => never>)[operation]?.(
          ...args
        ) as never
      )
    const start = yield* call("startRun", null, { multiplayer_test_id: "t", deployment_config_id: "d" })
    judge("/runs", "post", start)
    const { job_id, multiplayer_run_id: runId } = start.data.data
    const run = yield* Effect.repeat(Effect.delay(call("getRunDetails", { runId }), "5 millis"), {
      until: ({ data }) => data.state === "completed"
    })
    judge("/runs/{runId}", "get", run)
    assert.deepInclude(run.data, { result: "failure", multiplayer_run_id: runId })
    judge("/runs", "get", yield* call("listRuns", { state: "completed", page_size: 5 }))
    judge("/runs/{runId}/bugs", "get", yield* call("listRunBugs", { runId }))
    judge("/runs/{runId}", "get", yield* call("getRunDetails", { runId: "abcdefghijkl" }))
    const stop = yield* call("stopRuns", null, { job_ids: [job_id] })
    assert.strictEqual(stop.status, 207)
    judge("/runs/stop", "post", stop)
  })

  test("uploads a build in parts", function*() {
    const api = yield* client
    const operations = api.api.getOperations()
    const call = (operation: string, ...args: ReadonlyArray<unknown>): Effect.Effect<AxiosResponse> =>
      Effect.promise(async () =>
        await (api as never as Record<string, (...args: ReadonlyArray<unknown>) => never>)[operation]?.(
          ...args
        ) as never
      )
    const idOf = (path: string, method: string) =>
      operations.find((operation) => operation.path === path && operation.method === method)?.operationId ?? ""
    const started = yield* call(idOf("/builds/upload", "post"), null, {
      project_id: "p",
      name: "Crab Island",
      file_name: "crab.apk",
      file_size: file.length,
      platform: "android",
      multipart: true
    })
    judge("/builds/upload", "post", started)
    const { build_id, object_key, total_parts, upload_id } = started.data
    const numbers = Array.from({ length: total_parts }, (_, index) => index + 1)
    const urls = yield* call(idOf("/builds/upload/parts", "get"), {
      upload_id,
      object_key,
      part_numbers: numbers.join(",")
    })
    judge("/builds/upload/parts", "get", urls)
    const parts = yield* Effect.forEach(
      urls.data.upload_urls as ReadonlyArray<{ part_number: number; url: string }>,
      ({ part_number, url }) =>
        Effect.promise(async () => {
          const body = file.subarray((part_number - 1) * 1000, part_number * 1000)
          const { headers } = await fetch(url, { method: "PUT", body: body as Uint8Array<ArrayBuffer> })
          return { part_number, etag: (headers.get("etag") ?? "").replaceAll("\"", "") }
        })
    )
    const completed = yield* call(idOf("/builds/upload/complete", "post"), null, {
      build_id,
      upload_id,
      object_key,
      parts
    })
    judge("/builds/upload/complete", "post", completed)
    const { stored, violations } = yield* Emulator
    assert.strictEqual((yield* stored(build_id))?.md5, md5(file))
    assert.deepStrictEqual(yield* violations, [])
    judge(
      "/builds/upload",
      "delete",
      yield* call(idOf("/builds/upload", "delete"), { build_id, object_key, upload_id })
    )
  })
})

const hasCurl = (() => {
  try {
    execFileSync("curl", ["--version"])
    return true
  } catch {
    process.stdout.write("curl is not here: its tests are skipped\n")
    return false
  }
})()

describe.skipIf(!hasCurl)("curl", () => {
  const curl = (...args: ReadonlyArray<string>): Effect.Effect<string> =>
    Effect.callback((resume) => {
      execFile("curl", ["-sS", ...args], (error, stdout) =>
        resume(error === null ? Effect.succeed(stdout) : Effect.die(error)))
    })

  const json = ["-H", "X-Api-Key: nunu_emulator", "-H", "Content-Type: application/json"] as const

  it.live("uploads a build, runs a test, and brings bad weather", () =>
    Effect.gen(function*() {
      const scenario = yield* Scenario.decode({
        speed: 1000,
        runs: [{ bugs: [{ afterSeconds: 1, bugId: "b", title: "A bug" }] }]
      })
      yield* Effect.gen(function*() {
        const { baseUrl, stored, violations } = yield* Emulator
        const origin = new URL(baseUrl).origin
        const build = JSON.stringify({ name: "c", file_name: "c.apk", file_size: 5, platform: "android" })
        const ticket = JSON.parse(yield* curl(...json, "-d", build, `${baseUrl}/builds/upload`))
        yield* curl(
          "-X",
          "PUT",
          "-H",
          "Content-Type: application/octet-stream",
          "--data-binary",
          "hello",
          ticket.upload_url
        )
        const done = yield* curl(
          ...json,
          "-d",
          JSON.stringify({ build_id: ticket.build_id }),
          `${baseUrl}/builds/upload/complete`
        )
        assert.strictEqual(JSON.parse(done).status, "success")
        assert.strictEqual((yield* stored(ticket.build_id))?.md5, md5(new TextEncoder().encode("hello")))

        const started = yield* curl(
          ...json,
          "-d",
          "{\"instructions\":\"Play\",\"deployment_config_id\":\"d\"}",
          `${baseUrl}/runs`
        )
        const job = yield* Effect.repeat(
          Effect.map(curl(...json, `${baseUrl}/jobs/${JSON.parse(started).job_ids[0]}`), (text) => JSON.parse(text)),
          { until: ({ status }) => status === "COMPLETED" }
        )
        const bugs = yield* curl(...json, `${baseUrl}/runs/${job.runs[0].multiplayer_run_id}/bugs`)
        assert.strictEqual(JSON.parse(bugs).data[0].title, "A bug")

        const storm = "{\"kind\":\"answer\",\"status\":429,\"retryAfter\":30}"
        yield* curl(...json, "-d", storm, `${origin}/_emulator/weather`)
        const limited = yield* curl("-i", ...json, `${baseUrl}/runs`)
        assert.match(limited, /^HTTP\/1\.1 429 [^]*retry-after: 30/i)
        const fault = yield* curl(
          "-w",
          " %{http_code}",
          ...json,
          "-d",
          "{\"kind\":\"rain\"}",
          `${origin}/_emulator/weather`
        )
        assert.match(fault, /"error":.* 400$/)
        yield* curl("-X", "POST", `${origin}/_emulator/reset`)
        assert.strictEqual(yield* curl(`${origin}/_emulator/requests`), "[]")
        assert.deepStrictEqual(yield* violations, [])
      }).pipe(Effect.provide(onPorts(scenario)))
    }))

  it.live("has a form's type refused in JSON, as everything else is", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Emulator
      const answer = yield* curl("-H", "X-Api-Key: nunu_emulator", "-d", "{}", `${baseUrl}/runs`)
      assert.match(JSON.parse(answer).error, /^Unsupported content-type/)
    }).pipe(Effect.provide(onPorts())))
})
