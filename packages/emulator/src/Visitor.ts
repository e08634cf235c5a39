/**
 * Who asks for what needs no key. A page of another site, open in a browser on the same machine, must neither change an
 * emulator nor read what it has seen.
 */
import type * as Headers from "effect/http/Headers"

/**
 * Tells whether a request comes from a page of another site: browsers name its origin, and one whose name was made to
 * point to this machine is still known by its name, as that is none that only a private network knows.
 */
export const isForeign = (headers: Headers.Headers): boolean => {
  const { host, origin } = headers
  return (origin !== undefined && URL.parse(origin)?.host !== host) || (host !== undefined && !isPrivate(host))
}

/** Addresses, names of one word, and the endings that no public name has. */
const isPrivate = (host: string): boolean => {
  const name = host.toLowerCase().replace(/:\d+$/, "")
  return !name.includes(".") || /^[\d.]+$|^\[|\.(localhost|local|internal|test)$/.test(name)
}
