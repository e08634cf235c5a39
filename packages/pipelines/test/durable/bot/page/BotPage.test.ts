import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { ReleaseLog } from "../../../../src/durable/ReleaseLog.ts"
import { hostileTexts } from "../../../support/Results.ts"
import { bug, ended, submitted } from "../../support/Book.ts"
import * as Pages from "../../support/Pages.ts"

const { ask, login, submit } = Pages

/** Gets a page as somebody who has logged in. */
const get = Effect.fnUntraced(function*(path: string) {
  return yield* ask(path, { headers: { cookie: yield* login } })
})

const eventsOf = (releaseId: string) =>
  Effect.flatMap(ReleaseLog, (log) => log.events({ releaseId })).pipe(
    Effect.map((events) => events.map(({ event }) => event._tag))
  )

describe("the pages of a bot", () => {
  it.live("show nothing to who has not logged in, and lead back after it", () =>
    Effect.gen(function*() {
      yield* submitted("secret-game")
      for (const path of ["/", "/view/secret-game", "/?show=failed"]) {
        const answer = yield* ask(path)
        assert.strictEqual(answer.status, 303)
        assert.strictEqual(answer.headers.get("location"), `/login?${new URLSearchParams({ to: path })}`)
        assert.notInclude(answer.text, "secret-game")
      }
      const form = yield* ask("/login?to=%2Fview%2Fsecret-game")
      assert.include(form.text, `name="to" value="/view/secret-game"`)
      const inside = yield* submit("/login", { token: Pages.token, to: "/view/secret-game" })
      assert.strictEqual(inside.status, 303)
      assert.strictEqual(inside.headers.get("location"), "/view/secret-game")
      const [cookie = ""] = inside.headers.getSetCookie()
      assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Strict/i)
      assert.notInclude(cookie, Pages.token)
      const page = yield* ask("/view/secret-game", { headers: { cookie: cookie.split(";")[0] ?? "" } })
      assert.include(page.text, "<h1>secret-game</h1>")
      assert.include(page.text, "mara")
    }).pipe(Effect.provide(Pages.layer())))

  it.live("refuse another token, and lead to no other host", () =>
    Effect.gen(function*() {
      const refused = yield* submit("/login", { token: "0123456789abcdef-eve" })
      assert.strictEqual(refused.status, 401)
      assert.isEmpty(refused.headers.getSetCookie())
      assert.include(refused.text, "This is no token of this bot")
      // Browsers leave tabs and the ends of lines out of an address, and make `/.//` a `//`.
      const elsewhere = ["//", "/\\", "/\t/", "/\n/", "\t//", "/.//", "/x/..//", "https://", "javascript:"]
      for (const to of ["", ...elsewhere.map((way) => `${way}elsewhere.test`)]) {
        const { headers } = yield* submit("/login", { token: Pages.token, to })
        assert.strictEqual(headers.get("location"), "/", JSON.stringify(to))
      }
      for (
        const [to, where] of [["/?branch=日&x=%2F", "/?branch=%E6%97%A5&x=%2F"], [
          "/view/a\r\nx: y",
          "/view/ax:%20y"
        ]] as const
      ) {
        assert.strictEqual((yield* submit("/login", { token: Pages.token, to })).headers.get("location"), where)
      }
      const { headers } = yield* submit("/login", { token: Pages.token }, { origin: "https://elsewhere.test" })
      assert.isEmpty(headers.getSetCookie())
    }).pipe(Effect.provide(Pages.layer())))

  it.live("are let do only what their own text says, and are kept by nobody", () =>
    Effect.gen(function*() {
      yield* submitted("game-1")
      const { headers, text } = yield* get("/view/game-1")
      const policy = headers.get("content-security-policy") ?? ""
      const hashes = ["style", "script"].map((tag) =>
        createHash("sha256").update(new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)?.[1] ?? "").digest("base64")
      )
      assert.strictEqual(
        policy,
        `default-src 'none'; style-src 'sha256-${hashes[0]}'; script-src 'sha256-${hashes[1]}'; connect-src 'self'; ` +
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
      )
      assert.notMatch(text, / style=| on\w+=/)
      assert.strictEqual(headers.get("cache-control"), "no-store")
      assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
    }).pipe(Effect.provide(Pages.layer())))

  it.live("stop a release for who is logged in, and for no other site", () =>
    Effect.gen(function*() {
      yield* submitted("game-1")
      const cookie = yield* login
      const foreign = yield* submit("/view/game-1/cancel", {}, { cookie, origin: "https://elsewhere.test" })
      assert.strictEqual(foreign.status, 403)
      const sandboxed = yield* submit("/view/game-1/cancel", {}, { cookie, origin: "null" })
      assert.strictEqual(sandboxed.status, 403)
      const nobody = yield* submit("/view/game-1/cancel", {})
      assert.strictEqual(nobody.headers.get("location"), "/login")
      assert.deepStrictEqual(yield* eventsOf("game-1"), ["Queued"])
      const own = yield* submit("/view/game-1/cancel", {}, { cookie })
      assert.strictEqual(own.status, 303)
      assert.strictEqual(own.headers.get("location"), "/view/game-1")
      assert.deepStrictEqual(yield* eventsOf("game-1"), ["Queued", "CancelAsked", "Ended"])
      const page = yield* get("/view/game-1")
      assert.include(page.text, "Stopped by mara")
      assert.notInclude(page.text, "Stop this release")
    }).pipe(Effect.provide(Pages.layer())))

  it.live("say why an approval was not taken", () =>
    Effect.gen(function*() {
      yield* submitted("game-1")
      const answer = yield* submit("/view/game-1/approve", { approved: "true" }, { cookie: yield* login })
      assert.strictEqual(answer.status, 409)
      assert.match(answer.text, /role="alert">Cannot answer for release game-1 as it does not wait for approval/)
    }).pipe(Effect.provide(Pages.layer())))

  it.live("list releases newest first, in pieces, by how they stand and by branch", () =>
    Effect.gen(function*() {
      for (let number = 100; number < 150; number++) {
        yield* submitted(`game-${number}`, { branch: number % 2 === 0 ? "main" : "a&b" })
      }
      yield* ended("over", [], { status: "passed", summary: "1 run, no bugs" })
      yield* ended("bad", [bug("b1"), bug("b2", { known: true })])
      const ids = (text: string) => Array.from(text.matchAll(/<h2><a href="\/view\/([^"]+)"/g), ([, id]) => id)
      const first = yield* get("/")
      assert.deepStrictEqual(ids(first.text).slice(0, 3), ["bad", "over", "game-149"])
      assert.lengthOf(ids(first.text), 50)
      assert.include(first.text, "50 queued")
      assert.include(first.text, "1 unknown bug")
      const older = /href="(\/\?before=[^"]+)"/.exec(first.text)?.[1] ?? ""
      assert.deepStrictEqual(ids((yield* get(older)).text).at(-1), "game-100")
      assert.lengthOf(ids((yield* get(older)).text), 2)
      const unfinished = (yield* get("/?show=unfinished")).text
      assert.lengthOf(ids(unfinished), 50)
      assert.notInclude(unfinished, "Older", "there is none")
      assert.deepStrictEqual(ids((yield* get("/?show=failed")).text), ["bad"])
      assert.notInclude(ids(unfinished), "over")
      const branch = yield* get("/?branch=a%26b")
      assert.lengthOf(ids(branch.text), 25)
      assert.include(branch.text, "Branch a&amp;b")
    }).pipe(Effect.provide(Pages.layer())))

  it.live("show what games say as text", () =>
    Effect.gen(function*() {
      const log = yield* submitted("game-1", { path: `/builds/${hostileTexts[0]}` })
      for (const [index, text] of hostileTexts.entries()) {
        yield* log.append("game-1", `held ${index}`, { _tag: "Held", why: "quota", message: text })
      }
      yield* ended("game-2", hostileTexts.map((title, index) => bug(`b${index}`, { title, severity: title })), {
        branch: hostileTexts.at(-1) ?? "",
        summary: hostileTexts.join(),
        leftBehind: hostileTexts
      })
      for (const path of ["/", "/view/game-1", "/view/game-2"]) {
        const { status, text } = yield* get(path)
        assert.strictEqual(status, 200)
        const body = text.replaceAll(/<(style|script)>[^]*?<\/\1>/g, "")
        assert.deepStrictEqual(body.match(/<(script|img|svg|iframe|owned|b)\b[^>]*>/gi), null)
        // oxlint-disable-next-line no-control-regex -- those are meant
        assert.deepStrictEqual(body.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g), null)
      }
    }).pipe(Effect.provide(Pages.layer())))

  it.live("say that a release is not there", () =>
    Effect.gen(function*() {
      const { status, text } = yield* get("/view/nothing")
      assert.strictEqual(status, 404)
      assert.include(text, "Cannot find release nothing")
    }).pipe(Effect.provide(Pages.layer())))

  it.live("of an open bot ask for no token, under this machine's name only", () =>
    Effect.gen(function*() {
      yield* submitted("game-1")
      const page = yield* ask("/")
      assert.include(page.text, "game-1")
      assert.notInclude(page.text, "Log out")
      assert.strictEqual((yield* submit("/view/game-1/cancel", {})).status, 303)
      assert.strictEqual((yield* submit("/view/game-1/cancel", {}, { origin: "https://elsewhere.test" })).status, 403)
    }).pipe(Effect.provide(Pages.layer({ open: true }))))

  it.live("log out", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* submit("/logout", {}, { cookie: yield* login })
      assert.strictEqual(status, 303)
      assert.match(headers.getSetCookie()[0] ?? "", /^nunu_bot_session=; Max-Age=0/)
    }).pipe(Effect.provide(Pages.layer())))
})

describe("the metrics of a bot", () => {
  it.live("count releases by status, in Prometheus's words, for who has a token", () =>
    Effect.gen(function*() {
      yield* submitted("one")
      yield* submitted("two")
      const log = yield* submitted("three")
      yield* log.append("three", "held", { _tag: "Held", why: "key", message: "Cannot list runs as the key expired" })
      yield* ended("four", [], { status: "passed" })
      assert.strictEqual((yield* ask("/metrics")).status, 401)
      assert.strictEqual((yield* ask("/metrics", { headers: { authorization: "Bearer nobody" } })).status, 401)
      const { headers, status, text } = yield* ask("/metrics", { headers: { authorization: `Bearer ${Pages.token}` } })
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
      const lines = text.split("\n")
      for (
        const line of [
          `# TYPE nunu_bot_releases gauge`,
          `nunu_bot_releases{status="queued"} 2`,
          `nunu_bot_releases{status="held"} 1`,
          `nunu_bot_releases{status="passed"} 1`,
          `nunu_bot_releases{status="waiting"} 0`,
          `nunu_bot_paused 1`,
          `nunu_bot_draining 0`
        ]
      ) {
        assert.include(lines, line)
      }
      for (const line of lines) assert.match(line, /^$|^# (HELP|TYPE) [a-z_]+ .|^[a-z_]+(\{[^}]*\})? -?[\d.e+-]+$/i)
    }).pipe(Effect.provide(Pages.layer())))
})
