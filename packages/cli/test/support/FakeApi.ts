/** APIs that misbehave, as the emulator does not. */
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

export interface FakeApi {
  readonly env: { readonly NUNU_API_URL: string; readonly NUNU_API_TOKEN: string }
  /** Methods of the requests so far. */
  readonly asked: ReadonlyArray<string>
  /** Waits for a request with a method. */
  readonly isAsked: (method: string) => Effect.Effect<void>
}

/** Reserves a place as `stuckBuildId`, and then answers nothing any more: what undoing has to cope with. */
export const stuckApi = Effect.suspend(() =>
  fakeApi((request, response) => {
    if (request.method !== "POST") return
    const upload_url = `http://${request.headers.host}/builds/stuck`
    const ticket = { upload_type: "single-part", build_id: stuckBuildId, object_key: "stuck", upload_url }
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(ticket))
  })
)

export const stuckBuildId = "00000000-0000-4000-8000-00000000cafe"

/** Refuses everything, with words and headers of its own. */
export const refusingApi = (error: string, headers: Readonly<Record<string, string>> = {}) =>
  fakeApi((_, response) => {
    response.writeHead(400, { "content-type": "application/json", ...headers })
    response.end(JSON.stringify({ error }))
  })

/** Refuses the first request, for two seconds, and then has no runs. */
export const busyApi = Effect.suspend(() => {
  let before = 0
  return fakeApi((_, response) => {
    response.setHeader("content-type", "application/json")
    if (before++ === 0) {
      response.writeHead(429, { "retry-after": "2" }).end(JSON.stringify({ error: "Slow down\u001b[2J" }))
    } else {
      response.end(JSON.stringify({ data: [], pagination: { page: 0, page_size: 20, total_count: 0, total_pages: 0 } }))
    }
  })
})

/** Serves until the scope ends. */
const fakeApi = Effect.fnUntraced(function*(
  answer: (request: IncomingMessage, response: ServerResponse) => void
): Effect.fn.Return<FakeApi, never, Scope.Scope> {
  const asked: Array<string> = []
  const server = createServer((request, response) => {
    asked.push(request.method ?? "")
    request.resume()
    answer(request, response)
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return {
    env: { NUNU_API_URL: `http://127.0.0.1:${port}/api/v1`, NUNU_API_TOKEN: "any" },
    asked,
    isAsked: Effect.fnUntraced(function*(method) {
      while (!asked.includes(method)) yield* Effect.sleep("10 millis")
    })
  }
})
