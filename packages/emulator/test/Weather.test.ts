import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { Emulator } from "../src/Emulator.ts"
import type { Storm } from "../src/Storm.ts"
import { type Body, connect, hashing, onBoth } from "./support/Emulators.ts"
import { askWithKey } from "./support/Plain.ts"
import { start } from "./support/Runs.ts"
import {
  bytesOf,
  initiateMultipart,
  initiateSingle,
  md5,
  partOf,
  partSize,
  put,
  putPart,
  putParts,
  upload,
  uploadUrlOf,
  urlOf
} from "./support/Uploads.ts"

const bring = (...storms: ReadonlyArray<Storm>) => Effect.flatMap(Emulator, ({ weather }) => weather.add(...storms))

const file = bytesOf(2500)

/** A PUT of one part, and what became of it: a status, or that the connection was dropped. */
const tryPut = (url: string, bytes: Uint8Array) =>
  put(url, bytes).pipe(
    Effect.map(({ status }) => status as number | string),
    Effect.catchTag("HttpClientError", ({ reason }) => Effect.succeed(reason._tag))
  )

const storedOf = Effect.fnUntraced(function*(buildId: string) {
  const { stored } = yield* Emulator
  return (yield* stored(buildId))?.md5
})

const asks = (path: string) => Effect.map(askWithKey({ path }), ({ status }) => status)

onBoth("weather", { partSize }, (test) => {
  test("answers 503 to the next two PUTs of part 3, and to nothing else", function*() {
    const nunu = yield* connect()
    yield* bring({ kind: "answer", status: 503, times: 2, when: { origin: "storage", method: "PUT", part: 3 } })
    const ticket = yield* initiateMultipart(nunu, file.length)
    const url = yield* urlOf(nunu, ticket, 3)
    const refused = yield* put(url, partOf(file, 3))
    assert.deepInclude(refused, { status: 503, etag: null })
    assert.include(refused.text, "<Code>SlowDown</Code>")
    yield* putPart(nunu, ticket, file, 1)
    assert.strictEqual(yield* tryPut(url, partOf(file, 3)), 503)
    const parts = yield* putParts(nunu, ticket, file)
    yield* nunu.builds.completeUpload({ ...ticket, parts })
    assert.strictEqual(yield* storedOf(ticket.buildId), md5(file))
  })

  test("drops the connection after 1 MiB: nothing is stored, and the next try is", function*() {
    const big = bytesOf(3 * 2 ** 20)
    const nunu = yield* connect()
    const ticket = yield* initiateSingle(nunu, big.length)
    yield* bring({ kind: "drop", afterBytes: 2 ** 20, when: { origin: "storage" } })
    assert.strictEqual(yield* tryPut(uploadUrlOf(ticket), big), "TransportError")
    const [open] = yield* (yield* Emulator).uploads
    assert.strictEqual(open?.etags.size, 0)
    assert.strictEqual(yield* tryPut(uploadUrlOf(ticket), big), 200)
    yield* nunu.builds.completeUpload({ buildId: ticket.buildId })
    assert.strictEqual(yield* storedOf(ticket.buildId), md5(big))
  })

  test("executes a start and loses the answer", function*() {
    const nunu = yield* connect()
    yield* bring({ kind: "lose", when: { method: "POST", path: "/runs" } })
    const error = yield* Effect.flip(start(nunu))
    assert.deepInclude(error, { _tag: "NetworkError", sent: "maybe" })
    assert.strictEqual((yield* (yield* Emulator).jobs).length, 1)
  })

  test("executes a completion and answers 500", function*() {
    const nunu = yield* connect()
    yield* bring({ kind: "answer", status: 500, executed: true, when: { path: "/builds/upload/complete" } })
    assert.strictEqual((yield* Effect.flip(upload(nunu, file)))._tag, "ServerError")
    const [build] = yield* (yield* Emulator).builds
    assert.strictEqual(yield* storedOf(build?.id ?? ""), md5(file))
  })

  test("answers 429 with Retry-After in seconds and as a date", function*() {
    const nunu = yield* connect()
    const limited = { kind: "answer", status: 429, retryAfter: 30 } as const
    yield* bring(limited, { ...limited, retryAfterAs: "date" })
    const response = yield* HttpClient.get(`${(yield* Emulator).baseUrl}/runs`)
    assert.deepInclude(response.headers, { "retry-after": "30" })
    const error = yield* Effect.flip(nunu.runs.list())
    assert.strictEqual(error._tag, "TooManyRequests")
    if (error._tag === "TooManyRequests") assert.strictEqual(error.retryAt?.epochMilliseconds, 30_000)
  })

  test("answers with HTML in place of JSON", function*() {
    const nunu = yield* connect()
    yield* bring({ kind: "html" })
    const error = yield* Effect.flip(nunu.runs.list())
    assert.deepInclude(error, { _tag: "UnexpectedResponse", status: 200 })
    yield* bring({ kind: "html", status: 502 })
    const { status, text, type } = yield* askWithKey({ path: "/api/v1/runs" })
    assert.deepStrictEqual([status, type?.split(";")[0]], [502, "text/html"])
    assert.match(text, /^<!doctype html>/)
  })

  test("truncates JSON in the middle", function*() {
    const nunu = yield* connect()
    const whole = yield* askWithKey({ path: "/api/v1/runs" })
    yield* bring({ kind: "truncate", times: 2 })
    const { status, text } = yield* askWithKey({ path: "/api/v1/runs" })
    assert.strictEqual(status, 200)
    assert.strictEqual(text, whole.text.slice(0, Math.floor(whole.text.length / 2)))
    assert.strictEqual((yield* Effect.flip(nunu.runs.list()))._tag, "UnexpectedResponse")
  })

  test("gives a wrong ETag, and none, for bytes that are stored all the same", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const url = yield* urlOf(nunu, ticket, 1)
    yield* bring({ kind: "etag", value: "0000" }, { kind: "etag", value: null })
    assert.deepInclude(yield* put(url, partOf(file, 1)), { status: 200, etag: "\"0000\"" })
    assert.deepInclude(yield* put(url, partOf(file, 1)), { status: 200, etag: null })
    const [open] = yield* (yield* Emulator).uploads
    assert.strictEqual(open?.etags.get(1), md5(partOf(file, 1)))
  })

  test("answers with the body, type and status that a storm says", function*() {
    yield* bring({ kind: "answer", status: 418, body: "tea", contentType: "text/plain" })
    const { status, text, type } = yield* askWithKey({ path: "/api/v1/runs" })
    assert.deepStrictEqual([status, text, type?.split(";")[0]], [418, "tea", "text/plain"])
  })

  test("skips requests, then meets as many as it says, by method and path", function*() {
    yield* bring({ kind: "answer", status: 500, skip: 1, times: 2, when: { method: "GET", path: "/j*s" } })
    const statuses = yield* Effect.forEach(["runs", "jobs", "jobs", "jobs", "jobs"], (path) => asks(`/api/v1/${path}`))
    assert.deepStrictEqual(statuses, [200, 200, 500, 500, 200])
    yield* bring({ kind: "answer", status: 503, times: "always" })
    assert.deepStrictEqual(yield* Effect.forEach(["runs", "jobs"], (path) => asks(`/api/v1/${path}`)), [503, 503])
    yield* (yield* Emulator).weather.clear
    assert.strictEqual(yield* asks("/api/v1/jobs"), 200)
  })

  test("is told in the log, and does not touch what is about the emulator", function*() {
    yield* bring({ kind: "answer", status: 503, times: "always" })
    yield* asks("/api/v1/runs")
    assert.strictEqual(yield* asks("/_emulator/requests"), 200)
    const requests = yield* (yield* Emulator).requests
    assert.deepStrictEqual(requests.map(({ status, weather }) => ({ status, weather })), [
      { status: 503, weather: ["answer 503"] }
    ])
  })
})

describe("weather that takes time", () => {
  const inTime = (name: string, body: Body) =>
    it.effect(name, () => Effect.gen(body).pipe(Effect.provide(hashing({ partSize }))))

  /** Seconds after which a request is answered. */
  const secondsOf = Effect.fnUntraced(function*<A, E, R>(request: Effect.Effect<A, E, R>) {
    const fiber = yield* Effect.forkChild(request)
    for (let tenths = 0; tenths < 1000; tenths++) {
      yield* TestClock.adjust(tenths === 0 ? 0 : 100)
      if (fiber.pollUnsafe() !== undefined) return tenths / 10
    }
    yield* Fiber.interrupt(fiber)
    return Infinity
  })

  inTime("delays each request", function*() {
    yield* bring({ kind: "latency", seconds: 2.5, times: 2 })
    const nunu = yield* connect()
    assert.strictEqual(yield* secondsOf(nunu.runs.list()), 2.5)
    assert.strictEqual(yield* secondsOf(nunu.runs.list()), 2.5)
    assert.strictEqual(yield* secondsOf(nunu.runs.list()), 0)
  })

  inTime("sends a body at so many bytes a second, and takes one so", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, file.length)
    const url = yield* urlOf(nunu, ticket, 1)
    yield* bring({ kind: "slow", bytesPerSecond: 200, when: { method: "PUT" } })
    assert.strictEqual(yield* secondsOf(put(url, partOf(file, 1))), 5)
    const { text } = yield* askWithKey({ path: "/api/v1/runs" })
    yield* bring({ kind: "slow", bytesPerSecond: text.length / 3 })
    assert.strictEqual(yield* secondsOf(askWithKey({ path: "/api/v1/runs" })), 3)
  })

  inTime("stalls for ever, or for a while", function*() {
    yield* bring({ kind: "stall" }, { kind: "stall", seconds: 7 })
    const request = HttpClient.execute(
      HttpClientRequest.get(`${(yield* Emulator).baseUrl}/runs`)
    )
    assert.strictEqual(yield* secondsOf(request), Infinity)
    assert.strictEqual(yield* secondsOf(request), 7)
  })

  inTime("adds up: a slow line in an outage", function*() {
    yield* bring({ kind: "latency", seconds: 1, times: "always" }, { kind: "answer", status: 503 })
    assert.strictEqual(yield* secondsOf(asks("/api/v1/runs")), 1)
    const [request] = yield* (yield* Emulator).requests
    assert.deepStrictEqual(request?.weather, ["latency 1 s", "answer 503"])
  })

  inTime("comes and goes by the Clock", function*() {
    yield* bring({ kind: "answer", status: 503, times: "always", fromSecond: 60, untilSecond: 120 })
    const seen: Array<number> = []
    for (let minute = 0; minute < 4; minute++) {
      seen.push(yield* asks("/api/v1/runs"))
      yield* TestClock.adjust("59 seconds")
      seen.push(yield* asks("/api/v1/runs"))
      yield* TestClock.adjust("1 second")
    }
    assert.deepStrictEqual(seen, [200, 200, 503, 503, 200, 200, 200, 200])
  })
})

describe("weather by chance", () => {
  /** Lets time pass until an effect is done. */
  const hurried = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

  const hundred = Effect.gen(function*() {
    yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.ignore(asks("/api/v1/runs")))
    return (yield* (yield* Emulator).requests).map(({ weather }) => weather.join())
  })

  it.effect("meets about as many requests as its chance says, the same ones each time", () =>
    Effect.gen(function*() {
      const storm: Storm = { kind: "answer", status: 500, times: "always", chance: 0.3 }
      const once = Effect.provide(hundred, hashing({ weather: [storm] }))
      const [one, two] = yield* Effect.all([once, once])
      assert.deepStrictEqual(one, two)
      const met = one.filter((weather) => weather !== "").length
      assert.isTrue(met > 15 && met < 45, String(met))
    }))

  it.effect("repeats with its seed, differs with another, and meets nothing three times in a row", () =>
    Effect.gen(function*() {
      const of = (seed: number) => Effect.provide(hundred, hashing({ randomWeather: { seed, chance: 0.5 } }))
      const [one, again, other] = yield* hurried(Effect.all([of(1), of(1), of(2)]))
      assert.deepStrictEqual(one, again)
      assert.notDeepEqual(one, other)
      assert.isTrue(new Set(one).size > 10)
      assert.isFalse(one.some((weather, index) => weather !== "" && one[index + 1] !== "" && one[index + 2] !== ""))
    }))
})
