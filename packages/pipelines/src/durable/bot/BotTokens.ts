/**
 * Who may ask a bot: everybody with one of its tokens. A token is for programs; a page gets a session for it, which holds
 * no token, ends by itself, and is good at every process of the bot, as it is signed with the token.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Crypto from "effect/crypto/CryptoError"
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as Hex from "effect/encoding/Hex"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** A token with the name of whom it was given to, for the books: letters, digits, `_` and `-`. */
export interface BotToken {
  readonly name: string
  readonly token: Redacted.Redacted
}

export class BotTokens extends Context.Service<BotTokens, {
  /** Nobody has to say who they are: for a bot that only this machine reaches. */
  readonly isOpen: boolean
  /** Names the owner of a token; null for a token that is not known. Takes as long for a nearly right one. */
  readonly ownerOf: (token: Redacted.Redacted) => Effect.Effect<string | null>
  /** Opens a session for a token's owner; null for a token that is not known. */
  readonly openSession: (token: Redacted.Redacted) => Effect.Effect<Redacted.Redacted | null>
  /** Names the owner of a session; null for one that is over, or that nobody here has opened. */
  readonly ownerOfSession: (session: Redacted.Redacted) => Effect.Effect<string | null>
}>()("@nunu-effect/pipelines/BotTokens") {}

/** A working day. */
export const sessionSeconds = 12 * 3600

/** With these tokens; with none, nobody gets in. */
export const layer = (tokens: ReadonlyArray<BotToken>): Layer.Layer<BotTokens, never, Mac.Mac> =>
  Layer.effect(
    BotTokens,
    Effect.gen(function*() {
      const mac = yield* Mac.Mac
      const common = yield* keyOf("nunu-effect bot token")
      const known = yield* Effect.forEach(
        tokens,
        ({ name, token }) => Effect.map(keyOf(Redacted.value(token)), (key) => ({ name, token, key }))
      )
      const sign = (key: Mac.Key, text: string) => Effect.orDie(mac.sign(key, bytesOf(text)))
      // All are compared, and by their digests: neither how many nor how much of one is right shows in the time.
      const find = Effect.fnUntraced(function*(token: Redacted.Redacted) {
        const digest = yield* sign(common, Redacted.value(token))
        let found: (typeof known)[number] | null = null
        for (const candidate of known) {
          const isIt = Mac.timingSafeEqual(yield* sign(common, Redacted.value(candidate.token)), digest)
          if (isIt && Redacted.value(token) !== "") found = candidate
        }
        return found
      })
      return BotTokens.of({
        isOpen: false,
        ownerOf: (token) => Effect.map(find(token), (found) => found?.name ?? null),
        openSession: Effect.fnUntraced(function*(token) {
          const found = yield* find(token)
          if (found === null) return null
          const until = Math.floor((yield* Clock.currentTimeMillis) / 1000) + sessionSeconds
          const text = `${found.name}.${until}`
          return Redacted.make(`${text}.${Hex.encode(yield* sign(found.key, session(text)))}`)
        }),
        ownerOfSession: Effect.fnUntraced(function*(given) {
          const [name = "", until = "", tag = ""] = Redacted.value(given).split(".")
          const bytes = Hex.decode(tag)
          if (!(Number(until) * 1000 > (yield* Clock.currentTimeMillis)) || Result.isFailure(bytes)) return null
          for (const candidate of known.filter((candidate) => candidate.name === name)) {
            if (Mac.timingSafeEqual(yield* sign(candidate.key, session(`${name}.${until}`)), bytes.success)) return name
          }
          return null
        })
      })
    })
  )

/** Lets everybody in, as `anybody`. The server of such a bot must be reachable from its own machine only. */
export const layerOpen: Layer.Layer<BotTokens> = Layer.succeed(BotTokens, {
  isOpen: true,
  ownerOf: () => Effect.succeed("anybody"),
  openSession: () => Effect.succeed(Redacted.make("")),
  ownerOfSession: () => Effect.succeed("anybody")
})

/** What a session's tag is made of: nothing else that is ever signed begins so. */
const session = (text: string): string => `nunu-effect bot session ${text}`

const keyOf = (text: string): Effect.Effect<Mac.Key> =>
  Effect.orDie<Mac.Key, Crypto.CryptoError, never>(Mac.key(Mac.hmacSha256, bytesOf(text)))

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
