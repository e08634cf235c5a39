/** PUTs by `node:http` alone: what goes over the wire is what a test says, no more. */
import { Effect } from "effect"
import { request as httpRequest } from "node:http"

export interface RawRequest {
  readonly headers?: Readonly<Record<string, string | number>>
  /** The body, in pieces; each is sent before the next is asked for. */
  readonly body?: Iterable<Uint8Array>
  /** Breaks the connection after the body, as soon as this has ended, instead of waiting for an answer. */
  readonly cutAfter?: Effect.Effect<unknown>
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
  /** Of the XML of an error; null without one. */
  readonly code: string | null
}

/** PUTs to a URL. Without a Content-Length among the headers the body is sent in chunks. */
export const rawPut = (url: string, { body = [], cutAfter, headers = {} }: RawRequest): Effect.Effect<RawAnswer> =>
  Effect.callback((resume) => {
    const request = httpRequest(url, { method: "PUT", headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk) => text += chunk)
      response.on("end", () =>
        resume(Effect.succeed({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          code: /<Code>(.*)<\/Code>/.exec(text)?.[1] ?? null
        })))
    })
    request.on("error", (error) => resume(cutAfter === undefined ? Effect.die(error) : Effect.succeed(gone)))
    const pieces = body[Symbol.iterator]()
    const sendNext = (): void => {
      const piece = pieces.next()
      if (piece.done !== true) request.write(piece.value, () => sendNext())
      else if (cutAfter === undefined) request.end()
      else void Effect.runPromise(cutAfter).then(() => request.destroy(new Error("cut by the test")))
    }
    sendNext()
    return Effect.sync(() => request.destroy())
  })

/** PUTs some bytes as an upload should: with their length. */
export const rawPutBytes = (url: string, bytes: Uint8Array, headers: RawRequest["headers"] = {}) =>
  rawPut(url, { headers: { "content-length": bytes.length, ...headers }, body: [bytes] })

const gone: RawAnswer = { status: 0, headers: {}, text: "", code: null }
