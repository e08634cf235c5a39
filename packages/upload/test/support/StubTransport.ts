/** A transport of parts that does what a test says, and writes down what it was given. */
import { Clock, Duration, Effect, Layer, Redacted } from "effect"
import { PartTransport } from "../../src/PartTransport.ts"
import { PutFailed, readAnswer } from "../../src/StorageAnswer.ts"
import type { SourceError } from "../../src/UploadSource.ts"

/** How one PUT ends: with an ETag, or a failure. `after` bytes of the body have gone by then, else all. */
export interface Outcome {
  readonly etag?: string
  readonly failure?: PutFailed | SourceError
  readonly after?: number
}

export interface Put {
  readonly url: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** The n-th PUT ends with the n-th outcome, the last one for ever. */
export const stubTransport = (...outcomes: readonly [Outcome, ...Array<Outcome>]) => {
  const puts: Array<Put> = []
  const layer = Layer.succeed(
    PartTransport,
    PartTransport.of({
      put: Effect.fnUntraced(function*(url, body) {
        const { after = body.size, etag = "\"an-etag\"", failure } = outcomes[puts.length] ?? outcomes.at(-1) ??
          outcomes[0]
        const bytes = new Uint8Array(after)
        puts.push({ url: Redacted.value(url), at: yield* Clock.currentTimeMillis, bytes })
        let position = 0
        while (position < after) {
          const got = yield* body.read(bytes.subarray(position, position + blockSize), position)
          yield* body.onSent(got)
          position += got
        }
        return failure === undefined ? yield* readAnswer(200, { etag }, "") : yield* failure
      })
    })
  )
  return { puts, layer }
}

const blockSize = 100

const failure = (fields: Partial<PutFailed>): Outcome => ({
  failure: new PutFailed({
    status: null,
    detail: "the connection failed: ECONNRESET",
    expired: false,
    retryable: true,
    retryAfter: null,
    ...fields
  })
})

/** The connection breaks after so many bytes. */
export const broken = (after: number): Outcome => ({ ...failure({}), after })

export const unavailable = failure({ status: 503, detail: "SlowDown: Reduce your request rate" })

export const comeBackIn = (seconds: number): Outcome =>
  failure({ status: 429, detail: "SlowDown", retryAfter: Duration.seconds(seconds) })

export const expired = failure({
  status: 403,
  detail: "AccessDenied: Request has expired",
  expired: true,
  retryable: false
})

export const denied = failure({ status: 403, detail: "AccessDenied: Access Denied", retryable: false })

export const taken: Outcome = {}
