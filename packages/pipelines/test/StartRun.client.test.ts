import { assert, describe, it } from "@effect/vitest"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Clock, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { startRun } from "../src/StartRun.ts"
import { jobId, startRequest } from "./support/Fixtures.ts"
import { during, isInterrupted, toEnd } from "./support/TestTime.ts"

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

/** The real client, over answers in turn, the last one for ever. `at` are the seconds of the requests. */
const clientOn = (...answers: readonly [Answer, ...Array<Answer>]) => {
  const at: Array<number> = []
  const http = HttpClient.make((request) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { body, headers = {}, status } = answers[Math.min(at.push(now / 1000), answers.length) - 1] ?? answers[0]
      return HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status, headers }))
    })
  )
  const layer = Nunu.layer({ apiKey: Redacted.make("nunu_test") }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
    Layer.orDie
  )
  return { at, program: startRun(startRequest).pipe(Effect.provide(layer)) }
}

describe("startRun, with the client's own policy", () => {
  it.effect("starts again when the server said it may", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn(wait("60"), wait("30"), queued)
      assert.deepStrictEqual((yield* toEnd(program)).jobIds, [jobId()])
      assert.deepStrictEqual(at, [0, 60, 90])
    }))

  it.effect("sends four requests in all to a server that only says 429", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn(wait("1"))
      const failure = yield* Effect.flip(toEnd(program))
      assert(failure._tag === "StartFailed")
      assert.strictEqual(failure.error._tag, "TooManyRequests")
      assert.strictEqual(at.length, 4)
    }))

  it.effect("does not wait for a server that wants an hour", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn(wait("3600"))
      assert.strictEqual((yield* Effect.flip(program))._tag, "StartFailed")
      assert.deepStrictEqual(at, [0])
    }))

  it.effect("can be interrupted while it waits, and starts nothing after that", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn(wait("60"), queued)
      const fiber = yield* Effect.forkChild(program)
      yield* TestClock.adjust("1 second")
      fiber.interruptUnsafe()
      assert.isTrue(isInterrupted(yield* during("1 second", Effect.flatten(Fiber.await(fiber)))))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(at, [0])
    }))

  it.effect("sends a start once that ended with a 500, and looks for it with the client's repeats", () =>
    Effect.gen(function*() {
      const { at, program } = clientOn({ status: 500, body: { error: "oops" } })
      assert.strictEqual((yield* Effect.flip(toEnd(program)))._tag, "StartUncertain")
      assert.isAbove(at.length, 20)
    }))
})
