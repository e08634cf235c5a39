/**
 * The report that people look at: one HTML page that needs nothing but itself. The verdict comes first, then the bugs by
 * severity, then what every player did. It runs no script and loads nothing; its policy forbids both, so that text from
 * outside could do neither even if it were not escaped.
 */
import type { PipelineResult } from "../PipelineResult.ts"
import { acceptedSection, bugSections } from "./HtmlBugs.ts"
import { runSections } from "./HtmlRuns.ts"
import { style, styleHash } from "./HtmlStyle.ts"
import { Markup, markup } from "./Markup.ts"
import { bytes, count, duration } from "./ReportText.ts"
import type { ReportView } from "./ReportView.ts"
import { viewOf } from "./ReportView.ts"

/** A picture to be shown within the page. */
export interface Picture {
  readonly mediaType: "image/png" | "image/jpeg" | "image/webp" | "image/gif"
  readonly base64: string
}

export interface HtmlOptions {
  /** Pictures by `pictureKey`, such as `collectPictures` gives; those that are not given are linked. @default none */
  readonly pictures?: ReadonlyMap<string, Picture>
}

/** Writes a result as an HTML page. */
export const render = (result: PipelineResult, { pictures = new Map() }: HtmlOptions = {}): string => {
  const view = viewOf(result)
  const word = words[view.verdict]
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${word}: nunu ${view.program}</title>
<style>${new Markup(style)}</style>
</head>
<body class="${view.verdict}${view.bugs.length > 100 ? " many" : null}">
<a class="skip" href="#content">Skip to the reasons and bugs</a>
${banner(view, word)}
<main id="content" tabindex="-1">
${reasonList(view)}
${bugSections(view)}
${acceptedSection("fixed", "Fixed", "Known bugs that no run has seen any more.", view.fixed)}
${
    acceptedSection(
      "not-seen",
      "Not seen",
      "Known bugs that were not seen, which says nothing: not every run was played to its end.",
      view.notSeen
    )
  }
${runSections(view, pictures)}
</main>
<footer><p>Written by nunu-effect from ${count(view.counts.runs, "run")}, <time datetime="${view.endedAt}">${
    view.endedAt.slice(0, 16).replace("T", " ")
  } UTC</time>.</p></footer>
</body>
</html>
`.source
}

const words = { passed: "Passed", failed: "Failed", inconclusive: "Inconclusive" } as const

const banner = (view: ReportView, word: string): Markup =>
  markup`<header class="banner"><div class="inner">
<p class="kicker">nunu ${view.program}</p>
<h1>${icons[view.verdict]}<span>${word}</span></h1>
<p class="summary">${view.summary}</p>
<dl class="facts">
${
    view.build === null
      ? null
      : fact(
        "Build",
        markup`<code>${view.build.buildId}</code>${
          view.build.size === null ? null : markup` <small>${bytes(view.build.size)}</small>`
        }`
      )
  }
${fact("Runs", markup`${view.counts.runs}`)}
${fact("Took", markup`${duration(view.durationMs)}`)}
${fact("Gate", markup`${view.gate.text === "none" ? "no bug fails" : `${view.gate.text} and worse`}`)}
${
    view.confirmation === null
      ? null
      : fact("Confirmed", markup`seen in ${view.confirmation.needed} of ${view.confirmation.of}`)
  }
</dl>
<nav aria-label="Contents"><ul>
${link("bugs", "Bugs", view.counts.bugs)}${view.fixed.length === 0 ? null : link("fixed", "Fixed", view.counts.fixed)}${
    link("runs", "Runs", view.counts.runs)
  }
</ul></nav>
</div></header>`

const fact = (name: string, value: Markup): Markup => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`

const link = (id: string, name: string, number: number): Markup =>
  markup`<li><a href="#${id}">${name} <b>${number}</b></a></li>`

const reasonList = ({ bugs, reasons }: ReportView): Markup | null => {
  if (reasons.length === 0) return null
  const places = new Map(bugs.map(({ bugId }, index) => [bugId, index + 1]))
  const shown = reasons.slice(0, maxReasons)
  return markup`<section aria-labelledby="why"><h2 id="why">Why</h2>
<ul class="reasons">
${
    shown.map(({ bugId, message }) => {
      const place = bugId === null ? undefined : places.get(bugId)
      return markup`<li>${place === undefined ? message : markup`<a href="#bug-${place}">${message}</a>`}</li>
`
    })
  }</ul>
${reasons.length > shown.length ? markup`<p>…and ${reasons.length - shown.length} more; see the bugs.</p>` : null}
</section>`
}

const maxReasons = 20

const icon = (path: string): Markup =>
  markup`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="11"/><path d="${path}"/></svg>`

const icons = {
  passed: icon("M6.5 12.5l3.8 3.8 7.4-8"),
  failed: icon("M8 8l8 8M16 8l-8 8"),
  inconclusive: icon("M9 9.2a3 3 0 1 1 4.4 2.7c-1 .6-1.4 1-1.4 2.1M12 17.2v.2")
} as const
