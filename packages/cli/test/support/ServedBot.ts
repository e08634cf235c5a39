/** `nunu bot serve` as a process, and what it says over HTTP. */
import { Effect, type Scope } from "effect"
import { type Running, start } from "./Nunu.ts"

export interface ServedBot {
  readonly process: Running
  readonly url: string
  /** Asks the bot; a body makes it a POST. */
  readonly ask: (path: string, options?: AskOptions) => Effect.Effect<Answer>
  /** Waits until a release has a status, or one of several, such as `passed|failed`. */
  readonly until: (releaseId: string, status: string) => Effect.Effect<Readonly<Record<string, unknown>>>
}

export interface AskOptions {
  readonly body?: unknown
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly json: any // whatever the bot says; tests compare it
}

/** The token of the bots here. */
export const token = "canary-token-7d1e9b40"

/** Serves until the scope ends. */
export const serveBot = Effect.fnUntraced(function*(
  flags: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.fn.Return<ServedBot, never, Scope.Scope> {
  const process = yield* start(["bot", "serve", "--port", "0", "--output", "json", ...flags], {
    env: { NUNU_BOT_TOKEN: token, ...env }
  })
  const [line] = yield* process.shows("stdout", /^\{.*\}$/m)
  const { url } = JSON.parse(line)
  const ask = (path: string, { body, headers, method, token: given = token }: AskOptions = {}) =>
    Effect.promise(async (): Promise<Answer> => {
      const answer = await fetch(url + path, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          authorization: `Bearer ${given}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const text = await answer.text()
      return {
        status: answer.status,
        text,
        json: /json/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(text) : null
      }
    })
  return {
    process,
    url,
    ask,
    until: Effect.fnUntraced(function*(releaseId, status) {
      const giveUpAt = Date.now() + 60_000
      while (true) {
        const { json } = yield* ask(`/releases/${releaseId}`)
        if (new RegExp(`^(${status})$`).test(json.status)) return json
        if (Date.now() > giveUpAt) return yield* Effect.die(new Error(`Not ${status}: ${JSON.stringify(json)}`))
        yield* Effect.sleep("50 millis")
      }
    })
  }
})

/** The events of a stream of them, by name and data. */
export const eventsOf = (
  text: string
): ReadonlyArray<{ readonly id: number; readonly event: string; readonly data: any }> =>
  text.split("\n\n").filter((block) => block.startsWith("id: ")).map((block) => {
    const [, id = "", event = "", data = ""] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block) ?? []
    return { id: Number(id), event, data: JSON.parse(data) }
  })
