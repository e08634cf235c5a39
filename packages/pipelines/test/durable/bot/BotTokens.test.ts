import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as BotTokens from "../../../src/durable/bot/BotTokens.ts"

const layer = (...names: ReadonlyArray<string>) =>
  BotTokens.layer(names.map((name) => ({ name, token: Redacted.make(`token of ${name}`) }))).pipe(
    Layer.provide(NodeCrypto.layerMac)
  )

const opened = Effect.gen(function*() {
  const { openSession } = yield* BotTokens.BotTokens
  return (yield* openSession(Redacted.make("token of ana"))) ?? (yield* Effect.die("no session"))
})

const ownerOf = (session: Redacted.Redacted) => BotTokens.BotTokens.use((tokens) => tokens.ownerOfSession(session))

describe("a session", () => {
  it.effect("is its owner's, at every process with the same token, for a working day", () =>
    Effect.gen(function*() {
      const session = yield* opened.pipe(Effect.provide(layer("ana")))
      const elsewhere = ownerOf(session).pipe(Effect.provide(layer("bo", "ana")))
      assert.strictEqual(yield* elsewhere, "ana")
      yield* TestClock.adjust(`${BotTokens.sessionSeconds - 1} seconds`)
      assert.strictEqual(yield* elsewhere, "ana")
      yield* TestClock.adjust("2 seconds")
      assert.isNull(yield* elsewhere)
    }))

  it.effect("ends with the token that opened it", () =>
    Effect.gen(function*() {
      const session = yield* opened.pipe(Effect.provide(layer("ana")))
      const other = BotTokens.layer([{ name: "ana", token: Redacted.make("a new token of ana") }])
      assert.isNull(yield* ownerOf(session).pipe(Effect.provide(other.pipe(Layer.provide(NodeCrypto.layerMac)))))
    }))
})

describe("a token", () => {
  it.effect("has an owner, and nothing is nobody's", () =>
    Effect.gen(function*() {
      const { ownerOf } = yield* BotTokens.BotTokens
      const owners = yield* Effect.forEach(["token of ana", "token of bo", "token of cy", ""], (token) =>
        ownerOf(Redacted.make(token)))
      assert.deepStrictEqual(owners, ["ana", "bo", null, null])
    }).pipe(Effect.provide(layer("ana", "bo"))))
})
