import { NodeCrypto, NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { BuildId } from "@nunu-effect/core/Build"
import { Data } from "@nunu-effect/emulator/Scenario"
import { Effect, Fiber, Layer, Redacted, Schema, Stream } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import * as http from "node:http"
import * as BotAccess from "../../../src/durable/bot/BotAccess.ts"
import { BotApi, openApi } from "../../../src/durable/bot/BotApi.ts"
import * as BotServer from "../../../src/durable/bot/BotServer.ts"
import * as BotTokens from "../../../src/durable/bot/BotTokens.ts"
import { ReleaseBot } from "../../../src/durable/bot/ReleaseBot.ts"
import * as Bot from "../../../src/durable/bot/ReleaseBot.ts"
import { isEnded, ReleaseId } from "../../../src/durable/Release.ts"
import { script } from "../../support/Emulated.ts"
import * as Durable from "../support/Durable.ts"

const token = "token-of-the-build-server"
const other = "token-of-somebody-else"
const tokens = [{ name: "ci", token: Redacted.make(token) }, { name: "qa", token: Redacted.make(other) }]

const data = Schema.decodeSync(Data)({ builds: [{ id: "build-1" }] })

/** A bot on a real port; it may read nothing, so what it releases are builds. */
const layer = (
  access: Layer.Layer<BotTokens.BotTokens> = BotTokens.layer(tokens).pipe(Layer.provide(NodeCrypto.layerMac))
) =>
  HttpRouter.serve(BotServer.routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(access),
    Layer.provideMerge(NodeHttpServer.layer(http.createServer, { port: 0, host: "127.0.0.1" })),
    Layer.provideMerge(Bot.layer({ roots: [] })),
    Layer.provideMerge(
      Layer.mergeAll(
        Durable.layer({ script: () => script(), data }),
        KeyValueStore.layerMemory,
        NodeCrypto.layerDigest
      )
    ),
    Layer.provideMerge(NodeCrypto.layerMac),
    Layer.orDie
  )

const base = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  readonly json: any // whatever the bot says; tests compare it
}

/** Asks the bot as any program does. */
const ask = Effect.fnUntraced(function*(
  path: string,
  { body, headers = {}, method = body === undefined ? "GET" : "POST", token: sent = token }: {
    readonly method?: string
    readonly body?: unknown
    readonly token?: string | null
    readonly headers?: Readonly<Record<string, string>>
  } = {}
) {
  const url = `${yield* base}${path}`
  return yield* Effect.promise(() =>
    new Promise<Answer>((resolve, reject) => {
      const all = {
        ...(sent === null ? {} : { authorization: `Bearer ${sent}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      }
      const request = http.request(url, { method, headers: all }, (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (chunk) => text += chunk)
        response.on("end", () => {
          const isJson = /json/.test(response.headers["content-type"] ?? "")
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? JSON.parse(text) : null
          })
        })
      })
      request.on("error", reject)
      request.end(body === undefined ? undefined : JSON.stringify(body))
    })
  )
})

const submission = (more: object = {}) => ({
  source: { _tag: "Build", buildId: "build-1" },
  run: { deployment_config_id: "d", multiplayer_test_id: "t" },
  ...more
})

const submit = (releaseId: string, more: object = {}) => ask("/releases", { body: submission({ releaseId, ...more }) })

describe("the HTTP API of a bot", () => {
  it.effect("lets in who has a token, and nobody else", () =>
    Effect.gen(function*() {
      for (const sent of [null, "", "wrong", `${token}x`, token.slice(0, -1), token.toUpperCase()]) {
        const { json, status, text } = yield* ask("/releases", { token: sent })
        assert.deepInclude({ status, tag: json._tag }, { status: 401, tag: "TokenRefused" })
        assert.notInclude(text, token)
      }
      for (const method of ["POST", "GET"]) {
        assert.strictEqual((yield* ask("/releases/x/cancel", { method: "POST", token: null })).status, 401)
        assert.strictEqual((yield* ask("/events", { method, token: null })).status, method === "GET" ? 401 : 404)
      }
      assert.strictEqual((yield* ask("/releases")).status, 200)
      assert.strictEqual((yield* ask("/releases", { token: other })).status, 200)
    }).pipe(Effect.provide(layer())))

  it.effect("lets in the page of who has a session, but no page of another site", () =>
    Effect.gen(function*() {
      const { openSession } = yield* BotTokens.BotTokens
      assert.isNull(yield* openSession(Redacted.make("wrong")))
      const session = Redacted.value((yield* openSession(Redacted.make(other))) ?? Redacted.make(""))
      assert.notInclude(session, other)
      const host = new URL(yield* base).host
      const as = (cookie: string, headers: Readonly<Record<string, string>> = {}, method = "GET", path = "/releases") =>
        Effect.map(
          ask(path, { token: null, method, headers: { cookie: `${BotAccess.cookieName}=${cookie}`, ...headers } }),
          ({ status }) => status
        )
      assert.strictEqual(yield* as(session), 200)
      const [name, until, tag] = session.split(".")
      for (
        const forged of [`ci.${until}.${tag}`, `${name}.${Number(until) + 9}.${tag}`, `${name}.${until}.00`, "qa", ""]
      ) {
        assert.strictEqual(yield* as(forged), 401, forged)
      }
      yield* submit("one", { approval: true })
      const cancel = (headers: Readonly<Record<string, string>>) => as(session, headers, "POST", "/releases/one/cancel")
      assert.strictEqual(yield* cancel({ origin: "http://evil.example" }), 403)
      assert.strictEqual(yield* cancel({ origin: "null" }), 403)
      assert.strictEqual(yield* cancel({ "sec-fetch-site": "cross-site" }), 403)
      assert.strictEqual(yield* cancel({ "sec-fetch-site": "same-site" }), 403)
      assert.strictEqual((yield* ask("/releases/one")).json.status === "cancelled", false)
      assert.strictEqual(yield* cancel({ origin: `http://${host}`, "sec-fetch-site": "same-origin" }), 202)
      const events = yield* ReleaseBot.use((bot) => bot.events({ releaseId: "one" }))
      assert.deepInclude(events.map(({ event }) => event), { _tag: "CancelAsked", by: "qa", superseded: false })
    }).pipe(Effect.provide(layer())))

  it.effect("is open to this machine only where nobody has to say who they are", () =>
    Effect.gen(function*() {
      const asking = (headers: Readonly<Record<string, string>>, method = "GET", path = "/releases") =>
        Effect.map(ask(path, { token: null, headers, method }), ({ status }) => status)
      assert.strictEqual(yield* asking({}), 200)
      assert.strictEqual(yield* asking({ host: "rebound.example" }), 403)
      assert.strictEqual(yield* asking({ origin: "http://evil.example" }, "POST", "/releases/x/cancel"), 403)
      assert.strictEqual(yield* asking({}, "POST", "/releases/x/cancel"), 404)
    }).pipe(Effect.provide(layer(BotTokens.layerOpen))))

  it.effect("takes a release, and tells of it without what may be secret", () =>
    Effect.gen(function*() {
      const body = submission({
        releaseId: "one",
        branch: "main",
        run: { ...submission().run, template_data: { password: "hush" } }
      })
      const first = yield* ask("/releases", { body })
      assert.strictEqual(first.status, 201)
      assert.deepInclude(first.json, { releaseId: "one", branch: "main", outcome: null })
      const second = yield* ask("/releases", { body })
      assert.strictEqual(second.status, 200)
      assert.strictEqual((yield* submit("one")).status, 409)
      yield* submit("two")
      const all = [first, second, yield* ask("/releases"), yield* ask("/releases/one")]
      assert.notInclude(all.map(({ text }) => text).join(), "hush")
      const idsOf = ({ json }: Answer) =>
        json.releases.map(({ releaseId }: { readonly releaseId: string }) => releaseId)
      assert.deepStrictEqual(idsOf(yield* ask("/releases")), ["two", "one"])
      assert.deepStrictEqual(idsOf(yield* ask("/releases?limit=1")), ["two"])
      assert.deepStrictEqual(idsOf(yield* ask("/releases?branch=main")), ["one"])
      assert.deepStrictEqual(idsOf(yield* ask("/releases?status=passed,failed")), [])
      assert.strictEqual((yield* ask("/releases/none")).status, 404)
      assert.strictEqual((yield* ask("/releases/one/report")).status, 404)
      yield* Durable.until(isEnded, "one")
      const report = yield* ask("/releases/one/report")
      assert.deepInclude(report.json, { verdict: "passed" })
    }).pipe(Effect.provide(layer())))

  it.effect("tells all that is wrong with a request", () =>
    Effect.gen(function*() {
      const body = { releaseId: "no id", source: { _tag: "Build" }, run: { retries: "many" }, bogus: 1 }
      const { json, status } = yield* ask("/releases", { body })
      assert.strictEqual(status, 400)
      const paths = json.faults.map(({ path }: { readonly path: string }) => path)
      assert.include(json.message, "releaseId: expected 1 to 100 letters, digits and . _ -")
      for (const path of ["releaseId", "source.buildId", "run.deployment_config_id", "run.retries", "bogus"]) {
        assert.include(paths, path)
      }
      const file = submission({ source: { _tag: "File", path: "/etc/passwd" } })
      assert.include((yield* ask("/releases", { body: file })).json.message, "no folders")
      const both = submission({ run: { deployment_config_id: "d", multiplayer_test_id: "t", test_plan_id: "p" } })
      assert.include((yield* ask("/releases", { body: both })).json.message, "exactly one of")
      const large = yield* ask("/releases", { body: submission({ branch: "x".repeat(1.1 * 2 ** 20) }) })
      assert.strictEqual(large.status, 413)
      assert.include(large.json.message, "1 MiB")
      const query = yield* ask("/releases?status=done&limit=0")
      assert.strictEqual(query.status, 400)
      assert.include((yield* ask("/releases?status=done")).json.message, "Expected words of queued")
    }).pipe(Effect.provide(layer())))

  it.effect("asks for approval, and takes an answer from who is asked for by name", () =>
    Effect.gen(function*() {
      yield* submit("one", { approval: true })
      yield* Durable.until("awaiting-approval", "one")
      assert.strictEqual((yield* ask("/releases/one/approve", { body: {} })).status, 400)
      const body = { approved: false, comment: "not today" }
      assert.strictEqual((yield* ask("/releases/one/approve", { body, token: other })).status, 202)
      yield* Durable.until(isEnded, "one")
      assert.strictEqual((yield* ask("/releases/one/approve", { body })).status, 409)
      const events = yield* ReleaseBot.use((bot) => bot.events({ releaseId: "one" }))
      assert.deepInclude(events.map(({ event }) => event), { _tag: "Approved", by: "qa", ...body })
    }).pipe(Effect.provide(layer())))

  it.effect("streams what happens, from any place on, until it is over", () =>
    Effect.gen(function*() {
      yield* submit("one")
      const stream = yield* Effect.forkChild(ask("/releases/one/events"))
      yield* Durable.until(isEnded, "one")
      const { headers, text } = yield* Fiber.join(stream)
      assert.include(headers["content-type"], "text/event-stream")
      const eventsOf = (text: string) =>
        text.split("\n\n").filter((block) => block !== "" && !block.startsWith(":")).map((block) => {
          const [, id = "", event = "", data = ""] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? []
          return { id, event, data: JSON.parse(data) }
        })
      const events = eventsOf(text)
      assert.deepStrictEqual([events[0]?.event, events.at(-1)?.event], ["Queued", "Ended"])
      assert.deepInclude(events.at(-1)?.data, { releaseId: "one", status: "passed" })
      assert.isAbove(text.split(": still here").length, 3) // the run took longer than 15 seconds
      const third = events[2]?.id ?? ""
      for (const [path, headers] of [["", { "last-event-id": third }], [`?after=${third}`, {}]] as const) {
        const rest = yield* ask(`/releases/one/events${path}`, { headers })
        assert.deepStrictEqual(eventsOf(rest.text), events.slice(3))
      }
      assert.strictEqual((yield* ask(`/releases/one/events?after=${events.at(-1)?.id}`)).status, 204)
      // A place of another book, as of a store in memory before the bot was started anew.
      const beyond = yield* ask("/releases/one/events", { headers: { "last-event-id": "4711" } })
      assert.deepStrictEqual(eventsOf(beyond.text), events)
      assert.strictEqual((yield* ask("/releases/none/events")).status, 404)
    }).pipe(Effect.provide(layer())))

  it.effect("says how the bot is to everybody, and ends its streams when it drains", () =>
    Effect.gen(function*() {
      const bot = yield* ReleaseBot
      const health = ask("/health", { token: null })
      assert.deepInclude(yield* health, { status: 200, json: { status: "ok", paused: null, unfinished: 0 } })
      yield* submit("one", { approval: true })
      assert.deepInclude((yield* health).json, { unfinished: 1 })
      const stream = yield* Effect.forkChild(ask("/events"))
      yield* TestClock.withLive(Effect.sleep("50 millis"))
      yield* bot.drain
      assert.include((yield* Fiber.join(stream)).text, "event: Queued")
      const after = yield* health
      assert.deepInclude({ status: after.status, said: after.json.status }, { status: 503, said: "draining" })
      assert.strictEqual((yield* submit("two")).status, 503)
    }).pipe(Effect.provide(layer())))

  it.effect("is what its OpenAPI document and its typed client say", () =>
    Effect.gen(function*() {
      const document = yield* ask("/openapi.json", { token: null })
      assert.deepStrictEqual(document.json, JSON.parse(JSON.stringify(openApi())))
      const client = yield* HttpApiClient.make(BotApi, { baseUrl: yield* base })
      const run = { deploymentConfigId: "d", multiplayerTestId: "t" }
      const taken = yield* client.releases.submit({
        payload: { releaseId: ReleaseId.make("one"), source: { _tag: "Build", buildId: BuildId.make("build-1") }, run }
      })
      assert.strictEqual(taken.releaseId, "one")
      yield* Durable.until(isEnded, "one")
      const params = { releaseId: taken.releaseId }
      const events = yield* client.releases.events({ params, query: {}, headers: {} })
      const seen = yield* Stream.runCollect(events ?? Stream.empty)
      assert.strictEqual(seen.at(-1)?.data.event._tag, "Ended")
      const unknown = client.releases.get({ params: { releaseId: ReleaseId.make("none") } })
      assert.strictEqual((yield* Effect.flip(unknown))._tag, "ReleaseUnknown")
      assert.strictEqual((yield* ask("/nothing")).status, 404)
    }).pipe(
      Effect.provide([BotAccess.layerClient(Redacted.make(token)), NodeHttpClient.layerUndici]),
      Effect.provide(layer())
    ))
})
