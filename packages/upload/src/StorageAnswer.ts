/** What a PUT of a part came to: the storage has it, or why not, and whether another try makes sense. */
import { networkCode } from "@nunu-effect/core/NunuHttpClient"
import { redact } from "@nunu-effect/core/Redaction"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** The storage has taken a part. */
export interface Stored {
  /** As the storage gave it. */
  readonly etag: string
  /** Of the bytes that the storage got, in hex; null where its ETag is none, as with keys of KMS or of the customer. */
  readonly md5: string | null
}

/** One attempt at a part failed. */
export class PutFailed extends Data.TaggedError("PutFailed")<{
  /** Null when the connection broke, stood still or was never made. */
  readonly status: number | null
  /** The storage's words (`Code: Message`), or what happened to the connection. */
  readonly detail: string
  /** The URL is too old: a fresh one may work. */
  readonly expired: boolean
  /** Sending the same bytes again may work. */
  readonly retryable: boolean
  readonly retryAfter: Duration.Duration | null
}> {}

export type AnswerHeaders = Readonly<Record<string, string | undefined>>

/** Headers of an answer that say something about the part; all others can be left out. */
export const telling = [
  "etag",
  "retry-after",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-customer-algorithm"
] as const

/** Reads the storage's answer to a PUT: its ETag, or what its XML says went wrong. */
export const readAnswer = Effect.fnUntraced(function*(
  status: number,
  headers: AnswerHeaders,
  text: string
): Effect.fn.Return<Stored, PutFailed> {
  const etag = headers["etag"]
  const ok = status >= 200 && status < 300
  if (ok && etag !== undefined && !isEmptyTag(etag)) return { etag, md5: md5Of(etag, headers) }
  const code = tagOf(text, "Code")
  const message = tagOf(text, "Message")
  const expired = /^(ExpiredRequest|ExpiredToken)$/.test(code ?? "") || /request has expired/i.test(message ?? "")
  return yield* new PutFailed({
    status,
    detail: ok ? "the storage gave no ETag" : message === null ? code ?? "the storage refused" : `${code}: ${message}`,
    expired,
    // S3's own way to say 408: an upload that stood still must not be lost for it.
    retryable: ok || status === 429 || RetryPolicy.isTransientStatus(status) || code === "RequestTimeout",
    retryAfter: RetryPolicy.retryAfter({ headers }, yield* Clock.currentTimeMillis)
  })
})

/** Reads a presigned URL. What is none, or of another scheme, fails for good: to ask for it again would not help. */
export const targetOf = (url: Redacted.Redacted): Effect.Effect<URL, PutFailed> => {
  const target = URL.parse(Redacted.value(url))
  return target !== null && /^https?:$/.test(target.protocol) ? Effect.succeed(target) : Effect.fail(
    new PutFailed({
      status: null,
      detail: "the API gave something that is not a URL of http or https",
      expired: false,
      retryable: false,
      retryAfter: null
    })
  )
}

/** Tells a broken connection. Clients' own messages may hold the presigned URL, so URLs are taken out. */
export const connectionFailed = (cause: unknown): PutFailed => {
  const words = cause instanceof Error ? cause.message.replace(/https?:\/\/\S+/g, "<url>") : "no answer"
  const code = networkCode(cause)
  const detail = code === null || words.includes(code) ? words : `${code} ${words}`
  return new PutFailed({
    status: null,
    detail: `the connection failed: ${detail}`,
    expired: false,
    retryable: true,
    retryAfter: null
  })
}

/** Takes the secrets of a presigned URL out of words that came from its storage, or from somebody on the way. */
export const withoutSecrets = (text: string, url: Redacted.Redacted): string => {
  const params = Array.from(URL.parse(Redacted.value(url))?.searchParams ?? [])
  const secrets = params.filter(([name, value]) => isSecret.test(name) && value !== "").map(([, value]) => value)
  return redact(text, [...secrets, ...secrets.map(encodeURIComponent)])
}

const isSecret = /signature|token|credential|upload_?id/i

/** ETags come in quotes, and weak ones behind `W/`; the API wants them bare. */
export const withoutQuotes = (etag: string): string => etag.replace(/^W\//, "").replaceAll("\"", "")

/** An ETag of 32 hex digits is the MD5 of the bytes, but of what is encrypted with a key of somebody's own. */
const md5Of = (etag: string, headers: AnswerHeaders): string | null => {
  const bare = withoutQuotes(etag)
  const foreignKey = headers["x-amz-server-side-encryption"]?.startsWith("aws:kms") === true ||
    headers["x-amz-server-side-encryption-customer-algorithm"] !== undefined
  return /^[0-9a-f]{32}$/i.test(bare) && !foreignKey ? bare.toLowerCase() : null
}

/** A header with nothing in it acknowledges nothing: no part could be completed with it. */
const isEmptyTag = (etag: string): boolean => /^(W\/)?"*$/.test(etag)

const tagOf = (xml: string, tag: string): string | null =>
  new RegExp(`<${tag}>([^<]{1,500})</${tag}>`).exec(xml)?.[1] ?? null
