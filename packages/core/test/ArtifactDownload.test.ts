import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { HttpClientRequest } from "effect/http"
import type * as ArtifactDownload from "../src/ArtifactDownload.ts"
import { nameFault } from "../src/ArtifactFile.ts"
import { canary, compositeRunId, fast, scripted, withPolicy } from "./support/Client.ts"
import { connect } from "./support/Connection.ts"
import type { Answer, Reply } from "./support/HttpFixture.ts"
import { serve } from "./support/HttpFixture.ts"

const log = { compositeRunId, filename: "log.txt" }

/** Downloads from a script of answers; gives what came and what was asked. */
const download = (answers: readonly [Answer, ...Array<Answer>], options?: ArtifactDownload.Options) =>
  Effect.gen(function*() {
    const { asked, nunu } = scripted(...answers)
    const found = yield* (yield* nunu).artifacts.download(log, options)
    return { ...found, asked, text: yield* textOf(found) }
  })

const textOf = ({ bytes }: ArtifactDownload.Download) => Stream.mkString(Stream.decodeText(bytes))

describe("a download", () => {
  it.effect("gives the bytes and what is known of them", () =>
    Effect.gen(function*() {
      const headers = { etag: "\"e1\"", "content-type": "text/plain", "content-length": "5" }
      const { asked, contentType, etag, length, status, text } = yield* download([{
        status: 200,
        headers,
        body: "hello"
      }])
      assert.deepStrictEqual({ contentType, etag, length, status, text }, {
        contentType: "text/plain",
        etag: "\"e1\"",
        length: 5,
        status: "whole",
        text: "hello"
      })
      assert.strictEqual(asked[0]?.headers["x-api-key"], canary)
      for (const header of ["range", "if-none-match"]) assert.notProperty(asked[0]?.headers, header)
    }))

  it.effect.each(
    [
      [{ start: 2 }, "bytes=2-"],
      [{ start: 0, end: 0 }, "bytes=0-0"]
    ] as const
  )("asks for the range %j", ([range, header]) =>
    Effect.gen(function*() {
      const { asked, status } = yield* download([{ status: 206, body: "l" }], { range, size: 5 })
      assert.strictEqual(asked[0]?.headers["range"], header)
      assert.strictEqual(status, "partial")
    }))

  it.effect("of a file that is known already has no bytes", () =>
    Effect.gen(function*() {
      const { asked, status, text } = yield* download([{ status: 304 }], { ifNoneMatch: "\"e1\"", size: 5 })
      assert.strictEqual(asked[0]?.headers["if-none-match"], "\"e1\"")
      assert.deepStrictEqual([status, text], ["unchanged", ""])
    }))

  it.effect("follows the redirect of media once, without the key", () =>
    Effect.gen(function*() {
      const location = "https://media.test/v.mp4?X-Amz-Signature=5ec4e7"
      const { asked, text } = yield* download([
        { status: 302, headers: { location } },
        { status: 206, body: "film" }
      ], { range: { start: 0 } })
      assert.strictEqual(text, "film")
      assert.strictEqual(asked.length, 2)
      const [, second] = asked
      assert.strictEqual(second === undefined ? "" : urlOf(second), location)
      assert.strictEqual(second?.headers["range"], "bytes=0-")
      assert.notInclude(JSON.stringify(second?.headers), canary)
    }))

  it.effect.each(
    [
      ["another redirect", [{ status: 302, headers: { location: "https://a.test/?X-Amz-Signature=5ec4e7" } }]],
      ["no address", [{ status: 302 }]],
      ["an address that is not https", [{ status: 302, headers: { location: "http://a.test/" } }]],
      ["an address that is not one", [{ status: 302, headers: { location: "/relative" } }]],
      ["the storage's refusal", [
        { status: 302, headers: { location: "https://a.test/?X-Amz-Signature=5ec4e7" } },
        { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }
      ]]
    ] as const
  )("fails on %s", ([, answers]) =>
    Effect.gen(function*() {
      const [first, ...rest] = answers
      const error = yield* download([first, ...rest]).pipe(Effect.flip, withPolicy(fast))
      assert.strictEqual(error._tag, "UnexpectedResponse")
      assert.notInclude(JSON.stringify(error), "5ec4e7")
    }))

  it.effect("of a range beyond the end says so", () =>
    Effect.gen(function*() {
      const error = yield* download([{ status: 416 }], { range: { start: 9 } }).pipe(Effect.flip)
      assert.strictEqual(error._tag, "RangeNotSatisfiable")
      assert.strictEqual(
        error.message,
        "Cannot download artifact: the range begins beyond the end of the file, at 9 (416). " +
          "The file may have changed: ask for it from its start"
      )
    }))

  it.effect.each([["fewer", 6], ["more", 4]] as const)(
    "fails at its end on %s bytes than were listed",
    ([, size]) =>
      Effect.gen(function*() {
        const error = yield* download([{ status: 200, body: "hello" }], { size }).pipe(Effect.flip)
        assert.strictEqual(error._tag, "UnexpectedResponse")
        assert.include(error.message, `Expected ${size} bytes, got 5`)
      })
  )

  it.effect("by a URL goes there, and with the key to no other host", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200, body: "hello" })
      const { artifacts } = yield* nunu
      for (const url of ["/artifacts/a", "https://bouncer.nunu.ai/artifacts/a"]) yield* artifacts.download({ url })
      assert.deepStrictEqual(asked.map(urlOf), Array(2).fill("https://bouncer.nunu.ai/artifacts/a"))
      for (const url of ["https://evil.test/a", "https://bouncer.nunu.ai.evil.test/a"]) {
        const error = yield* artifacts.download({ url }).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "BadRequest", sent: "never" })
      }
      assert.strictEqual(asked.length, 2)
    }))

  it.effect("keeps the slashes of a name, and encodes the rest", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 404, body: { error: "No" } })
      const source = { compositeRunId: "r/1", filename: "a b/c?#%.txt" }
      const error = yield* (yield* nunu).artifacts.download(source).pipe(Effect.flip)
      assert.strictEqual(error._tag, "NotFound")
      assert.deepStrictEqual(asked.map(urlOf), [
        "https://bouncer.nunu.ai/runs/r%2F1/artifacts/a%20b/c%3F%23%25.txt"
      ])
    }))

  it.effect("of a name that leaves its folder is not sent", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 200 })
      for (const filename of ["/etc/passwd", "../x", "a/../../x"]) {
        const error = yield* (yield* nunu).artifacts.download({ compositeRunId, filename }).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "BadRequest", sent: "never", attempts: 0 })
      }
      assert.strictEqual(asked.length, 0)
    }))

  it.live("goes well at the second attempt after a 500 or a cut before the body, and streams", () =>
    Effect.gen(function*() {
      const big = "x".repeat(200_000)
      for (const failure of [{ status: 500, body: { error: "Oops" } }, "cut"] satisfies ReadonlyArray<Reply>) {
        const server = yield* serve((_, before) => before === 0 ? failure : { status: 200, body: big })
        const found = yield* (yield* connect(server.url)).artifacts.download(log).pipe(withPolicy(fast))
        assert.strictEqual((yield* textOf(found)).length, big.length)
        assert.strictEqual(server.asked.length, 2)
      }
    }))

  it.live("that is cut fails with what was cut, once", () =>
    Effect.gen(function*() {
      const server = yield* serve("cutBody")
      const found = yield* (yield* connect(server.url)).artifacts.download(log).pipe(withPolicy(fast))
      const error = yield* textOf(found).pipe(Effect.flip)
      assert.strictEqual(error._tag, "NetworkError")
      assert.strictEqual(server.asked.length, 1)
    }))
})

describe("nameFault", () => {
  it.each(["/a", "\\a", "C:\\a", "c:a", "..", "a/..", "../a", "a\\..\\b", "a//b", "./a", "a\nb", "a/", ""])(
    "finds one in %j",
    (name) => {
      assert.isNotNull(nameFault(name))
    }
  )

  it.each(["log.txt", "videos/full.mp4", "a..b", "...", ".hidden", "ä/ö.png", "a b"])("finds none in %j", (name) => {
    assert.isNull(nameFault(name))
  })
})

const urlOf = (request: HttpClientRequest.HttpClientRequest) =>
  HttpClientRequest.toUrl(request).pipe((url) => url._tag === "Some" ? url.value.href : "")
