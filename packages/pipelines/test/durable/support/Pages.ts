/** A bot's server on a free port over a book that a test writes: nothing begins by itself. */
import { NodeCrypto, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import * as BotNode from "../../../src/durable/bot/BotNode.ts"
import * as BotServer from "../../../src/durable/bot/BotServer.ts"
import * as BotTokens from "../../../src/durable/bot/BotTokens.ts"
import * as ReleaseBot from "../../../src/durable/bot/ReleaseBot.ts"
import * as DurableEngine from "../../../src/durable/DurableEngine.ts"

export const token = "0123456789abcdef-mara"

export const layer = ({ open = false } = {}) =>
  HttpRouter.serve(BotServer.routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(
      open ? BotTokens.layerOpen : BotTokens.layer([{ name: "mara", token: Redacted.make(token) }])
    ),
    Layer.provideMerge(
      NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: "50 millis" })
    ),
    Layer.provideMerge(
      ReleaseBot.layer({ roots: [], policy: { maxConcurrent: 0, maxPerBranch: 1, supersede: false } })
    ),
    Layer.provideMerge(DurableEngine.layerMemory),
    Layer.provide([NodeCrypto.layerMac, NodeCrypto.layerDigest, NodeServices.layer])
  )

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Asks the bot; redirects are not followed. */
export const ask = Effect.fnUntraced(function*(path: string, init: RequestInit = {}) {
  const url = yield* BotNode.url
  return yield* Effect.promise(async (): Promise<Answer> => {
    const response = await fetch(url + path, { redirect: "manual", ...init })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })
})

/** Sends a form, as the bot's own page does. */
export const submit = Effect.fnUntraced(function*(
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {}
) {
  const url = yield* BotNode.url
  return yield* ask(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: url, ...headers }
  })
})

/** The cookie of somebody who has logged in. */
export const login = Effect.map(
  submit("/login", { token }),
  ({ headers }) => headers.getSetCookie()[0]?.split(";")[0] ?? ""
)
