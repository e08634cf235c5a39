import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric, Tracer } from "effect"
import { TestClock } from "effect/testing"
import * as NunuApi from "../src/NunuApi.ts"
import * as Telemetry from "../src/Telemetry.ts"
import * as Runs from "./fixtures/Runs.ts"
import * as Uploads from "./fixtures/Uploads.ts"
import type { Call } from "./support/Client.ts"
import { buildId, calls, runId, scripted } from "./support/Client.ts"

/** Runs an effect with a fresh set of metrics; gives the spans that it made. */
const observed = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span(options) {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const fiber = yield* Effect.forkChild(Effect.exit(Effect.withTracer(effect, tracer)))
  yield* TestClock.adjust("1 hour")
  yield* Fiber.join(fiber)
  return spans
})

const fresh = Effect.provideService(Metric.MetricRegistry, new Map())

describe("a span", () => {
  it.effect("is made for each call, named after group and endpoint, above those of its attempts", () =>
    Effect.gen(function*() {
      for (const [name, call] of Object.entries<Call>(calls)) {
        const nunu = yield* scripted({ status: 404, body: { error: "No" } }).nunu
        const [span, attempt, ...rest] = yield* observed(call(nunu))
        assert.strictEqual(span?.name, `nunu.${name}`)
        assert.strictEqual(attempt?.parent._tag === "Some" ? attempt.parent.value.spanId : "", span?.spanId)
        assert.deepStrictEqual(rest, [])
      }
    }))

  it("has a name of its own for every endpoint of the contract", () => {
    const names = Object.values(NunuApi.NunuApi.groups).flatMap((group) =>
      Object.values(group.endpoints).map((endpoint) => Telemetry.observedOf(endpoint).span)
    )
    assert.strictEqual(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^nunu\.[a-z]\w*\.[a-z]\w*$/i)
  })

  it.effect("tells ids, status and attempts", () =>
    Effect.gen(function*() {
      const run = scripted({ status: 500, body: { error: "Oops" } }, { status: 200, body: Runs.latest })
      const [get] = yield* observed((yield* run.nunu).runs.get(runId))
      assert.deepInclude(Object.fromEntries(get?.attributes ?? []), {
        "nunu.run.id": runId,
        "nunu.attempts": 2,
        "http.response.status_code": 200
      })
      const answers: ReadonlyArray<readonly [Call, unknown]> = [
        [calls["builds.get"], Uploads.build],
        [calls["builds.cancelUpload"], Uploads.cancelled]
      ]
      for (const [call, body] of answers) {
        const [span] = yield* observed(call(yield* scripted({ status: 200, body }).nunu))
        assert.strictEqual(span?.attributes.get("nunu.build.id"), buildId)
      }
      const [reserved] = yield* observed(
        calls["builds.initiateUpload"](yield* scripted({ status: 200, body: Uploads.single }).nunu)
      )
      assert.isString(reserved?.attributes.get("nunu.build.id"))
    }))

  it.effect("ends as a failure when the call does", () =>
    Effect.gen(function*() {
      const nunu = yield* scripted({ status: 404, body: { error: "No" } }).nunu
      const [span] = yield* observed(nunu.runs.get(runId))
      assert(span?.status._tag === "Ended")
      assert.strictEqual(span.status.exit._tag, "Failure")
    }))
})

describe("the counters", () => {
  it.effect("count attempts, retries and the milliseconds spent waiting for a 429", () =>
    Effect.gen(function*() {
      const tooMany = { status: 429, body: { error: "Too many" }, headers: { "retry-after": "30" } }
      const { nunu } = scripted(tooMany, tooMany, { status: 200, body: Runs.list })
      yield* observed((yield* nunu).runs.list())
      assert.strictEqual((yield* Metric.value(Telemetry.attempts)).count, 3)
      assert.strictEqual((yield* Metric.value(Telemetry.retries)).count, 2)
      assert.strictEqual((yield* Metric.value(Telemetry.throttled)).count, 60_000)
    }).pipe(fresh))

  it.effect("count the time of those who were held back by the 429 of another", () =>
    Effect.gen(function*() {
      const tooMany = { status: 429, body: { error: "Too many" }, headers: { "retry-after": "30" } }
      const client = yield* scripted(tooMany, { status: 200, body: Runs.list }).nunu
      const first = yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("10 seconds")
      const second = yield* Effect.forkChild(client.runs.list())
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      const { count } = yield* Metric.value(Telemetry.throttled)
      assert.isAtLeast(Number(count), 50_000)
      assert.isAtMost(Number(count), 51_000) // who is held back goes on up to a second later
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))
})
