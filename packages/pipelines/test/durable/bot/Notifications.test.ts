import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Webhook from "@nunu-effect/core/Webhook"
import { Clock, Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"
import type { Notification } from "../../../src/durable/bot/Notification.ts"
import * as Notifications from "../../../src/durable/bot/Notifications.ts"
import type { Sink } from "../../../src/durable/bot/NotificationSink.ts"
import * as ReleaseLogMemory from "../../../src/durable/ReleaseLogMemory.ts"
import { bug, ended, receiver, type Reply } from "../support/Book.ts"

const secret = Redacted.make("of the receiver")

const webhook = (url: string, name = "ci"): Sink => ({ type: "webhook", name, url: Redacted.make(url), secret })

const memory = Layer.mergeAll(ReleaseLogMemory.layer, KeyValueStore.layerMemory, NodeCrypto.layerMac).pipe(Layer.fresh)

interface Sent {
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** A network in which every answer comes at once: `cut` is a connection that breaks, `hang` one that says nothing. */
const network = (reply: (before: number) => Reply | "cut" | "hang") => {
  const received: Array<Sent> = []
  const client = HttpClient.make((request) =>
    Effect.suspend(() => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const answer = reply(received.push({ url: request.url, headers: request.headers, body }) - 1)
      if (answer === "hang") return Effect.never
      return answer === "cut"
        ? Effect.fail(
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause: "cut" }) })
        )
        : Effect.succeed(
          HttpClientResponse.fromWeb(
            request,
            new Response(answer.body ?? null, { status: answer.status, headers: answer.headers ?? {} })
          )
        )
    })
  )
  return { received, client }
}

/** Longer than the longest wait between two attempts. */
const quiet = TestClock.adjust("1 hour")

const bodyOf = (received: { readonly body: string } | undefined): Notification => JSON.parse(received?.body ?? "null")

const told = (received: ReadonlyArray<{ readonly body: string }>) =>
  received.map((one) => bodyOf(one).bugs.map(({ bugId }) => bugId))

/** Begins to notify before anything has ended. */
const begun = Effect.fnUntraced(function*(reply: (before: number) => Reply | "cut" | "hang" = () => ({ status: 204 })) {
  const { client, received } = network(reply)
  const start = Effect.gen(function*() {
    const fiber = yield* Effect.forkScoped(Notifications.run([webhook("https://receiver.test/hook")])).pipe(
      Effect.provideService(HttpClient.HttpClient, client)
    )
    yield* TestClock.adjust("1 second")
    return fiber
  })
  return { received, start, fiber: yield* start }
})

describe("notifications", () => {
  it.live("tell of new bugs in a signed body that the vendor's way of checking takes, and follow no redirect", () =>
    Effect.gen(function*() {
      const { received, url } = yield* receiver((_, before) =>
        before === 0 ? { status: 307, headers: { location: "/elsewhere" } } : { status: 204 }
      )
      yield* Effect.forkScoped(
        Notifications.run([webhook(`${url}/hook`)], { publicUrl: "https://bot.example/" })
      )
      yield* Effect.sleep("50 millis")
      yield* ended("game-1", [bug("b1", { title: "Falls\u202e through\nthe bridge" }), bug("b2", { known: true })], {
        branch: "main"
      })
      while (received.length < 2) yield* Effect.sleep("5 millis")
      assert.deepStrictEqual(received.map(({ path }) => path), ["/hook", "/hook"])
      const [one] = received
      assert.strictEqual(one?.method, "POST")
      assert.strictEqual(one?.path, "/hook")
      const signature = one?.headers[Webhook.signatureHeader]
      const byHand = `sha256=${createHmac("sha256", Redacted.value(secret)).update(one?.body ?? "").digest("hex")}`
      assert.strictEqual(signature, byHand)
      assert.deepStrictEqual(
        yield* Webhook.verify({ secret, signature: byHand, body: one?.body ?? "" }),
        JSON.parse(one?.body ?? "")
      )
      assert.strictEqual(one?.headers["idempotency-key"], "game-1:2")
      assert.strictEqual(one?.headers["traceparent"], undefined)
      assert.deepStrictEqual(bodyOf(one), {
        schemaVersion: 1,
        type: "release.new-bugs",
        id: "game-1:2",
        at: bodyOf(one).at,
        release: {
          releaseId: "game-1",
          branch: "main",
          status: "failed",
          summary: "1 run, 1 bug of severity high",
          buildId: null,
          url: "https://bot.example/view/game-1"
        },
        bugs: [{
          bugId: "b1",
          title: "Falls through the bridge",
          severity: "high",
          category: "gameplay",
          blocking: true
        }]
      })
    }).pipe(Effect.provide([memory, FetchHttpClient.layer, Logger.layer([])])))

  it.effect("tell of a bug once for each branch, and not of those that the baseline knows", () =>
    Effect.gen(function*() {
      const { received } = yield* begun()
      yield* ended("a", [bug("b1")], { branch: "main" })
      yield* ended("b", [bug("b1"), bug("known", { known: true })], { branch: "main" })
      yield* ended("c", [bug("b1")], { branch: "other" })
      yield* ended("d", [bug("b1")])
      yield* ended("e", [bug("b1"), bug("b2"), bug("b2")], { branch: "main", status: "passed" })
      yield* ended("f", [bug("known")], { branch: "main" }) // its day in the baseline is over
      yield* quiet
      assert.deepStrictEqual(told(received), [["b1"], ["b1"], ["b1"], ["b2"], ["known"]])
      assert.deepStrictEqual(
        received.map((one) => bodyOf(one).release.releaseId),
        ["a", "c", "d", "e", "f"]
      )
    }).pipe(Effect.provide(memory)))

  it.effect("try again, later each time, with the same id, while the receiver is away", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const clock = yield* Clock.Clock
      const { received } = yield* begun((before) => {
        times.push(clock.currentTimeMillisUnsafe())
        return before < 3 ? "cut" : before < 12 ? { status: 503 } : { status: 200 }
      })
      yield* ended("a", [bug("b1")])
      yield* quiet
      assert.strictEqual(received.length, 13)
      const waits = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000)
      waits.forEach((wait, index) => {
        const longest = Math.min(2 ** index, 300)
        assert.isTrue(wait >= longest * 0.8 - 0.001 && wait <= longest, `${wait} of ${longest}`)
      })
      assert.strictEqual(new Set(received.map(({ body, headers }) => `${headers["idempotency-key"]} ${body}`)).size, 1)
      assert.match(yield* PrometheusMetrics.format(), /nunu_bot_notifications\{sink="ci",outcome="sent"\} \d/)
    }).pipe(Effect.provide(memory)))

  it.effect("wait as long as the receiver wants, and no longer than an hour", () =>
    Effect.gen(function*() {
      const { received } = yield* begun((before) =>
        before < 2
          ? { status: 429, headers: { "retry-after": before === 0 ? "600" : "1000000" } }
          : { status: 200 }
      )
      yield* ended("a", [bug("b1")])
      yield* TestClock.adjust("599 seconds")
      assert.strictEqual(received.length, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(received.length, 2)
      yield* TestClock.adjust("3599 seconds")
      assert.strictEqual(received.length, 2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(received.length, 3)
    }).pipe(Effect.provide(memory)))

  it.effect("give up a message that is refused, and it alone", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const { received } = yield* begun((before) =>
        before < 5 ? { status: 422, body: "no\u001b[31m" } : { status: 200 }
      )
        .pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push(String(message)))])))
      yield* ended("a", [bug("b1")])
      yield* ended("b", [bug("b2")])
      yield* quiet
      assert.deepStrictEqual(told(received), [["b1"], ["b1"], ["b1"], ["b1"], ["b1"], ["b2"]])
      assert.isTrue(
        lines.some((line) => line.includes("gives it up: it answered 422 \"no\"; bugs b1")),
        lines.join()
      )
    }).pipe(Effect.provide(memory)))

  it.effect("go on after a restart: what was not taken is sent then, with the same id, and nothing twice", () =>
    Effect.gen(function*() {
      let away = true
      const { fiber, received, start } = yield* begun(() => away ? { status: 502 } : { status: 200 })
      yield* ended("a", [bug("b1")])
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.interrupt(fiber)
      away = false
      yield* ended("b", [bug("b1"), bug("b2")])
      const second = yield* start
      yield* quiet
      yield* Fiber.interrupt(second)
      yield* start
      yield* quiet
      assert.deepStrictEqual(told(received), [["b1"], ["b1"], ["b1"], ["b1"], ["b2"]])
      assert.strictEqual(new Set(received.map(({ headers }) => headers["idempotency-key"])).size, 2)
    }).pipe(Effect.provide(memory)))

  it.effect("hold what ended before the first time for told", () =>
    Effect.gen(function*() {
      yield* ended("old", [bug("b1")])
      yield* TestClock.adjust("1 day")
      const { received } = yield* begun()
      yield* ended("new", [bug("b1"), bug("b2")])
      yield* quiet
      assert.deepStrictEqual(told(received), [["b2"]])
    }).pipe(Effect.provide(memory)))

  it.effect("of one receiver do not wait for another's, and no log names where they go", () =>
    Effect.gen(function*() {
      const { client, received } = network((before) => before % 2 === 0 ? "cut" : { status: 200 })
      const sinks: ReadonlyArray<Sink> = [
        webhook("https://gone.test/T0", "gone"),
        { type: "slack", name: "team", url: Redacted.make("https://slack.test/services/T0/B0/xyz") }
      ]
      const lines: Array<string> = []
      yield* Effect.forkScoped(Notifications.run(sinks)).pipe(
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push(String(message)))]))
      )
      yield* TestClock.adjust("1 second")
      yield* ended("a", [bug("b1", { title: "<!channel> *all* & more" })])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(received.map(({ url }) => url.slice(0, 18)), ["https://gone.test/", "https://slack.test"])
      const { blocks, text } = JSON.parse(received[1]?.body ?? "")
      assert.strictEqual(text, "1 new bug in a: failed")
      assert.strictEqual(blocks[2].text.text, "high · gameplay · fails the gate\n&lt;!channel&gt; *all* &amp; more")
      assert.strictEqual(received[1]?.headers[Webhook.signatureHeader], undefined)
      assert.isNotEmpty(lines)
      assert.notMatch(lines.join(), /\.test|T0/)
    }).pipe(Effect.provide(memory)))

  it.effect("are sent again when nobody answers in time", () =>
    Effect.gen(function*() {
      const { received } = yield* begun(() => "hang")
      yield* ended("a", [bug("b1")])
      yield* TestClock.adjust("14 seconds")
      assert.strictEqual(received.length, 1)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(received.length, 2)
    }).pipe(Effect.provide(memory)))
})
