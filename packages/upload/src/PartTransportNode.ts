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
import type { ClientRequest } from "node:http"
import type { PartBody } from "./PartTransport.ts"
import { blockSize, layerHttpClient, PartTransport } from "./PartTransport.ts"
import * as ProxyNode from "./ProxyNode.ts"
import * as Stall from "./Stall.ts"
import type { AnswerHeaders, PutFailed } from "./StorageAnswer.ts"
import { connectionFailed, readAnswer, targetOf, telling } from "./StorageAnswer.ts"

// An import of node:http loads its WebSocket too, and with it all of undici: 15 MiB and 30 ms.
const http = process.getBuiltinModule("node:http")
const https = process.getBuiltinModule("node:https")

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
    const begin = (url: URL, size: number): ClientRequest => {
      const headers = { "content-type": "application/octet-stream", "content-length": String(size) }
      return url.protocol === "https:"
        ? https.request(url, { method: "PUT", headers, agent: agents["https:"] })
        : http.request(url, { method: "PUT", headers, agent: agents["http:"] })
    }
    return PartTransport.of({
      put: Effect.fnUntraced(function*(url, body) {
        const target = yield* targetOf(url)
        const request = yield* Effect.acquireRelease(
          Effect.sync(() => begin(target, body.size)),
          (request) => Effect.sync(() => request.destroy())
        )
        const blocks = idle.pop() ?? [newBlock(), newBlock()]
        const stall = yield* Stall.make
        const exchange = new Exchange(request, stall)
        yield* Effect.forkScoped(
          Effect.catch(stall.watch(() => queuedBytes(request)), (failure) => exchange.fail(failure))
        )
        const whole = yield* send(exchange, body, blocks)
        // Else the system may still read them.
        if (whole) idle.push(blocks)
        const answer = yield* exchange.answer
        return yield* readAnswer(answer.status, answer.headers, answer.text)
      }, Effect.scoped)
    })
  })
)

/** One is filled while the other is sent. */
type Blocks = readonly [Buffer, Buffer]

const newBlock = (): Buffer => Buffer.from(new SharedArrayBuffer(blockSize))

/** What the kernel has not taken yet of a write: no public name tells, and without it only whole blocks are seen to go. */
const queuedBytes = ({ socket }: ClientRequest): number => {
  const { _handle } = (socket ?? {}) as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return _handle?.writeQueueSize ?? 0
}

interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
}

/** One request, up to its answer or the end of its connection, whichever is first. Sending is over with either. */
class Exchange {
  /** Null while it is on its way. */
  outcome: Effect.Effect<Answer, PutFailed> | null = null
  private wake = () => {}
  private readonly request: ClientRequest
  private readonly stall: Stall.Stall

  constructor(request: ClientRequest, stall: Stall.Stall) {
    this.request = request
    this.stall = stall
    const fail = (cause: unknown) => this.settle(Effect.fail(connectionFailed(cause)))
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
        const { headers, statusCode = 0 } = response
        this.settle(Effect.succeed({
          status: statusCode,
          headers: tellingOf(headers),
          text: Buffer.concat(chunks).toString("utf8")
        }))
      })
    })
  }

  fail(failure: PutFailed): Effect.Effect<void> {
    return Effect.sync(() => this.settle(Effect.fail(failure)))
  }

  /** Begins to write at once; the effect waits until the system has taken the block, or the exchange is over. */
  write(block: Uint8Array): Effect.Effect<void> {
    let taken = false
    this.stall.handed()
    this.request.write(block, (error) => {
      if (error !== null && error !== undefined) return // the request tells it
      this.stall.taken()
      taken = true
      this.wake()
    })
    return this.until(() => taken || this.outcome !== null)
  }

  end(): void {
    this.stall.answering()
    this.request.end()
  }

  get answer(): Effect.Effect<Answer, PutFailed> {
    return Effect.andThen(this.until(() => this.outcome !== null), Effect.suspend(() => this.outcome ?? Effect.never))
  }

  private settle(outcome: Effect.Effect<Answer, PutFailed>): void {
    this.outcome ??= outcome
    this.wake()
  }

  private until(done: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() =>
      done() ? Effect.void : Effect.callback<void>((resume) => {
        this.wake = () => {
          if (done()) resume(Effect.void)
        }
      })
    )
  }
}

const tellingOf = (headers: Readonly<Record<string, unknown>>): AnswerHeaders => {
  const told: Record<string, string> = {}
  for (const name of telling) {
    const value = headers[name]
    if (typeof value === "string") told[name] = value
  }
  return told
}

/**
 * Sends as long as nothing is answered; tells whether all of it went. Reads ahead by one block: while one is on its way,
 * the other is filled. No fiber is made for a block or for sending, which costs more than the bytes of small parts.
 */
const send = Effect.fnUntraced(function*(exchange: Exchange, body: PartBody, blocks: Blocks) {
  let [filling, sending] = blocks
  let bytes = yield* body.read(filling.subarray(0, Math.min(blockSize, body.size)), 0)
  let position = bytes
  while (exchange.outcome === null) {
    ;[filling, sending] = [sending, filling]
    const block = sending.subarray(0, bytes)
    const written = exchange.write(block)
    const rest = Math.min(blockSize, body.size - position)
    bytes = rest === 0 ? 0 : yield* body.read(filling.subarray(0, rest), position)
    position += bytes
    yield* written
    if (exchange.outcome !== null) break
    yield* body.onSent(block.length)
    if (rest > 0) continue
    exchange.end()
    return true
  }
  return false
})
