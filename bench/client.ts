/**
 * The typed client against bare undici: pages of 20 runs, 8 requests in flight, in turn, by the second of CPU that the
 * process has used: what one core gives, whatever else the machine does. Between the two stand the floors under it: what
 * reading by hand costs bare undici, and what Effect's own clients cost without any model.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Nunu from "@nunu-effect/core/Nunu"
import { DateTime, Effect, Option, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApi, HttpApiClient, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { Pool } from "undici"
import type { Row } from "./main.ts"

const inFlight = 8
const rounds = 7
const seconds = 1

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const server = fork(path.join(import.meta.dirname, "support/runs-server.ts"))
  const [port] = await once(server, "message")
  const origin = `http://127.0.0.1:${port}`
  const pool = new Pool(origin)
  try {
    const theirs = "bare undici"
    const rates = await effects(origin).pipe(
      Effect.flatMap((sides) => Effect.promise(() => inTurn({ ...bare(pool), ...sides }))),
      Effect.provide(NodeHttpClient.layerUndici),
      Effect.runPromise
    )
    return Object.entries(rates).filter(([what]) => what !== theirs).map(([what, ours]) => ({
      what: `${what}, GET /runs, pages of 20`,
      peer: theirs,
      unit: "requests by second of CPU",
      ours,
      theirs: rates[theirs] ?? NaN
    }))
  } finally {
    await pool.close()
    server.disconnect()
  }
}

type Side = () => Promise<void>

const bare = (pool: Pool) => {
  const get = async (): Promise<unknown> => {
    const { body } = await pool.request({
      method: "GET",
      path: "/api/v1/runs?page_size=20",
      headers: { accept: "application/json", "x-api-key": "bench" }
    })
    return body.json()
  }
  return {
    "bare undici": () => get().then(() => {}),
    "bare undici, read by hand": () => get().then((page) => void normalised(page as WirePage)) // the server is our own
  }
}

/** The same request by Effect's clients and by ours. */
const effects = Effect.fnUntraced(function*(origin: string) {
  const httpClient = yield* HttpClient.HttpClient
  const context = yield* Effect.context<never>()
  const nunu = yield* Nunu.make({ apiKey: Redacted.make("bench"), baseUrl: `${origin}/api/v1` })
  const untyped = yield* HttpApiClient.makeWith(Untyped, { httpClient, baseUrl: `${origin}/api/v1` })
  const request = HttpClientRequest.get(`${origin}/api/v1/runs?page_size=20`).pipe(
    HttpClientRequest.setHeaders({ accept: "application/json", "x-api-key": "bench" })
  )
  const side = (effect: Effect.Effect<unknown, unknown>): Side => () =>
    Effect.runPromiseWith(context)(effect).then(() => {})
  return {
    "Effect's HttpClient": side(Effect.flatMap(httpClient.execute(request), (response) => response.json)),
    "Effect's HttpApiClient without a schema": side(untyped.runs.list({ query: { page_size: "20" } })),
    "nunu.request": side(nunu.request({ method: "GET", path: "/runs", query: { page_size: 20 } })),
    "typed client": side(nunu.runs.list({ pageSize: 20 }))
  }
})

class Untyped extends HttpApi.make("untyped").add(
  HttpApiGroup.make("runs").add(
    HttpApiEndpoint.get("list", "/runs", { query: { page_size: Schema.String }, success: Schema.Unknown })
  )
) {}

type Wire = Readonly<Record<string, unknown>>
interface WirePage {
  readonly data: ReadonlyArray<Wire>
  readonly pagination: Wire
}

/** What the typed client gives, made by hand and without a look at any type. */
const normalised = ({ data, pagination }: WirePage) => ({
  data: data.map((run) => ({
    runId: run["multiplayer_run_id"],
    jobId: run["job_id"] ?? null,
    projectId: run["project_id"] ?? null,
    testPlanExecutionId: run["test_plan_execution_id"] ?? null,
    state: upper(run["state"]),
    result: upper(run["result"]),
    bugInfo: run["bug_info"] ?? null,
    test: named(run["test"]),
    build: named(run["build"]),
    createdAt: moment(run["created_at"]),
    startedAt: moment(run["started_at"]),
    completedAt: moment(run["completed_at"]),
    durationMs: run["duration_ms"] ?? null,
    initiator: run["initiator"] ?? null,
    tags: run["tags"] ?? [],
    players: (run["players"] as ReadonlyArray<Wire> | undefined ?? []).map((player) => ({
      id: player["id"],
      state: upper(player["state"]),
      result: upper(player["result"]),
      playerNumber: player["player_number"] ?? null,
      testName: player["test_name"] ?? null,
      compositeTestId: player["composite_test_id"] ?? null,
      stepCount: player["step_count"] ?? null,
      completedStepCount: player["completed_step_count"] ?? null,
      platform: player["platform"] ?? null,
      artifacts: player["artifacts"] ?? [],
      steps: player["steps"] ?? []
    })),
    templatingEnabled: run["templating_enabled"] ?? null,
    templateData: run["template_data"] ?? null
  })),
  pagination: {
    page: pagination["page"],
    pageSize: pagination["page_size"],
    totalCount: pagination["total_count"],
    totalPages: pagination["total_pages"]
  }
})

const upper = (word: unknown) => typeof word === "string" ? word.toUpperCase() : null
const moment = (text: unknown) => typeof text === "string" ? Option.getOrNull(DateTime.make(text)) : null
const named = (thing: unknown) => {
  const { id = null, name = null, type = null } = (thing ?? {}) as Wire // an object or nothing
  return { id, name, type }
}

const inTurn = async (sides: Readonly<Record<string, Side>>): Promise<Readonly<Record<string, number>>> => {
  const names = Object.keys(sides)
  const rates = new Map<string, Array<number>>(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) { // the first one warms up
    for (const [name, side] of Object.entries(sides)) {
      const measured = await rate(side)
      if (round >= 0) rates.get(name)?.push(measured)
    }
  }
  return Object.fromEntries(Array.from(rates, ([name, measured]) => [name, median(measured)]))
}

/** Calls by the second of CPU. */
const rate = async (call: Side): Promise<number> => {
  const before = process.cpuUsage()
  const begun = performance.now()
  let calls = 0
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (; performance.now() - begun < seconds * 1000; calls++) await call()
  }))
  const { system, user } = process.cpuUsage(before)
  return calls / (user + system) * 1e6
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
