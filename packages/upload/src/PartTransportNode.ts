/**
 * The transport of parts on Node: `node:http` with two blocks a part that are filled and sent in turn.
 *
 * A block is filled again only when the system has taken it, and the next part gets the blocks of one that is done, so
 * that sending costs no garbage: memory stays at two blocks for every part under way, however large parts are. An answer that comes before the body is through, such as a
 * refusal, is read and ends the sending.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as http from "node:http"
import * as https from "node:https"
import type { PartBody } from "./PartTransport.ts"
import { blockSize, connectionFailed, PartTransport, PutFailed, readAnswer } from "./PartTransport.ts"

/** With connections of its own, kept alive between parts: nothing that is set on the API's client reaches the storage. */
export const layer: Layer.Layer<PartTransport> = Layer.effect(
  PartTransport,
  Effect.gen(function*() {
    const agents = yield* Effect.acquireRelease(
      Effect.sync(() => ({
        "http:": new http.Agent({ keepAlive: true }),
        "https:": new https.Agent({ keepAlive: true })
      })),
      (agents) =>
        Effect.sync(() => {
          agents["http:"].destroy()
          agents["https:"].destroy()
        })
    )
    const idle: Array<Blocks> = []
    const begin = (url: URL, size: number): http.ClientRequest => {
      const headers = { "content-type": "application/octet-stream", "content-length": String(size) }
      return url.protocol === "https:"
        ? https.request(url, { method: "PUT", headers, agent: agents["https:"] })
        : http.request(url, { method: "PUT", headers, agent: agents["http:"] })
    }
    return PartTransport.of({
      put: Effect.fnUntraced(function*(url, body) {
        const target = URL.parse(Redacted.value(url))
        if (target === null) return yield* invalidUrl
        const request = yield* Effect.acquireRelease(
          Effect.sync(() => begin(target, body.size)),
          (request) => Effect.sync(() => request.destroy())
        )
        const blocks = idle.pop() ?? [Buffer.allocUnsafeSlow(blockSize), Buffer.allocUnsafeSlow(blockSize)]
        // Whichever is first: an answer, or the end of the connection. Sending is over with either.
        const answer = yield* Effect.raceFirst(
          awaitAnswer(request),
          Effect.andThen(send(request, body, blocks), Effect.never)
        )
        // Else a refusal came before the end, and the system may still hold them.
        if (answer.status < 300) idle.push(blocks)
        return yield* readAnswer(answer.status, answer.headers, answer.text)
      }, Effect.scoped)
    })
  })
)

const invalidUrl = Effect.suspend(() =>
  Effect.fail(
    new PutFailed({
      status: null,
      detail: "the API gave something that is not a URL",
      expired: false,
      retryable: false,
      retryAfter: null
    })
  )
)

/** One is filled while the other is sent. */
type Blocks = readonly [Buffer, Buffer]

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

const awaitAnswer = (request: http.ClientRequest) =>
  Effect.callback<Answer, ReturnType<typeof connectionFailed>>((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(connectionFailed(cause)))
    request.on("error", fail)
    request.on("close", () => fail(new Error("closed before an answer")))
    request.on("response", (response) => {
      const chunks: Array<Buffer> = []
      response.on("error", fail)
      response.on("data", (chunk: Buffer) => {
        if (chunks.length < 64) chunks.push(chunk) // an answer of the storage is short
      })
      response.on("end", () => {
        const etag = response.headers.etag
        const retryAfter = response.headers["retry-after"]
        resume(Effect.succeed({
          status: response.statusCode ?? 0,
          headers: { etag, "retry-after": retryAfter },
          text: Buffer.concat(chunks).toString("utf8")
        }))
      })
    })
  })

/** Reads ahead by one block: while one is on its way, the other is filled. */
const send = Effect.fnUntraced(function*(request: http.ClientRequest, body: PartBody, blocks: Blocks) {
  let [filling, sending] = blocks
  let position = 0
  let bytes = yield* body.read(filling.subarray(0, Math.min(blockSize, body.size)), 0)
  while (position < body.size) {
    ;[filling, sending] = [sending, filling]
    const block = sending.subarray(0, bytes)
    position += bytes
    const next = position
    const rest = Math.min(blockSize, body.size - next)
    const read = rest === 0 ? Effect.succeed(0) : body.read(filling.subarray(0, rest), next)
    bytes = yield* Effect.map(Effect.all([read, write(request, block)], { concurrency: 2 }), ([bytes]) => bytes)
    yield* body.onSent(block.length)
  }
  request.end()
})

const write = (request: http.ClientRequest, block: Uint8Array) =>
  Effect.callback<void>((resume) => {
    // An error of the connection is told by `awaitAnswer`; the block is not taken then, and we are interrupted.
    request.write(block, (error) => {
      if (error === null || error === undefined) resume(Effect.void)
    })
  })
