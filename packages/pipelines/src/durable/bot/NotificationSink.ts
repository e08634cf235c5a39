/** Where notifications go, and how one gets there. Nothing here names the URL, which is a secret of its own with Slack. */
import { networkCode } from "@nunu-effect/core/NunuHttpClient"
import * as ResponseBody from "@nunu-effect/core/ResponseBody"
import * as RetryPolicy from "@nunu-effect/core/RetryPolicy"
import * as Webhook from "@nunu-effect/core/Webhook"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Mac from "effect/crypto/Mac"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { line } from "../../report/ReportText.ts"
import type { Notification } from "./Notification.ts"
import * as SecretSource from "./SecretSource.ts"
import * as SlackMessage from "./SlackMessage.ts"

const name = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._-]{1,50}$/, { expected: "1 to 50 letters, digits and . _ -" })
).annotate({
  description: "1 to 50 letters, digits and . _ -; under it the bot remembers what it has told"
})

/** Where notifications go, as the configuration says it. */
export const SinkConfig = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("webhook"),
    name,
    url: Schema.String.check(Schema.makeFilter((url) => isWebUrl(url) ? undefined : "Expected an http or https URL"))
      .annotate({ description: "Gets the notification as JSON" }),
    secret: SecretSource.SecretSource.annotate({ description: "The key of the signature" })
  }),
  Schema.Struct({
    type: Schema.Literal("slack"),
    name,
    url: SecretSource.SecretSource.annotate({
      description: "The URL of the incoming webhook: who has it can write to the channel"
    })
  })
]).annotate({ message: "Expected the type to be \"webhook\" or \"slack\"" })
export type SinkConfig = typeof SinkConfig.Type

/** A place that takes notifications. */
export type Sink =
  | {
    readonly type: "webhook"
    readonly name: string
    readonly url: Redacted.Redacted
    readonly secret: Redacted.Redacted
  }
  | { readonly type: "slack"; readonly name: string; readonly url: Redacted.Redacted }

/** Reads the secrets of a sink. */
export const fromConfig = Effect.fnUntraced(function*(
  config: SinkConfig
): Effect.fn.Return<Sink, SecretSource.SecretMissing, FileSystem.FileSystem> {
  if (config.type === "webhook") {
    const secret = yield* SecretSource.read(config.secret, `the secret of the notification "${config.name}"`)
    return { ...config, url: Redacted.make(config.url), secret }
  }
  const what = `the Slack URL of the notification "${config.name}"`
  const url = yield* SecretSource.read(config.url, what)
  return isWebUrl(Redacted.value(url))
    ? { ...config, url }
    : yield* new SecretSource.SecretMissing({ message: `Cannot use ${what}: it is no http or https URL` })
})

/** What came of one attempt. */
export type Attempt =
  | { readonly taken: true }
  | {
    readonly taken: false
    /** For a log: no URL, and at most a line of what the receiver said. */
    readonly why: string
    /** The receiver takes others, but not this one: to repeat it often helps nobody. */
    readonly refused: boolean
    /** How long the receiver wants to be left alone, in milliseconds. */
    readonly waitMillis: number
  }

/** Sends a notification once. Redirects are not followed: a signed body goes to nobody else. */
export const send = Effect.fnUntraced(function*(
  sink: Sink,
  notification: Notification
): Effect.fn.Return<Attempt, never, HttpClient.HttpClient | Mac.Mac> {
  const client = yield* HttpClient.HttpClient
  const body = JSON.stringify(sink.type === "slack" ? SlackMessage.render(notification) : notification)
  const signature = sink.type === "slack" ? undefined : yield* Webhook.sign({ secret: sink.secret, body })
  const request = HttpClientRequest.post(Redacted.value(sink.url)).pipe(
    HttpClientRequest.bodyText(body, "application/json"),
    HttpClientRequest.setHeaders({
      "idempotency-key": notification.id,
      "user-agent": "nunu-effect",
      ...(signature === undefined ? {} : { [Webhook.signatureHeader]: signature })
    })
  )
  const now = yield* Clock.currentTimeMillis
  return yield* client.execute(request).pipe(
    Effect.flatMap((response) =>
      Effect.map(
        Effect.orElseSucceed(
          Effect.flatMap(ResponseBody.read(response, 10_000), (whole) => whole.text),
          () => ""
        ),
        (said): Attempt => attemptOf(response, { said, now })
      )
    ),
    Effect.timeoutOrElse({
      duration: attemptTimeout,
      orElse: () => Effect.succeed(failed(`no answer within ${Duration.format(attemptTimeout)}`))
    }),
    Effect.catch((error) => Effect.succeed(failed(`no connection (${networkCode(error.cause) ?? error.reason._tag})`))),
    Effect.provideContext(privately)
  )
})

/** The longest that one attempt may take. */
const attemptTimeout = Duration.seconds(15)

const attemptOf = (
  response: { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>> },
  { now, said }: { readonly said: string; readonly now: number }
): Attempt => {
  const { status } = response
  if (status >= 200 && status < 300) return { taken: true }
  const wait = RetryPolicy.retryAfter(response, now)
  return {
    taken: false,
    why: `it answered ${status}${said === "" ? "" : ` ${JSON.stringify(line(said, 100))}`}`,
    refused: refusals.has(status),
    waitMillis: wait === null ? 0 : Duration.toMillis(wait)
  }
}

const failed = (why: string): Attempt => ({ taken: false, why, refused: false, waitMillis: 0 })

/** What says that this very message is not wanted. Anything else may pass, or be mended, at the receiver. */
const refusals: ReadonlySet<number> = new Set([400, 413, 415, 422])

/** No span, as it would hold the URL, and so no trace header for a stranger; no redirects. */
const privately = Context.make(HttpClient.TracerDisabledWhen, () => true).pipe(
  Context.add(FetchHttpClient.RequestInit, { redirect: "manual" })
)

const isWebUrl = (url: string): boolean => ["http:", "https:"].includes(URL.parse(url)?.protocol ?? "")
