import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClient } from "effect/http"
import { Emulator } from "../src/Emulator.ts"
import { escape, html } from "../src/Html.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { start, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"
import { bytesOf, initiateMultipart, putPart } from "./support/Uploads.ts"

const hostile = `</code><script>alert("1")</script><img src=x onerror='alert(2)'>\u202etxt`

const see = Effect.fnUntraced(function*(path: string) {
  const { baseUrl } = yield* Emulator
  const response = yield* HttpClient.get(new URL(path, baseUrl))
  return { status: response.status, headers: response.headers, text: yield* response.text }
})

onBoth("the page", { partSize: 1000, script: () => ({ ...crossing, testName: hostile }) }, (test) => {
  test("shows uploads, runs, requests and weather as they stand", function*() {
    const nunu = yield* connect()
    const { weather } = yield* Emulator
    assert.match((yield* see("/")).text, /No uploads yet[^]*No runs yet[^]*No requests yet/)
    yield* weather.add({ kind: "answer", status: 503, when: { path: "/jobs" } })
    const ticket = yield* initiateMultipart(nunu, 2500, { name: "Crab Island" })
    yield* putPart(nunu, ticket, bytesOf(2500), 1)
    yield* start(nunu, { additionalTags: ["nightly"] })
    yield* wait(20)
    yield* Effect.flip(nunu.jobs.list())
    const { text } = yield* see("/")
    for (
      const shown of ["Crab Island", "1 of 3", "run000000001", "nightly", "/api/v1/jobs", "answer 503", "No violations"]
    ) {
      assert.include(text, shown)
    }
  })

  test("shows what a client did wrong", function*() {
    const nunu = yield* connect()
    yield* initiateMultipart(nunu, 2500)
    yield* wait(3600)
    assert.include((yield* see("/")).text, "was left to expire")
  })

  test("lets nothing run, whatever it is told to show", function*() {
    const nunu = yield* connect()
    yield* initiateMultipart(nunu, 2500, { name: hostile, fileName: hostile })
    yield* start(nunu, { additionalTags: [hostile] })
    yield* wait(20)
    yield* Effect.ignore(nunu.runs.list({ tags: [hostile] }))
    const { headers, text } = yield* see("/")
    assert.match(
      headers["content-security-policy"] ?? "",
      /^default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/
    )
    assert.notMatch(text, /<script|<img|\u202e|style=|onerror='/)
    assert.include(text, "&lt;script&gt;alert(&quot;1&quot;)")
  })

  test("has no secret: no upload id, no signature, no key", function*() {
    const nunu = yield* connect()
    const ticket = yield* initiateMultipart(nunu, 2500)
    yield* putPart(nunu, ticket, bytesOf(2500), 1)
    assert.notMatch((yield* see("/")).text, /emulated-upload|X-Amz|nunu_emulator/i)
  })

  test("shows itself anew, unless it is to stand still", function*() {
    assert.include((yield* see("/")).text, "<meta http-equiv=\"refresh\" content=\"2\">")
    assert.notInclude((yield* see("/?still")).text, "http-equiv")
  })

  test("is there for who only asks whether it is, and under any number of slashes", function*() {
    const { baseUrl } = yield* Emulator
    assert.strictEqual((yield* HttpClient.head(new URL("/", baseUrl))).status, 200)
    assert.strictEqual((yield* HttpClient.head(new URL("/nothing", baseUrl))).status, 404)
    assert.strictEqual((yield* HttpClient.get(`${new URL(baseUrl).origin}//`)).status, 200)
  })

  test("has the API beside it: as a page, and as OpenAPI", function*() {
    const docs = yield* see("/docs")
    assert.include(docs.headers["content-security-policy"] ?? "", "default-src 'none'")
    for (const path of ["/api/v1/runs/{runId}", "/_emulator/weather"]) {
      assert.include(docs.text, path)
    }
    assert.notInclude(docs.text, "<script")
    for (const path of ["/openapi.json", "/_emulator/openapi.json"]) {
      const { openapi, paths } = JSON.parse((yield* see(path)).text)
      assert.match(openapi, /^3\.1/)
      assert.isAbove(Object.keys(paths).length, 8)
    }
    assert.strictEqual((yield* see("/_emulator/style.css")).headers["content-type"], "text/css; charset=utf-8")
  })
})

describe("html", () => {
  it("escapes what is put in, but for what is HTML already", () => {
    assert.strictEqual(html`<p>${"<b>"}${html`<i>${"&"}</i>`}${null}${2}</p>`.text, "<p>&lt;b&gt;<i>&amp;</i>2</p>")
    assert.strictEqual(escape("\"'\u0000\u2066\n"), "&quot;&#39;��\n")
  })
})
