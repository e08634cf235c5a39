/** A process of a bot, and what it says over HTTP. */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"

export const token = "token-of-the-build-server"

export interface BotProcess {
  readonly process: ChildProcess
  readonly url: string
  /** All that it has written so far. */
  readonly said: () => string
}

/** Starts one, which is killed with the scope. */
export const start = Effect.fnUntraced(
  function*(env: Readonly<Record<string, string>>): Effect.fn.Return<BotProcess, never, Scope.Scope> {
    let said = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [path.join(import.meta.dirname, "BotProgram.ts")], {
          env: { ...process.env, NUNU_BOT_TOKEN: token, NUNU_BOT_PORT: "0", ...env },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    child.stdout.on("data", (chunk: Buffer) => said += chunk.toString())
    child.stderr.on("data", (chunk: Buffer) => said += chunk.toString())
    const url = yield* until(() => /^url (\S+)$/m.exec(said)?.[1], () => said)
    return { process: child, url, said: () => said }
  }
)

/** Looks until there is something to see; a test that waits in vain says what it saw. */
export const until = Effect.fnUntraced(function*<A>(look: () => A | undefined, seen: () => string) {
  for (let looks = 0; looks < 1200; looks++) {
    const found = look()
    if (found !== undefined) return found
    yield* Effect.sleep("50 millis")
  }
  return yield* Effect.die(new Error(`Not seen within a minute: ${seen()}`))
})

/** Asks with the token; a body makes it a POST. */
export const textOf = (bot: BotProcess, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(bot.url + path, {
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    return await answer.text()
  })

/** Whatever the bot says; a test compares it. */
export const ask = (bot: BotProcess, path: string, body?: unknown): Effect.Effect<any> =>
  Effect.map(textOf(bot, path, body), (text) => JSON.parse(text))

/** Waits until a release has one of some statuses. */
export const becomes = Effect.fnUntraced(function*(bot: BotProcess, id: string, wanted: ReadonlyArray<string>) {
  let status = ""
  for (let looks = 0; looks < 1200; looks++) {
    status = (yield* ask(bot, `/releases/${id}`)).status
    if (wanted.includes(status)) return status
    yield* Effect.sleep("50 millis")
  }
  return yield* Effect.die(new Error(`${id} is ${status} after a minute: ${bot.said()}`))
})
