/** What all pages of a bot share: the document, its style and script, and what the browser may do with it. */
import type { Markup } from "../../../report/Markup.ts"
import { Markup as Raw, markup } from "../../../report/Markup.ts"
import { script } from "./PageScript.ts"
import { style } from "./PageStyle.ts"

export interface Frame {
  readonly title: string
  /** Who looks at the page; null for somebody who has not said it, or need not. */
  readonly caller: string | null
  /** Where what happens is told, and after which place; null for a page that stands still. */
  readonly follow: { readonly path: string; readonly after: number; readonly kinds: ReadonlyArray<string> } | null
  /** Seconds after which a browser without scripts shows the page anew; null where something may be typed. */
  readonly refresh: number | null
}

/** Writes a document around a body. */
export const document = ({ caller, follow, refresh, title }: Frame, body: Markup): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refresh === null ? null : markup`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>`}
<title>${title} · nunu release bot</title>
<style>${new Raw(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top"><div class="inner">
<a class="home" href="/">nunu release bot</a>
<p id="live" hidden></p>
${
    caller === null
      ? null
      : markup`<form method="post" action="/logout"><span>${caller}</span> <button class="quiet">Log out</button></form>`
  }
</div></header>
<main id="content" tabindex="-1"${
    follow === null
      ? null
      : markup` data-events="${follow.path}" data-after="${follow.after}" data-kinds="${follow.kinds.join(" ")}"`
  }>
${body}
</main>
${follow === null ? null : markup`<script>${new Raw(script)}</script>`}
</body>
</html>
`.source

/** What the browser allows a page: its own style and script by their hashes, its own forms, and to follow this bot. */
export const policy = (
  { scriptHash, styleHash }: { readonly scriptHash: string; readonly styleHash: string }
): string =>
  [
    "default-src 'none'",
    `style-src '${styleHash}'`,
    `script-src '${scriptHash}'`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

/** A moment for people, and for programs; to the minute, or to the second. */
export const moment = (millis: number, to: "minute" | "second" = "minute"): Markup => {
  const iso = new Date(millis).toISOString()
  return markup`<time datetime="${iso}">${iso.slice(0, to === "minute" ? 16 : 19).replace("T", " ")} UTC</time>`
}

/** A status as a word with a colour. */
export const badge = (status: string): Markup =>
  markup`<span class="badge ${status}">${status === "awaiting-approval" ? "needs approval" : status}</span>`
