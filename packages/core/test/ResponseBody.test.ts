import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ResponseBody from "../src/ResponseBody.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Runs from "./fixtures/Runs.ts"
import { calls, fast, withPolicy } from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import { serve } from "./support/HttpFixture.ts"

const capped = Effect.provideService(ResponseBody.MaxBytes, 1_000_000)

describe("MaxBytes", () => {
  it("is 16 MiB", () => {
    assert.strictEqual(ResponseBody.MaxBytes.defaultValue(), 16_777_216)
  })

  it.live("ends an endless body: the connection is dropped, and nothing is asked again", () =>
    Effect.gen(function*() {
      const server = yield* serve("endless")
      const error = yield* calls["runs.list"](yield* connect(server.url)).pipe(Effect.flip, capped, withPolicy(fast))
      assert.include(error, { _tag: "UnexpectedResponse", status: 200, reason: "TooLarge", sent: "yes", attempts: 1 })
      assert.strictEqual(
        error.message,
        "Cannot list runs: unexpected answer (200): The body is longer than 1000000 bytes"
      )
      yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => server.dropped.length > 0, times: 100 }))
      assert.strictEqual(server.dropped.length, 1)
      assert.strictEqual(server.asked.length, 1)
    }))

  it.effect("holds for a length that is declared too", () =>
    Effect.gen(function*() {
      const body = JSON.stringify({ data: "x".repeat(2_000_000) })
      const server = yield* serve({ status: 200, body, headers: { "content-length": String(body.length) } })
      const error = yield* calls["runs.get"](yield* connect(server.url)).pipe(Effect.flip, capped)
      assert(error._tag === "UnexpectedResponse")
      assert.strictEqual(error.reason, "TooLarge")
      assert.isAtMost(error.body.length, 2048)
    }))

  it.effect("holds for refusals too", () =>
    Effect.gen(function*() {
      const server = yield* serve({ status: 404, body: { error: "x".repeat(2_000_000) } })
      const error = yield* calls["runs.get"](yield* connect(server.url)).pipe(Effect.flip, capped)
      assert.include(error, { _tag: "UnexpectedResponse", status: 404, reason: "TooLarge" })
    }))

  it.effect("lets shorter bodies through, whether their length is declared or not", () =>
    Effect.gen(function*() {
      const body = JSON.stringify(Runs.list)
      for (const headers of [{}, { "content-length": String(body.length) }]) {
        const server = yield* serve({ status: 200, body, headers })
        yield* calls["runs.list"](yield* connect(server.url)).pipe(capped, withPolicy(RetryPolicy.never))
      }
    }))
})
