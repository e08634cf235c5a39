import { assert, describe, it } from "@effect/vitest"
import { Headers } from "effect/http"
import { isForeign } from "../src/Visitor.ts"

describe("a page of another site is known", () => {
  it.each([
    ["by its origin", { host: "127.0.0.1:4010", origin: "https://evil.example" }],
    ["by having none, in a frame or from a file", { host: "127.0.0.1:4010", origin: "null" }],
    ["on another port of this machine", { host: "127.0.0.1:4010", origin: "http://127.0.0.1:3000" }],
    ["by a name that was made to lead to this machine", { host: "evil.example:4010" }],
    ["by that name, when it is its origin too", { host: "evil.example:4010", origin: "http://evil.example:4010" }],
    ["by a name that only begins like an address", { host: "127.0.0.1.evil.example" }]
  ])("%s", (_, headers) => {
    assert.isTrue(isForeign(Headers.fromInput(headers)))
  })

  it.each([
    "127.0.0.1:4010",
    "localhost:4010",
    "[::1]:4010",
    "emulator:4010",
    "host.docker.internal",
    "nunu.localhost"
  ])(
    "and is not one where the emulator is called %s",
    (host) => {
      assert.isFalse(isForeign(Headers.fromInput({ host })))
      assert.isFalse(isForeign(Headers.fromInput({ host, origin: `http://${host}` })))
      assert.isFalse(isForeign(Headers.empty))
    }
  )
})
