import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import * as Nunu from "../src/Nunu.ts"
import * as Runs from "./fixtures/Runs.ts"
import type { Call } from "./support/Client.ts"
import {
  bugId,
  buildId,
  calls,
  canary,
  executionId,
  initiateRequest,
  jobId,
  objectKey,
  runId,
  scripted,
  sharedStepsId,
  testId,
  testPlanId,
  uploadId
} from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import { endpoints } from "./support/Endpoints.ts"
import { serve } from "./support/HttpFixture.ts"

const names = Object.keys(endpoints) as Array<keyof typeof endpoints> // the keys of a literal

/** What a real server sees of a call, whose answer is of no matter. */
const seen = Effect.fnUntraced(function*(call: Call) {
  const server = yield* serve({ status: 418 })
  yield* call(yield* connect(server.url)).pipe(Effect.flip)
  assert.strictEqual(server.asked.length, 1)
  return server.asked[0]! // one was asked
})

const ids: Readonly<Record<string, string>> = {
  runId,
  jobId,
  buildId,
  bugId,
  testPlanId,
  executionId,
  testId,
  sharedStepsId
}

const hasBody = (name: keyof typeof endpoints) =>
  ["post", "patch"].includes(endpoints[name].method) || name === "tests.delete"

describe("a request", () => {
  it.effect.each(names)(
    "of %s goes to its path, with the key in its header if it takes one",
    (name) =>
      Effect.gen(function*() {
        const { method, path, permission } = endpoints[name]
        const asked = yield* seen(calls[name])
        assert.strictEqual(asked.method, method.toUpperCase())
        const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "")
        assert.strictEqual(asked.path, `/api/v1${filled}`)
        assert.strictEqual(asked.headers["x-api-key"], permission === null ? undefined : canary)
        assert.isUndefined(asked.headers.authorization)
        assert.strictEqual(asked.headers.accept, "application/json")
        assert.strictEqual(asked.headers["content-type"], hasBody(name) ? "application/json" : undefined)
      })
  )

  it.effect("has the key in no other place", () =>
    Effect.gen(function*() {
      for (const name of names) {
        const { headers: { "x-api-key": _, ...headers }, body, path, query } = yield* seen(calls[name])
        assert.notInclude(JSON.stringify({ headers, body, path, query: [...query] }), canary)
      }
    }))

  it.effect("carries no trace headers", () =>
    Effect.gen(function*() {
      const { headers } = yield* seen(calls["runs.list"])
      for (const name of ["traceparent", "tracestate", "b3"]) assert.notProperty(headers, name)
    }))

  const queries: ReadonlyArray<readonly [string, Call, Record<string, string>]> = [
    ["no filters", (nunu) => nunu.runs.list(), {}],
    [
      "the filters of runs",
      (nunu) =>
        nunu.runs.list({
          state: "completed",
          multiplayerTestId: "t-1",
          jobId,
          testPlanExecutionId: "e-1",
          testType: "verification",
          tags: ["nightly", "a b&c"],
          bugs: true,
          page: 2,
          pageSize: 100
        }),
      {
        state: "completed",
        multiplayer_test_id: "t-1",
        job_id: jobId,
        test_plan_execution_id: "e-1",
        test_type: "verification",
        tags: "nightly,a b&c",
        bugs: "true",
        page: "2",
        page_size: "100"
      }
    ],
    [
      "the filters of jobs",
      (nunu) =>
        nunu.jobs.list({
          status: "queued",
          testPlanExecutionId: "e-1",
          multiplayerTestId: "t-1",
          tags: ["x"],
          page: 0,
          pageSize: 1
        }),
      {
        status: "queued",
        test_plan_execution_id: "e-1",
        multiplayer_test_id: "t-1",
        tags: "x",
        page: "0",
        page_size: "1"
      }
    ],
    [
      "the parts that are wanted",
      (nunu) => nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1, 2, 10_000] }),
      { upload_id: Redacted.value(uploadId), object_key: objectKey, part_numbers: "1,2,10000" }
    ],
    [
      "the upload that is cancelled",
      (nunu) => nunu.builds.cancelUpload({ buildId, objectKey, uploadId }),
      { build_id: buildId, object_key: objectKey, upload_id: Redacted.value(uploadId) }
    ],
    ["no screenshots of a live run", (nunu) => nunu.runs.live(runId), { include_screenshot: "false" }],
    [
      "screenshots where they were asked for",
      (nunu) => nunu.runs.live(runId, { includeScreenshot: true }),
      { include_screenshot: "true" }
    ],
    [
      "the filters of bugs",
      (nunu) =>
        nunu.bugs.list({
          status: "all",
          severity: "high",
          category: "ui",
          sortBy: "severity",
          sortOrder: "asc",
          page: 1,
          pageSize: 5
        }),
      {
        status: "all",
        severity: "high",
        category: "ui",
        sort_by: "severity",
        sort_order: "asc",
        page: "1",
        page_size: "5"
      }
    ],
    [
      "the filters of executions",
      (nunu) =>
        nunu.testPlanExecutions.list({
          testPlanId,
          buildId,
          status: "in_progress",
          sortBy: "build_name",
          sortOrder: "desc"
        }),
      {
        test_plan_id: testPlanId,
        build_id: buildId,
        status: "in_progress",
        sort_by: "build_name",
        sort_order: "desc"
      }
    ],
    [
      "the version of a test",
      (nunu) => nunu.tests.get(testId, { version: 0, includeSharedSteps: false }),
      { version: "0", include_shared_collection_steps: "false" }
    ],
    [
      "the wish for a changed test without shared steps",
      (nunu) => nunu.tests.update(testId, { expectedVersion: 0, patch: {} }, { includeSharedSteps: false }),
      { include_shared_collection_steps: "false" }
    ],
    ["the version of shared steps", (nunu) => nunu.sharedSteps.get(sharedStepsId, { version: 2 }), { version: "2" }],
    [
      "the wish for metadata",
      (nunu) => nunu.knowledge.list("space-miner", { includeMetadata: true }),
      { include_metadata: "true" }
    ],
    [
      "an open request's own",
      (nunu) => nunu.request({ method: "GET", path: "/test-plans", query: { page_size: 5, all: true, q: "a&b" } }),
      { page_size: "5", all: "true", q: "a&b" }
    ]
  ]

  it.effect.each(queries)("has in its query %s", ([, call, expected]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(Object.fromEntries((yield* seen(call)).query), expected)
    }))

  it.effect("has ids encoded in its path", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 418 })
      yield* (yield* nunu).runs.get("../jobs/1?a#b" as typeof runId).pipe(Effect.flip) // as from a careless caller
      assert.strictEqual(asked[0]?.url, "https://nunu.ai/api/v1/runs/..%2Fjobs%2F1%3Fa%23b")
    }))
})

describe("request", () => {
  it.effect("sends JSON and gives JSON", () =>
    Effect.gen(function*() {
      const server = yield* serve({ status: 201, body: { id: "plan-1" } })
      const nunu = yield* connect(server.url)
      const plan = yield* nunu.request({ method: "POST", path: "/test-plans", body: { name: "Smoke" } })
      assert.deepStrictEqual(plan, { id: "plan-1" })
      assert.include(server.asked[0], { method: "POST", path: "/api/v1/test-plans", body: "{\"name\":\"Smoke\"}" })
      assert.include(server.asked[0]?.headers, { "x-api-key": canary, "content-type": "application/json" })
    }))

  it.effect("gives null for an answer without a body", () =>
    Effect.gen(function*() {
      const nunu = yield* connect((yield* serve({ status: 204 })).url)
      assert.isNull(yield* nunu.request({ method: "DELETE", path: "/tests/t-1" }))
    }))

  it.effect("stays on the API's host whatever the path", () =>
    Effect.gen(function*() {
      for (const path of ["//evil.test/x", "/https://evil.test", "/\\evil.test"] as const) {
        const { asked, nunu } = scripted({ status: 200, body: {} })
        yield* (yield* nunu).request({ method: "GET", path })
        assert.strictEqual(new URL(asked[0]!.url).host, "nunu.ai") // one was asked
      }
    }))
})

describe("a project", () => {
  it.effect("of its own has all paths of the API below it", () =>
    Effect.gen(function*() {
      const { asked, httpClient } = scripted({ status: 418 })
      const nunu = yield* Nunu.make({
        apiKey: Redacted.make(canary),
        baseUrl: "https://nunu.ai/api",
        projectId: "space-miner",
        projectScoped: true
      }).pipe(Effect.provideService(HttpClient.HttpClient, httpClient))
      for (const name of names) yield* Effect.flip<unknown, unknown, never>(calls[name](nunu))
      yield* nunu.request({ method: "GET", path: "/x" }).pipe(Effect.flip)
      for (const { url } of asked) assert.match(url, /^https:\/\/nunu\.ai\/api\/v1\/project\/space-miner\/\w/)
      yield* nunu.artifacts.list("r-1").pipe(Effect.flip)
      assert.strictEqual(asked.at(-1)?.url, "https://bouncer.nunu.ai/runs/r-1/artifacts")
    }))

  it.effect("is named by uploads that name none", () =>
    Effect.gen(function*() {
      const { asked, httpClient } = scripted({ status: 418 })
      const nunu = yield* Nunu.make({ apiKey: Redacted.make(canary), projectId: "space-miner" }).pipe(
        Effect.provideService(HttpClient.HttpClient, httpClient)
      )
      yield* Effect.flip(nunu.builds.initiateUpload(initiateRequest))
      yield* Effect.flip(nunu.builds.initiateUpload({ ...initiateRequest, projectId: "another" }))
      const projects = asked.map(({ body }) =>
        body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(body.body)).project_id : undefined
      )
      assert.deepStrictEqual(projects, ["space-miner", "another"])
    }))

  it.effect("has a key whose mark is its own, and does not tell it", () =>
    Effect.gen(function*() {
      const markOf = (key: string) =>
        Nunu.make({ apiKey: Redacted.make(key) }).pipe(
          Effect.map(({ target }) => target.keyMark),
          Effect.provideService(HttpClient.HttpClient, scripted({ status: 418 }).httpClient)
        )
      assert.match(yield* markOf(canary), /^[0-9a-f]{12}$/)
      assert.strictEqual(yield* markOf(canary), yield* markOf(canary))
      assert.notStrictEqual(yield* markOf(canary), yield* markOf(`${canary}2`))
    }))

  it.effect("changes no path unless told to", () =>
    Effect.gen(function*() {
      const { asked, httpClient } = scripted({ status: 418 })
      const nunu = yield* Nunu.make({ apiKey: Redacted.make(canary), projectId: "space-miner" }).pipe(
        Effect.provideService(HttpClient.HttpClient, httpClient)
      )
      yield* nunu.runs.list().pipe(Effect.flip)
      assert.strictEqual(asked[0]?.url, "https://nunu.ai/api/v1/runs")
    }))

  it.effect.each([undefined, "", "..", "a/b", "a?b", "ä"])(
    "with an id that cannot be in a path is refused: %j",
    (projectId) =>
      Effect.gen(function*() {
        const error = yield* Nunu.make({ apiKey: Redacted.make(canary), projectId, projectScoped: true }).pipe(
          Effect.flip,
          Effect.provide(FetchHttpClient.layer)
        )
        assert.strictEqual(error._tag, "ConfigurationError")
        assert.include(error.message, "project id")
      })
  )
})

describe("make", () => {
  it.effect.each(["", " ", "nunu_canary\n", "nunu canary", "nunu_cänary"])(
    "refuses a key that cannot be sent: %j",
    (key) =>
      Effect.gen(function*() {
        const error = yield* Nunu.make({ apiKey: Redacted.make(key) }).pipe(
          Effect.flip,
          Effect.provide(FetchHttpClient.layer)
        )
        assert.strictEqual(error._tag, "ConfigurationError")
        assert.include(error.message, "Cannot use the API key")
        if (key.trim() !== "") assert.notInclude(error.message, key)
      })
  )

  it.effect("asks before each request for a key that may change", () =>
    Effect.gen(function*() {
      const { asked, httpClient } = scripted({ status: 418 })
      let number = 0
      const nunu = yield* Nunu.make({ apiKey: Effect.sync(() => Redacted.make(`${canary}-${number++}`)) }).pipe(
        Effect.provideService(HttpClient.HttpClient, httpClient)
      )
      yield* nunu.runs.list().pipe(Effect.flip)
      yield* nunu.artifacts.list("r-1").pipe(Effect.flip)
      yield* nunu.artifacts.download({ compositeRunId: "r-1", filename: "a.png" }).pipe(Effect.flip)
      yield* nunu.request({ method: "GET", path: "/deployments" }).pipe(Effect.flip)
      assert.deepStrictEqual(
        asked.map(({ headers }) => headers["x-api-key"]),
        [1, 2, 3, 4].map((n) => `${canary}-${n}`)
      )
    }))

  it.effect("refuses such a key too when it cannot be sent, at once and later", () =>
    Effect.gen(function*() {
      const { asked, httpClient } = scripted({ status: 418 })
      let key = "nunu canary"
      const make = Nunu.make({ apiKey: Effect.sync(() => Redacted.make(key)) }).pipe(
        Effect.provideService(HttpClient.HttpClient, httpClient)
      )
      assert.include((yield* Effect.flip(make)).message, "Cannot use the API key")
      key = canary
      const nunu = yield* make
      key = "nunu canary"
      const exit = yield* Effect.exit(nunu.runs.list())
      assert.isTrue(Exit.hasDies(exit))
      assert.notInclude(String(exit), key)
      assert.deepStrictEqual(asked, [])
    }))

  it.effect("refuses a URL that is not safe", () =>
    Effect.gen(function*() {
      const options = { apiKey: Redacted.make(canary), baseUrl: "http://nunu.ai/api/v1" }
      const error = yield* Nunu.make(options).pipe(Effect.flip, Effect.provide(NodeHttpClient.layerUndici))
      assert.strictEqual(error._tag, "ConfigurationError")
    }))
})

/** Where the first request goes, and with which key. */
const firstRequest = (env: Record<string, string>) =>
  Effect.gen(function*() {
    const { asked, httpClient } = scripted({ status: 200, body: Runs.list })
    const layer = Nunu.layerConfig.pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient)),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
    )
    yield* Nunu.Nunu.use((nunu) => nunu.runs.list()).pipe(Effect.provide(layer))
    return [asked[0]?.url, asked[0]?.headers["x-api-key"]]
  })

describe("layerConfig", () => {
  const url = "https://nunu.ai/api/v1/runs"
  const key = { NUNU_API_TOKEN: "k1" }

  it.effect.each(
    [
      ["NUNU_API_TOKEN", key, [url, "k1"]],
      ["NUNU_API_KEY", { NUNU_API_KEY: "k2" }, [url, "k2"]],
      ["both keys: the token wins", { NUNU_API_KEY: "k2", ...key }, [url, "k1"]],
      ["NUNU_API_URL", { ...key, NUNU_API_URL: "https://eu.nunu.ai/api/v1" }, ["https://eu.nunu.ai/api/v1/runs", "k1"]],
      ["NUNU_API_URL that ends in /api", { ...key, NUNU_API_URL: "https://nunu.ai/api" }, [url, "k1"]],
      ["NUNU_BASE_URL", { ...key, NUNU_BASE_URL: "https://eu.nunu.ai" }, ["https://eu.nunu.ai/api/v1/runs", "k1"]],
      ["NUNU_PROJECT_ID, which changes no path", { ...key, NUNU_PROJECT_ID: "p-1" }, [url, "k1"]],
      ["NUNU_BASE_URL with a slash", { ...key, NUNU_BASE_URL: "https://eu.nunu.ai/" }, [
        "https://eu.nunu.ai/api/v1/runs",
        "k1"
      ]],
      [
        "both URLs: NUNU_API_URL wins",
        { ...key, NUNU_API_URL: "http://localhost:1/api/v1", NUNU_BASE_URL: "https://eu.nunu.ai" },
        ["http://localhost:1/api/v1/runs", "k1"]
      ]
    ] as const
  )("reads %s", ([, env, expected]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* firstRequest(env), [...expected])
    }))

  it.effect("fails without a key", () =>
    Effect.gen(function*() {
      const error = yield* firstRequest({ NUNU_API_URL: "https://nunu.ai/api/v1" }).pipe(Effect.flip)
      assert.strictEqual(error._tag, "ConfigError")
      assert.include(error.message, "NUNU_API_KEY")
    }))

  it.effect("fails on a URL or a key that cannot be used", () =>
    Effect.gen(function*() {
      const bad = [{ ...key, NUNU_API_URL: "nunu.ai" }, { ...key, NUNU_BASE_URL: "http://nunu.ai" }, {
        NUNU_API_TOKEN: "a b"
      }]
      for (const env of bad) assert.strictEqual((yield* firstRequest(env).pipe(Effect.flip))._tag, "ConfigurationError")
    }))
})
