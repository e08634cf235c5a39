/** A storage of S3's kind by `node:http` alone: what comes over the wire is written down as it is. */
import { Deferred, Effect, Redacted, type Scope } from "effect"
import * as http from "node:http"
import type { AddressInfo, Socket } from "node:net"

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly rawHeaders: ReadonlyArray<string>
  /** As far as it came. */
  readonly body: () => Buffer
}

export interface Exchange {
  readonly request: http.IncomingMessage
  readonly response: http.ServerResponse
  readonly received: Received
  /** How many requests came before. */
  readonly before: number
}

export type Handler = (exchange: Exchange) => void

export interface RawStorage {
  readonly origin: string
  /** A presigned URL, with everything in it that is secret. */
  readonly url: Redacted.Redacted
  readonly received: ReadonlyArray<Received>
  /** Connections made so far. */
  readonly connections: () => number
  /** Resolves when the first connection is gone. */
  readonly gone: Effect.Effect<void>
  /** Resolves when the first request has come, as far as its headers. */
  readonly reached: Effect.Effect<void>
}

/** Parts of a presigned URL that must turn up nowhere. */
export const secrets = ["signature-canary", "upload-id-canary", "X-Amz-Signature", "uploadId"] as const

const query = "X-Amz-Expires=3600&partNumber=1&uploadId=upload-id-canary&X-Amz-Signature=signature-canary"

export const urlAt = (origin: string): Redacted.Redacted => Redacted.make(`${origin}/bucket/builds%2Fgame.apk?${query}`)

/** Serves until the scope is closed; what is open then is cut. */
export const serve = (handler: Handler): Effect.Effect<RawStorage, never, Scope.Scope> =>
  Effect.gen(function*() {
    const received: Array<Received> = []
    const sockets: Array<Socket> = []
    const gone = yield* Deferred.make<void>()
    const reached = yield* Deferred.make<void>()
    const server = http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("error", () => {}) // the client went away, which is what some tests are about
      const { headers, method = "", rawHeaders, url: path = "" } = request
      const entry = { method, path, headers, rawHeaders, body: () => Buffer.concat(chunks) }
      handler({ request, response, received: entry, before: received.push(entry) - 1 })
      Deferred.doneUnsafe(reached, Effect.void) // who waits for it goes on at once
    })
    server.on("connection", (socket) => {
      sockets.push(socket)
      socket.on("error", () => {})
      socket.on("close", () => Deferred.doneUnsafe(gone, Effect.void))
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    )
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server that listens has one
    return {
      origin,
      url: urlAt(origin),
      received,
      connections: () => sockets.length,
      gone: Deferred.await(gone),
      reached: Deferred.await(reached)
    }
  })

/** An origin where nobody listens. */
export const nobody: Effect.Effect<string> = Effect.scoped(Effect.map(serve(() => {}), ({ origin }) => origin))

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The XML in which storage of S3's kind says what is wrong. */
export const xml = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`

/** Answers when the whole body is there, the n-th request with the n-th answer, the last one for ever. */
export const answering =
  (...answers: readonly [Answer, ...Array<Answer>]): Handler => ({ before, request, response }) => {
    request.on("end", () => {
      const { body = "", headers = {}, status } = answers[before] ?? answers.at(-1) ?? answers[0]
      response.writeHead(status, headers).end(body)
    })
  }

/** Takes every part; the ETag is always the same. */
export const taking: Handler = answering({ status: 200, headers: { etag: "\"an-etag\"" } })

/**
 * Refuses at the first bytes of the body. Then it stops reading and announces to close (`stop`) or keeps the connection
 * (`stay`), reads on, or closes the connection at once.
 */
export const refusingEarly =
  ({ next, ...answer }: Answer & { readonly next: "stop" | "stay" | "read" | "close" }): Handler =>
  ({ request, response }) => {
    request.once("data", () => {
      if (next === "stop" || next === "stay") request.pause()
      response.writeHead(answer.status, { ...answer.headers, connection: next === "stay" ? "keep-alive" : "close" })
      response.end(answer.body ?? "", () => {
        if (next === "close") request.socket.destroy()
      })
    })
  }

/** Cuts the connection when it has got so many bytes of the body, without an answer. */
export const cuttingAt = (bytes: number): Handler => ({ request }) => {
  let got = 0
  if (bytes === 0) request.socket.destroy()
  request.on("data", (chunk: Buffer) => {
    got += chunk.length
    if (got >= bytes) request.socket.destroy()
  })
}
