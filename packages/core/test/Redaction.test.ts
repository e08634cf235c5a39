import { assert, describe, it } from "@effect/vitest"
import { DateTime, Redacted } from "effect"
import { redact, safeJson } from "../src/Redaction.ts"

describe("redact", () => {
  it.each([
    ["GET https://store.test/a/b?X-Amz-Signature=5ec4e7&x=1 failed", "GET https://store.test/a/b?<redacted> failed"],
    ["{\"upload_id\":\"5ec4e7\",\"n\":1}", "{\"upload_id\":\"<redacted>\",\"n\":1}"],
    ["uploadId=5ec4e7&object_key=k", "uploadId=<redacted>&object_key=k"],
    ["x-api-key: 5ec4e7", "x-api-key: <redacted>"],
    ["{\"apiKey\": \"5ec4e7\"}", "{\"apiKey\": \"<redacted>\"}"],
    ["authorization: Bearer 5ec4e7", "authorization: Bearer <redacted>"],
    ["<Error><UploadId>5ec4e7</UploadId></Error>", "<Error><UploadId><redacted></UploadId></Error>"],
    ["nothing secret, see https://docs.test/page", "nothing secret, see https://docs.test/page"]
  ])("takes secrets out of a text: %s", (text, expected) => {
    assert.strictEqual(redact(text), expected)
  })

  it("takes out what is known to be a secret, wherever it stands", () => {
    assert.strictEqual(redact("no upload 5ec4e7 here", ["5ec4e7"]), "no upload <redacted> here")
  })
})

describe("safeJson", () => {
  it("makes plain JSON of anything", () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    const value = {
      big: 2n ** 64n,
      cycle,
      date: DateTime.makeUnsafe(0),
      key: Redacted.make("5ec4e7"),
      upload_id: "5ec4e7",
      list: [() => 1, Symbol("s"), undefined, null]
    }
    assert.deepStrictEqual(JSON.parse(JSON.stringify(safeJson(value))), {
      big: "18446744073709551616",
      cycle: { self: "<cycle>" },
      date: "1970-01-01T00:00:00.000Z",
      key: "<redacted>",
      upload_id: "<redacted>",
      list: ["<function>", "<symbol>", null, null]
    })
  })

  it("stops at a depth", () => {
    let deep: unknown = "5ec4e7"
    for (let level = 0; level < 100_000; level++) deep = [deep]
    assert.include(JSON.stringify(safeJson(deep)), "<deep>")
  })
})
