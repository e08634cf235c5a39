/** Where the API is. https only, but for loopback; no user info, query or fragment, as they would go with every request. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A setting is not usable; `message` says which and why. */
export class ConfigurationError extends Schema.TaggedError<ConfigurationError>()("ConfigurationError", {
  message: Schema.String
}) {}

/** Checks a base URL; gives it back without a trailing slash, and with `/v1` where it ends in `/api`. */
export const parse = (text: string): Effect.Effect<string, ConfigurationError> =>
  Effect.suspend(() => {
    const url = URL.parse(text.trim())
    if (url === null) return refuse("it is not a URL", text)
    if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
      return refuse("it must not have user info, a query or a fragment", url.origin + url.pathname)
    }
    if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
      return refuse("it must begin with https:// (http:// only for loopback)", text)
    }
    const path = url.pathname.replace(/\/+$/, "")
    return Effect.succeed(url.origin + (path.endsWith("/api") ? `${path}/v1` : path))
  })

/** `localhost` and the loopback addresses of both families. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
  /^127(\.\d{1,3}){3}$/.test(hostname)

const refuse = (why: string, value: string) =>
  Effect.fail(new ConfigurationError({ message: `Cannot use API URL "${value}": ${why}` }))
