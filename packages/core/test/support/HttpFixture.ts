/** A real HTTP server on a free port of 127.0.0.1: answers as told and remembers what it was asked. */
import { Effect, type Scope } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/**
 * `cut`: the connection is closed without an answer. `cutBody`: it is closed in the middle of the body. `hang`: nothing
 * comes. `hangBody`: half a body comes. `endless`: the body does not end.
 */
export type Reply = Answer | "cut" | "cutBody" | "hang" | "hangBody" | "endless"

export interface HttpFixture {
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
  /** Paths of answers that the client did not wait for to the end. */
  readonly dropped: ReadonlyArray<string>
}

/** Serves until the scope is closed. `reply` gets the request and how many came before it. */
export const serve = (
  reply: Reply | ((asked: Asked, before: number) => Reply)
): Effect.Effect<HttpFixture, never, Scope.Scope> =>
  Effect.gen(function*() {
    const asked: Array<Asked> = []
    const dropped: Array<string> = []
    const server = Http.createServer((request, response) => {
      let body = ""
      request.on("data", (chunk) => body += chunk)
      request.on("end", () => {
        const url = new URL(request.url ?? "/", "http://127.0.0.1")
        const { headers, method = "" } = request
        response.on("close", () => {
          if (!response.writableFinished) dropped.push(url.pathname)
        })
        const entry = { method, path: url.pathname, query: url.searchParams, headers, body }
        send(response, typeof reply === "function" ? reply(entry, asked.push(entry) - 1) : (asked.push(entry), reply))
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo // a TCP server that listens has one
    return { url: `http://127.0.0.1:${port}/api/v1`, asked, dropped }
  })

/** The URL of a port on which nobody listens. */
export const nobody: Effect.Effect<string> = Effect.scoped(Effect.map(serve({ status: 200 }), ({ url }) => url))

/** What is sent for a body: text as it is, anything else as JSON. */
export const textOf = (body: unknown): string =>
  body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body)

const send = (response: Http.ServerResponse, reply: Reply): void => {
  if (reply === "cut") {
    response.socket?.destroy()
  } else if (reply === "hang") {
    // nothing
  } else if (reply === "hangBody") {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1000 })
    response.write("{\"data\":[")
  } else if (reply === "endless") {
    response.writeHead(200, { "content-type": "application/json" })
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    }
    response.on("drain", more)
    more()
  } else if (reply === "cutBody") {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1000 })
    response.write("{\"data\":[", () => response.socket?.destroy())
  } else {
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers })
    response.end(textOf(reply.body))
  }
}
