/**
 * The pages for people: `/` with all releases, `/view/{id}` with one, and a login. They come whole from the server, can
 * be read and used without scripts, and follow what happens where scripts run. What people ask for goes to the bot as
 * anybody's request does.
 */
import * as Digest from "effect/crypto/Digest"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Markup } from "../../../report/Markup.ts"
import { markup } from "../../../report/Markup.ts"
import type { ReleaseStatus } from "../../Release.ts"
import { isEnded, ReleaseStatus as Statuses } from "../../Release.ts"
import { ReleaseEvent } from "../../ReleaseEvent.ts"
import { ReleaseLog } from "../../ReleaseLog.ts"
import { callerOfPage, cookieName, isOwnPage } from "../BotAccess.ts"
import { BotTokens, sessionSeconds } from "../BotTokens.ts"
import { ReleaseBot } from "../ReleaseBot.ts"
import * as ListPage from "./ListPage.ts"
import * as LoginPage from "./LoginPage.ts"
import * as PageFrame from "./PageFrame.ts"
import { script } from "./PageScript.ts"
import { style } from "./PageStyle.ts"
import * as ReleasePage from "./ReleasePage.ts"

/** Serves the pages. */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const bot = yield* ReleaseBot
  const log = yield* ReleaseLog
  const tokens = yield* BotTokens
  const digest = yield* Digest.Digest
  const hashOf = (text: string) =>
    Effect.map(
      digest.digest(Digest.sha256, new TextEncoder().encode(text)),
      (bytes) => `sha256-${Base64.encode(bytes)}`
    )
  const policy = PageFrame.policy({ scriptHash: yield* hashOf(script), styleHash: yield* hashOf(style) })

  const answer = (frame: PageFrame.Frame, body: Markup, status = 200) =>
    HttpServerResponse.text(
      PageFrame.document({ ...frame, caller: tokens.isOpen ? null : frame.caller }, body),
      {
        status,
        contentType: "text/html; charset=utf-8",
        headers: { ...headers, "content-security-policy": policy }
      }
    )

  const plainAnswer = (title: string, text: string, status: number) =>
    answer(
      { title, caller: null, follow: null, refresh: null },
      markup`<h1>${title}</h1><p class="says">${text}</p><p><a href="/">All releases</a></p>`,
      status
    )

  /** For whoever is logged in; others come to the login first, and back to what they asked for by GET. */
  const page = <E extends { readonly _tag: string; readonly message: string }, R>(
    draw: (caller: string) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ) =>
    Effect.gen(function*() {
      const { method, url } = yield* HttpServerRequest.HttpServerRequest
      return yield* Effect.matchEffect(Effect.provideService(callerOfPage, BotTokens, tokens), {
        onSuccess: ({ name }) => draw(name),
        onFailure: (error) =>
          Effect.succeed(
            error._tag === "TokenRefused"
              ? seeOther(method === "GET" ? `/login?${new URLSearchParams({ to: url })}` : "/login")
              : plainAnswer("Not done", error.message, 403)
          )
      })
    }).pipe(Effect.catch((error) => Effect.succeed(plainAnswer(...wrong(error)))))

  const drawRelease = Effect.fnUntraced(function*(
    caller: string,
    releaseId: string,
    { problem, status }: { readonly problem: string | null; readonly status: number }
  ) {
    const record = yield* bot.get(releaseId)
    const events = yield* bot.events({ releaseId })
    const path = `/releases/${encodeURIComponent(releaseId)}/events`
    const over = isEnded(record.status)
    return answer(
      {
        title: `${releaseId}: ${record.status}`,
        caller,
        follow: over ? null : { path, after: events.at(-1)?.seq ?? 0, kinds },
        refresh: over || record.status === "awaiting-approval" ? null : 10
      },
      ReleasePage.draw(record, { events, problem }),
      status
    )
  })

  /** Does what a form asks for; then shows the release, with what was wrong if it was not done. */
  const act = (
    ask: (
      releaseId: string,
      by: string,
      form: Form
    ) => Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>
  ) =>
    page((by) =>
      Effect.gen(function*() {
        const { releaseId = "" } = yield* HttpRouter.params
        const form = yield* formOf
        return yield* Effect.matchEffect(ask(releaseId, by, form), {
          onSuccess: () => Effect.succeed(seeOther(`/view/${encodeURIComponent(releaseId)}`)),
          onFailure: (error) =>
            error._tag === "ReleaseConflict"
              ? drawRelease(by, releaseId, { problem: error.message, status: 409 })
              : Effect.fail(error)
        })
      })
    )

  yield* router.add(
    "GET",
    "/",
    page(Effect.fnUntraced(function*(caller) {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      const shown = shownBy(new URL(url, "http://bot").searchParams)
      // Before what is shown is read: what happens in between is told then.
      const after = yield* log.last
      const { before, branch, only } = shown
      const releases = yield* bot.list({
        limit: most + 1,
        ...only === "all" ? {} : { status: statusesOf[only] },
        ...branch === undefined ? {} : { branch },
        ...before === undefined ? {} : { before }
      })
      const state = yield* bot.state
      return answer(
        { title: "Releases", caller, follow: { path: "/events", after, kinds }, refresh: 10 },
        ListPage.draw({ state, releases: releases.slice(0, most), shown, hasOlder: releases.length > most })
      )
    }))
  )
  yield* router.add(
    "GET",
    "/view/:releaseId",
    page((caller) =>
      Effect.flatMap(
        HttpRouter.params,
        ({ releaseId = "" }) => drawRelease(caller, releaseId, { problem: null, status: 200 })
      )
    )
  )
  yield* router.add("POST", "/view/:releaseId/cancel", act((releaseId, by) => bot.cancel(releaseId, { by })))
  yield* router.add("POST", "/view/:releaseId/retry", act((releaseId) => bot.retry(releaseId)))
  yield* router.add(
    "POST",
    "/view/:releaseId/approve",
    act((releaseId, by, { approved, comment }) =>
      bot.approve(releaseId, { by, approved: approved === "true", comment: (comment ?? "").slice(0, 2000) })
    )
  )

  const login = (to: string, refused: boolean) =>
    answer(
      { title: "Log in", caller: null, follow: null, refresh: null },
      LoginPage.draw({ to, refused }),
      refused ? 401 : 200
    )
  yield* router.add(
    "GET",
    "/login",
    Effect.map(
      HttpServerRequest.HttpServerRequest,
      ({ url }) =>
        tokens.isOpen ? seeOther("/") : login(ownPath(new URL(url, "http://bot").searchParams.get("to")), false)
    )
  )
  yield* router.add(
    "POST",
    "/login",
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (!isOwnPage(request, tokens)) return plainAnswer("Not done", "Open the bot's own page to log in.", 403)
      const { to, token } = yield* formOf
      const session = yield* tokens.openSession(Redacted.make((token ?? "").trim()))
      if (session === null) {
        yield* Effect.sleep("1 second") // guessing is slow
        return login(ownPath(to), true)
      }
      return HttpServerResponse.setCookieUnsafe(seeOther(ownPath(to)), cookieName, Redacted.value(session), {
        ...cookie,
        // Where the page came by https, as a proxy before the bot may have it, the session goes over nothing else.
        secure: request.headers["origin"]?.startsWith("https:") === true,
        maxAge: sessionSeconds * 1000
      })
    })
  )
  yield* router.add(
    "POST",
    "/logout",
    Effect.map(
      HttpServerRequest.HttpServerRequest,
      (request) =>
        isOwnPage(request, tokens)
          ? HttpServerResponse.setCookieUnsafe(seeOther("/login"), cookieName, "", { ...cookie, maxAge: 0 })
          : plainAnswer("Not done", "Open the bot's own page to log out.", 403)
    )
  )
}))

/** Releases on a page. */
const most = 50

const statusesOf: Readonly<Record<"unfinished" | "failed", ReadonlyArray<ReleaseStatus>>> = {
  unfinished: Statuses.literals.filter((status) => !isEnded(status)),
  failed: ["failed", "inconclusive", "errored"]
}

const kinds = ReleaseEvent.members.map(({ fields }) => fields._tag.schema.literal)

/** A referrer would be of use to nobody, but without one a browser does not say where its own forms come from. */
const headers = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store"
}

const cookie = { httpOnly: true, sameSite: "strict", path: "/" } as const

const seeOther = (location: string) => HttpServerResponse.redirect(location, { status: 303, headers })

/** Only to a page of this bot, as a browser reads it: `//elsewhere`, with a tab in it or without, is another host. */
const ownPath = (to: string | null | undefined): string => {
  const url = to?.startsWith("/") === true ? URL.parse(to, "http://bot") : null
  return url?.host === "bot" && !url.pathname.startsWith("//") ? url.pathname + url.search : "/"
}

const shownBy = (query: URLSearchParams): ListPage.Shown => {
  const only = query.get("show")
  return {
    only: only === "unfinished" || only === "failed" ? only : "all",
    branch: query.get("branch") || undefined,
    before: query.get("before") || undefined
  }
}

const Form = Schema.Struct({
  approved: Schema.optionalKey(Schema.String),
  comment: Schema.optionalKey(Schema.String),
  to: Schema.optionalKey(Schema.String),
  token: Schema.optionalKey(Schema.String)
})
type Form = typeof Form.Type

const formOf = Effect.orElseSucceed(HttpServerRequest.schemaBodyUrlParams(Form), (): Form => ({}))

const wrong = (
  { _tag, message }: { readonly _tag: string; readonly message: string }
): readonly [title: string, text: string, status: number] =>
  _tag === "ReleaseUnknown" ? ["Not here", message, 404] : ["Not now", message, 503]
