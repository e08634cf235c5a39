import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createHmac } from "node:crypto"
import * as Webhook from "../src/Webhook.ts"
import { serve } from "./support/HttpFixture.ts"

const secret = Redacted.make("a secret of the dashboard")
const body = `{"run":{"id":"1g20ccrgksb"},"result":"SUCCESS","ünïcode":true}`
const sign = (text: string | Uint8Array, key = Redacted.value(secret)) =>
  createHmac("sha256", key).update(text).digest("hex")

const refusal = (options: Partial<Parameters<typeof Webhook.verify>[0]>) =>
  Webhook.verify({ secret, body, signature: `sha256=${sign(body)}`, ...options }).pipe(
    Effect.flip,
    Effect.map((error) => error.reason),
    Effect.provide(NodeCrypto.layerMac)
  )

describe("a webhook", () => {
  it.effect.each([`sha256=${sign(body)}`, sign(body), `sha256=${sign(body).toUpperCase()}`])(
    "signed with the secret gives its payload: %s",
    (signature) =>
      Effect.gen(function*() {
        const payload = yield* Webhook.verify({ secret, body, signature })
        assert.deepStrictEqual(payload, JSON.parse(body))
        assert.deepStrictEqual(
          yield* Webhook.verify({ secret, body: new TextEncoder().encode(body), signature }),
          JSON.parse(body)
        )
      }).pipe(Effect.provide(NodeCrypto.layerMac))
  )

  it.effect("signed by this library is what the vendor would have sent", () =>
    Effect.gen(function*() {
      const signature = yield* Webhook.sign({ secret, body })
      assert.strictEqual(signature, `sha256=${sign(body)}`)
      assert.strictEqual(yield* Webhook.sign({ secret, body: new TextEncoder().encode(body) }), signature)
      assert.deepStrictEqual(yield* Webhook.verify({ secret, signature, body }), JSON.parse(body))
    }).pipe(Effect.provide(NodeCrypto.layerMac)))

  it.live("is checked as it came over HTTP, whatever the case of its header", () =>
    Effect.gen(function*() {
      const { asked, url } = yield* serve({ status: 204 })
      const headers = { "X-Nexus-Signature-256": `sha256=${sign(body)}` }
      yield* Effect.promise(() => fetch(url, { method: "POST", headers, body }))
      const [received] = asked
      const signature = received?.headers[Webhook.signatureHeader]
      assert.isString(signature)
      const payload = yield* Webhook.verify({ secret, signature: String(signature), body: received?.body ?? "" })
      assert.deepStrictEqual(payload, JSON.parse(body))
    }).pipe(Effect.provide(NodeCrypto.layerMac)))

  it.effect("without a signature is refused", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal({ signature: undefined }), "SignatureMissing")
      assert.strictEqual(yield* refusal({ signature: "" }), "SignatureMissing")
    }))

  it.effect("with a signature that is not hex is refused", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal({ signature: "sha256=not hex" }), "SignatureMalformed")
    }))

  it.effect("is refused when signed with another secret, cut short, or changed by one byte", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal({ signature: `sha256=${sign(body, "another")}` }), "SignatureMismatch")
      assert.strictEqual(yield* refusal({ signature: `sha256=${sign(body).slice(0, 32)}` }), "SignatureMismatch")
      assert.strictEqual(yield* refusal({ body: `${body} ` }), "SignatureMismatch")
    }))

  it.effect("that is genuine but not JSON is refused", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal({ body: "<x/>", signature: sign("<x/>") }), "NotJson")
    }))
})
