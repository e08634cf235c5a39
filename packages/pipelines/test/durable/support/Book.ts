/** Entries for a book of releases, and a place that takes what people are told. */
import { Effect, type Scope } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import type { ReleaseBug, ReleaseOutcome } from "../../../src/durable/Release.ts"
import { ReleaseId } from "../../../src/durable/Release.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"

export const bug = (bugId: string, more: Partial<ReleaseBug> = {}): ReleaseBug => ({
  bugId,
  title: `Title of ${bugId}`,
  severity: "high",
  category: "gameplay",
  known: false,
  blocking: true,
  ...more
})

export const outcome = (more: Partial<ReleaseOutcome> = {}): ReleaseOutcome => ({
  status: "failed",
  summary: "1 run, 1 bug of severity high",
  buildId: null,
  jobIds: [],
  bugs: [],
  leftBehind: [],
  ...more
})

/** Asks for a release. */
export const submitted = Effect.fnUntraced(function*(id: string, { branch, path = `/builds/${id}.apk` }: {
  readonly branch?: string
  readonly path?: string
} = {}) {
  const log = yield* ReleaseLog
  yield* log.submit({
    version: 1,
    releaseId: ReleaseId.make(id),
    source: { _tag: "File", path },
    run: { multiplayerTestId: "test-1", deploymentConfigId: "deployment-1" },
    ...(branch === undefined ? {} : { branch })
  })
  return log
})

/** A release that is over, with these bugs. */
export const ended = Effect.fnUntraced(function*(
  id: string,
  bugs: ReadonlyArray<ReleaseBug>,
  { branch, ...more }: Partial<ReleaseOutcome> & { readonly branch?: string } = {}
) {
  const log = yield* submitted(id, branch === undefined ? {} : { branch })
  yield* log.append(id, "ended", { _tag: "Ended", outcome: outcome({ bugs, ...more }) })
})

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A real HTTP server on a free port, which answers as it is told to; `cut` drops the connection. */
export const receiver = (
  reply: (received: Received, before: number) => Reply | "cut"
): Effect.Effect<{ readonly url: string; readonly received: ReadonlyArray<Received> }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const received: Array<Received> = []
    const server = Http.createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (chunk) => body += chunk)
      request.on("end", () => {
        const { headers, method = "", url: path = "" } = request
        const entry = { method, path, headers, body }
        const answer = reply(entry, received.push(entry) - 1)
        if (answer === "cut") return request.socket.destroy()
        return response.writeHead(answer.status, answer.headers).end(answer.body ?? "")
      })
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () =>
        Effect.promise(() =>
          new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          })
        )
    )
    // listening on TCP
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
  })
