import { assert, describe, it } from "@effect/vitest"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Clock, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { startRun } from "../src/StartRun.ts"
import { jobId, startRequest } from "./support/Fixtures.ts"
import { during, isInterrupted, passToEnd } from "./support/TestTime.ts"

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
  const layer = Nunu.layer({ apiKey: Redacted.make("nunu_test") }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
    Layer.orDie
  )
  return { at, listedAt, program: startRun(startRequest).pipe(Effect.provide(layer)) }
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
      assert.strictEqual((yield* Effect.flip(passToEnd(program)))._tag, "StartUncertain")
      assert.deepStrictEqual(at, [0])
      assert.isAbove(listedAt.length, 20)
    }))
})
