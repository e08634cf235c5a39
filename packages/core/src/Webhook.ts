/**
 * Webhooks: the API's Action Triggers POST JSON at the end of a run, signed in `X-Nexus-Signature-256` when a secret is
 * set in the dashboard. Source: the vendor's page "Action Triggers" ("as GitHub does": `sha256=` and the HMAC-SHA256 of
 * the raw body in hex). The payload is not documented, so it stays open JSON.
 */
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** The header that carries the signature, in lower case as servers give it. */
export const signatureHeader = "x-nexus-signature-256"

/** A webhook that must not be trusted: unsigned, signed by somebody else, or not JSON. */
export class WebhookRefused extends Schema.TaggedError<WebhookRefused>()("WebhookRefused", {
  reason: Schema.Literals(["SignatureMissing", "SignatureMalformed", "SignatureMismatch", "NotJson"])
}) {
  override get message(): string {
    return `Cannot trust the webhook: ${words[this.reason]}`
  }
}

/**
 * Checks the signature of a webhook in constant time and gives its payload. `body` is the raw body, before anything
 * parsed it: other white space is another signature.
 *
 * ```ts
 * import { Webhook } from "@nunu-effect/core"
 * import { NodeCrypto } from "@effect/platform-node"
 * import { Effect, Redacted } from "effect"
 *
 * const payload = Webhook.verify({
 *   secret: Redacted.make("secret"),
 *   signature: "sha256=5a37adf08af7a73f73ed3ab28e3a5837ef2b8d4f8da0a5b17bc2cf9f1a1b8c7c",
 *   body: "{}"
 * })
 * const error = await Effect.runPromise(Effect.flip(payload).pipe(Effect.provide(NodeCrypto.layerMac)))
 * error.message // => "Cannot trust the webhook: it was signed with another secret, or changed on the way"
 * ```
 */
export const verify = Effect.fn("nunu.webhook.verify")(function*(options: {
  readonly secret: Redacted.Redacted
  /** The value of `X-Nexus-Signature-256`. */
  readonly signature: string | undefined
  readonly body: Uint8Array | string
}): Effect.fn.Return<Schema.Json, WebhookRefused, Mac.Mac> {
  const mac = yield* Mac.Mac
  const { body, secret, signature } = options
  if (signature === undefined || signature === "") return yield* new WebhookRefused({ reason: "SignatureMissing" })
  const tag = Hex.decode(signature.trim().replace(/^sha256=/, ""))
  if (Result.isFailure(tag)) return yield* new WebhookRefused({ reason: "SignatureMalformed" })
  const bytes = bytesOf(body)
  const genuine = yield* Effect.orDie(mac.verify(yield* keyOf(secret), tag.success, bytes))
  if (!genuine) return yield* new WebhookRefused({ reason: "SignatureMismatch" })
  return yield* Effect.mapError(
    Schema.decodeEffect(JsonText)(new TextDecoder().decode(bytes)),
    () => new WebhookRefused({ reason: "NotJson" })
  )
})

/** Signs a body as the vendor does: gives the value for `X-Nexus-Signature-256`, which `verify` takes. */
export const sign = Effect.fn("nunu.webhook.sign")(function*({ body, secret }: {
  readonly secret: Redacted.Redacted
  readonly body: Uint8Array | string
}): Effect.fn.Return<string, never, Mac.Mac> {
  const mac = yield* Mac.Mac
  return `sha256=${Hex.encode(yield* Effect.orDie(mac.sign(yield* keyOf(secret), bytesOf(body))))}`
})

const keyOf = (secret: Redacted.Redacted) => Effect.orDie(Mac.key(Mac.hmacSha256, bytesOf(Redacted.value(secret))))

const bytesOf = (body: Uint8Array | string): Uint8Array =>
  typeof body === "string" ? new TextEncoder().encode(body) : body

const JsonText = Schema.fromJsonString(Schema.Json)

const words = {
  SignatureMissing: `it has no ${signatureHeader} header`,
  SignatureMalformed: `its ${signatureHeader} header is not sha256= and hex digits`,
  SignatureMismatch: "it was signed with another secret, or changed on the way",
  NotJson: "its body is not JSON"
}
