import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as BaseUrl from "../src/BaseUrl.ts"

describe("parse", () => {
  it.effect.each(
    [
      ["https://nunu.ai/api/v1", "https://nunu.ai/api/v1"],
      ["https://nunu.ai/api", "https://nunu.ai/api/v1"],
      ["https://nunu.ai/api/", "https://nunu.ai/api/v1"],
      ["https://nunu.ai/api/v1///", "https://nunu.ai/api/v1"],
      ["https://nunu.ai/api/v1/project/space-miner", "https://nunu.ai/api/v1/project/space-miner"],
      ["https://nunu.ai/API", "https://nunu.ai/API"],
      ["https://nunu.ai/myapi", "https://nunu.ai/myapi"],
      ["https://nunu.ai", "https://nunu.ai"],
      ["https://nunu.ai/", "https://nunu.ai"],
      ["  https://nunu.ai/api/v1\n", "https://nunu.ai/api/v1"],
      ["HTTPS://NUNU.AI/api/v1", "https://nunu.ai/api/v1"],
      ["https://nunu.ai:443/api/v1", "https://nunu.ai/api/v1"],
      ["https://nunu.ai:8443/api/v1", "https://nunu.ai:8443/api/v1"],
      ["http://localhost:3000/api", "http://localhost:3000/api/v1"],
      ["http://api.localhost:3000", "http://api.localhost:3000"],
      ["http://127.0.0.1:8080/api/v1", "http://127.0.0.1:8080/api/v1"],
      ["http://127.8.9.10", "http://127.8.9.10"],
      ["http://[::1]:8080/api/v1", "http://[::1]:8080/api/v1"]
    ] as const
  )("accepts \"%s\" as %s", ([text, base]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* BaseUrl.parse(text), base)
    }))

  it.effect.each(
    [
      ["", "it is not a URL"],
      ["nunu.ai/api/v1", "it is not a URL"],
      ["https://", "it is not a URL"],
      ["http://nunu.ai/api/v1", "it must begin with https://"],
      ["http://localhost.nunu.ai", "it must begin with https://"],
      ["http://notlocalhost", "it must begin with https://"],
      ["http://10.0.0.1", "it must begin with https://"],
      ["http://127.0.0.1.nunu.ai", "it must begin with https://"],
      ["http://[::2]", "it must begin with https://"],
      ["ftp://nunu.ai", "it must begin with https://"],
      ["file:///etc/passwd", "it must begin with https://"],
      ["javascript:alert(1)", "it must begin with https://"],
      ["https://nunu.ai/api?key=1", "it must not have user info, a query or a fragment"],
      ["https://nunu.ai/api#v1", "it must not have user info, a query or a fragment"],
      ["https://user@nunu.ai", "it must not have user info, a query or a fragment"]
    ] as const
  )("refuses \"%s\": %s", ([text, why]) =>
    Effect.gen(function*() {
      const error = yield* BaseUrl.parse(text).pipe(Effect.flip)
      assert.strictEqual(error._tag, "ConfigurationError")
      assert.include(error.message, `Cannot use API URL "`)
      assert.include(error.message, why)
    }))

  it.effect.each([
    "https://ada:s3cret@nunu.ai/api",
    "http://ada:s3cret@nunu.ai",
    "https://nunu.ai/?token=s3cret",
    "https://nunu.ai/#s3cret"
  ])(
    "does not repeat what may be a secret: %s",
    (text) =>
      Effect.gen(function*() {
        const error = yield* BaseUrl.parse(text).pipe(Effect.flip)
        assert.notInclude(error.message, "s3cret")
        assert.include(error.message, "nunu.ai")
      })
  )

  it.effect.prop("gives what it accepts back unchanged", [Schema.String], ([path]) =>
    Effect.gen(function*() {
      const url = new URL("https://nunu.ai")
      url.pathname = path
      const once = yield* BaseUrl.parse(url.href)
      assert.strictEqual(yield* BaseUrl.parse(once), once)
    }))
})

describe("isLoopback", () => {
  it.each(["localhost", "api.localhost", "127.0.0.1", "127.255.255.254", "[::1]"])("is true of %s", (hostname) => {
    assert.isTrue(BaseUrl.isLoopback(hostname))
  })

  it.each(["", "nunu.ai", "localhost.nunu.ai", "1270.0.0.1", "127.0.0.1.nunu.ai", "128.0.0.1", "[::]"])(
    "is false of \"%s\"",
    (hostname) => {
      assert.isFalse(BaseUrl.isLoopback(hostname))
    }
  )
})
