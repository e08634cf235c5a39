/**
 * The transport of parts on Node: `node:http` with two blocks a part that are filled and sent in turn.
 *
 * A block is filled again only when the system has taken it, and the next part gets the blocks of one that is done, so
 * that sending costs no garbage: memory stays at two blocks for every part under way, however large parts are. They are
 * shared memory, so that other threads can hash them where they are. An answer that comes before the body is through,
 * such as a refusal, is read and ends the sending.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as http from "node:http"
import * as https from "node:https"
import type { PartBody } from "./PartTransport.ts"
import { blockSize, layerHttpClient, PartTransport } from "./PartTransport.ts"
import * as ProxyNode from "./ProxyNode.ts"
import * as Stall from "./Stall.ts"
import type { AnswerHeaders } from "./StorageAnswer.ts"
import { connectionFailed, PutFailed, readAnswer, telling } from "./StorageAnswer.ts"

/**
 * With connections of its own, kept alive between parts: nothing that is set on the API's client reaches the storage.
 * Where the environment names a proxy, undici sends the parts.
 */
export const layer: Layer.Layer<PartTransport> = Layer.unwrap(
  Effect.map(
    ProxyNode.isNamed,
    (proxied) => proxied ? Layer.provide(layerHttpClient, Layer.fresh(ProxyNode.layerUndici)) : layerDirect
  )
)

/** Without any proxy, whatever the environment says. */
export const layerDirect: Layer.Layer<PartTransport> = Layer.effect(
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
        const blocks = idle.pop() ?? [newBlock(), newBlock()]
        const stall = yield* Stall.make
        let sent = false
        const sending = Effect.tap(send(request, body, { blocks, stall }), () => Effect.sync(() => sent = true))
        // Whichever is first: an answer, or the end of the connection. Sending is over with either.
        const answer = yield* Effect.raceAllFirst([
          awaitAnswer(request, stall),
          stall.watch(() => queuedBytes(request)),
          Effect.andThen(sending, Effect.never)
        ])
        // Else an answer came before the end, and the system may still read or fill them.
        if (sent) idle.push(blocks)
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

const newBlock = (): Buffer => Buffer.from(new SharedArrayBuffer(blockSize))

/** What the kernel has not taken yet of a write: no public name tells, and without it only whole blocks are seen to go. */
const queuedBytes = ({ socket }: http.ClientRequest): number => {
  const { _handle } = (socket ?? {}) as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return _handle?.writeQueueSize ?? 0
}

interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
}

const awaitAnswer = (request: http.ClientRequest, stall: Stall.Stall) =>
  Effect.callback<Answer, ReturnType<typeof connectionFailed>>((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(connectionFailed(cause)))
    request.on("error", fail)
    request.on("close", () => fail(new Error("closed before an answer")))
    request.on("response", (response) => {
      stall.answering()
      const chunks: Array<Buffer> = []
      response.on("error", fail)
      response.on("data", (chunk: Buffer) => {
        if (chunks.length < 64) chunks.push(chunk) // an answer of the storage is short
      })
      response.on("end", () => {
        const all: Readonly<Record<string, unknown>> = response.headers
        const headers = Object.fromEntries(
          telling.flatMap((name) => typeof all[name] === "string" ? [[name, all[name]]] : [])
        )
        resume(Effect.succeed({
          status: response.statusCode ?? 0,
          headers,
          text: Buffer.concat(chunks).toString("utf8")
        }))
      })
    })
  })

/** Reads ahead by one block: while one is on its way, the other is filled. No fiber is made for a block. */
const send = Effect.fnUntraced(function*(
  request: http.ClientRequest,
  body: PartBody,
  { blocks, stall }: { readonly blocks: Blocks; readonly stall: Stall.Stall }
) {
  let [filling, sending] = blocks
  let bytes = yield* body.read(filling.subarray(0, Math.min(blockSize, body.size)), 0)
  let position = bytes
  while (true) {
    ;[filling, sending] = [sending, filling]
    const block = sending.subarray(0, bytes)
    const written = write(request, block, stall)
    const rest = Math.min(blockSize, body.size - position)
    bytes = rest === 0 ? 0 : yield* body.read(filling.subarray(0, rest), position)
    position += bytes
    yield* written
    yield* body.onSent(block.length)
    if (rest === 0) break
  }
  stall.answering()
  request.end()
})

/** Begins to write at once; the effect waits until the system has taken the block. */
const write = (request: http.ClientRequest, block: Uint8Array, stall: Stall.Stall): Effect.Effect<void> => {
  let taken = false
  let wake = () => {}
  stall.handed()
  // An error of the connection is told by `awaitAnswer`; the block is not taken then, and who waits is interrupted.
  request.write(block, (error) => {
    if (error !== null && error !== undefined) return
    stall.taken()
    taken = true
    wake()
  })
  return Effect.suspend(() =>
    taken ? Effect.void : Effect.callback<void>((resume) => {
      wake = () => resume(Effect.void)
    })
  )
}
