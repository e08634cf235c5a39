import { assert, describe, it } from "@effect/vitest"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Clock, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import type { GivenUp } from "../src/GivenUp.ts"
import { startRun } from "../src/StartRun.ts"
import { jobId, startRequest } from "./support/Fixtures.ts"
import { during, failureOf, isInterrupted, passToEnd } from "./support/TestTime.ts"

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

const wait = (retryAfter: string): Answer => ({
  status: 429,
  headers: { "retry-after": retryAfter },
  body: { error: "Too many requests" }
})

const queued: Answer = { status: 201, body: { message: "queued", build_id: null, job_ids: [jobId()] } }

const nothing: Answer = {
  status: 200,
  body: { data: [], pagination: { page: 0, page_size: 100, total_count: 0, total_pages: 0 } }
}

/**
 * The real client, over answers to starts in turn, the last one for ever; `lists` is the answer to a list. `at` are the
 * seconds of the starts, `listedAt` those of the lists.
 */
const clientOn = (starts: readonly [Answer, ...Array<Answer>], lists = nothing) => {
  const at: Array<number> = []
  const listedAt: Array<number> = []
  const answerTo = (method: string, now: number): Answer => {
    if (method === "GET") listedAt.push(now / 1000)
    return method === "GET" ? lists : starts[Math.min(at.push(now / 1000), starts.length) - 1] ?? starts[0]
  }
  const http = HttpClient.make((request) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { body, headers = {}, status } = answerTo(request.method, now)
      return HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status, headers }))
    })
  )
  return { at, listedAt, program: startRun(startRequest).pipe(Effect.provide(clientOf(http))) }
}

const clientOf = (http: HttpClient.HttpClient) =>
  Nunu.layer({ apiKey: Redacted.make("nunu_test") }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
    Layer.orDie
  )

type Ask = (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<never, HttpClientError.HttpClientError>

const cut = (code: string): Ask => (request) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(code), { code }) })
    })
  )

/** A network that loses the answer to the start, and then is gone. */
const outages: ReadonlyArray<readonly [string, Ask]> = [
  ["no connection is made", cut("ECONNREFUSED")],
  [
    "a connection is made in vain for 10 seconds",
    (request) => Effect.andThen(Effect.sleep("10 seconds"), cut("UND_ERR_CONNECT_TIMEOUT")(request))
  ],
  ["nothing is answered", () => Effect.never]
]

const lostIn = (ask: Ask) => {
  const told: Array<GivenUp> = []
  const start = cut("UND_ERR_SOCKET")
  const http = HttpClient.make((request) =>
    request.url.endsWith("/runs") && request.method === "POST" ? start(request) : ask(request)
  )
  const program = startRun(startRequest, { onGivenUp: (givenUp) => Effect.sync(() => told.push(givenUp)) })
  return { told, program: program.pipe(Effect.provide(clientOf(http))) }
}

describe("startRun, with the client's own policy", () => {
  it.effect("starts again when the server said it may", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn([wait("60"), wait("30"), queued])
      assert.deepStrictEqual((yield* passToEnd(program)).jobIds, [jobId()])
      const [first, second = 0, third = 0] = at
      assert.strictEqual(first, 0)
      assert.isTrue(second >= 60 && third - second >= 30 && third < 100, at.join(", "))
    }))

  it.effect("sends four starts in all to a server that says 429 to them", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn([wait("1")])
      const failure = yield* Effect.flip(passToEnd(program))
      assert(failure._tag === "StartFailed")
      assert.strictEqual(failure.error._tag, "TooManyRequests")
      assert.strictEqual(at.length, 4)
    }))

  it.effect("sends one start and six questions after it to a server that says 429 to everything", () =>
    Effect.gen(function*() {
      const { at, listedAt, program } = clientOn([wait("1")], wait("1"))
      assert.strictEqual((yield* Effect.flip(passToEnd(program)))._tag, "StartFailed")
      assert.deepStrictEqual([at.length, listedAt.length], [1, 6])
    }))

  it.effect("does not wait for a server that wants an hour", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn([wait("3600")])
      assert.strictEqual((yield* Effect.flip(program))._tag, "StartFailed")
      assert.deepStrictEqual(at, [0])
    }))

  it.effect("can be interrupted while it waits, and starts nothing after that", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn([wait("60"), queued])
      const fiber = yield* Effect.forkChild(program)
      yield* TestClock.adjust("1 second")
      fiber.interruptUnsafe()
      assert.isTrue(isInterrupted(yield* during("1 second", Effect.flatten(Fiber.await(fiber)))))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [0])
    }))

  it.effect("sends a start once that ended with a 500, and looks for it with the client's repeats", () =>
    Effect.gen(function*() {
      const oops = { status: 500, body: { error: "oops" } }
      const { at, listedAt, program } = clientOn([oops], oops)
      assert.strictEqual((yield* failureOf(program))._tag, "StartUncertain")
      assert.deepStrictEqual(at, [0])
      assert.isAbove(listedAt.length, 20)
    }))
})

describe.each(outages)("a start whose answer is lost in an outage in which %s", (_, ask) => {
  it.effect("is looked for as long as the client repeats, and no longer than a few minutes", () =>
    Effect.gen(function*() {
      const { program } = lostIn(ask)
      assert.isUndefined(yield* during("30 seconds", program), "a short outage is survived")
      const exit = yield* during("12 minutes", program)
      assert(exit !== undefined && Exit.isFailure(exit))
    }))

  it.effect.each([1, 7, 40])(
    "is given up within 5 seconds when it is interrupted after %d, and its tag is told",
    (after) =>
      Effect.gen(function*() {
        const { program, told } = lostIn(ask)
        const fiber = yield* Effect.forkChild(program)
        yield* TestClock.adjust(`${after} seconds`)
        fiber.interruptUnsafe()
        yield* TestClock.adjust("5 seconds")
        assert.isTrue(isInterrupted(fiber.pollUnsafe()))
        assert.deepStrictEqual(told.map(({ _tag }) => _tag), ["Unknown"])
      })
  )
})
