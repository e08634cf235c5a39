/** The bugs of the HTML report: a section for each severity, an article for each bug. */
import { severities } from "../Gate.ts"
import type { Markup } from "./Markup.ts"
import { markup } from "./Markup.ts"
import { count } from "./ReportText.ts"
import type { AcceptedView, BugView, ReportView, SightingView } from "./ReportView.ts"

/** Draws all bugs, the worst first; those of a severity that nobody knows come before all others. */
export const bugSections = ({ bugs, counts }: ReportView): Markup => {
  const places = new Map(bugs.map((bug, index) => [bug, index + 1]))
  const groups = [null, ...severities.toReversed()].map((severity) => ({
    severity,
    members: bugs.filter((bug) => severityOf(bug) === severity)
  })).filter(({ members }) => members.length > 0)
  return markup`<section aria-labelledby="bugs"><h2 id="bugs" tabindex="-1">Bugs</h2>
${
    bugs.length === 0
      ? markup`<p class="none">No bug was found.</p>`
      : markup`<p class="counts">${counts.new} new · ${counts.known} known · ${
        counts.expired === 0 ? null : markup`${counts.expired} expired · `
      }${counts.fixed} fixed · <strong>${count(counts.failing, "fails", "fail")} the gate</strong></p>`
  }
${
    groups.map(({ members, severity }) =>
      markup`<section aria-labelledby="severity-${severity ?? "unknown"}" class="severity ${severity ?? "unknown"}">
<h3 id="severity-${severity ?? "unknown"}">${
        severity === null ? "Of unknown severity" : capitalised(severity)
      } <b>${members.length}</b></h3>
${members.map((bug) => article(bug, places.get(bug) ?? 0))}</section>
`
    )
  }</section>`
}

/** Lists known bugs that were not seen; nothing for none. */
export const acceptedSection = (
  id: string,
  heading: string,
  what: string,
  bugs: ReadonlyArray<AcceptedView>
): Markup | null =>
  bugs.length === 0
    ? null
    : markup`<section aria-labelledby="${id}"><h2 id="${id}" tabindex="-1">${heading}</h2>
<p>${what}</p>
<ul class="accepted">
${
      bugs.map(({ bugId, owner, reason, title, until }) =>
        markup`<li><strong>${
          title ?? bugId
        }</strong> <code>${bugId}</code><br>${reason} <small>(${owner}, until ${until})</small></li>
`
      )
    }</ul></section>`

/** The severity of a bug as one of the known words, in any case of letters; null for another. */
export const severityOf = ({ severity }: BugView): typeof severities[number] | null =>
  severities.find((word) => word === severity?.toLowerCase()) ?? null

const article = (bug: BugView, place: number): Markup =>
  markup`<article class="bug${
    bug.fails ? " fails" : ""
  }" id="bug-${place}" tabindex="-1" aria-labelledby="bug-${place}-title">
<h4 id="bug-${place}-title">${bug.title}</h4>
<ul class="chips">${
    bug.fails ? markup`<li class="chip fail">fails the gate</li>` : null
  }<li class="chip ${bug.standing}">${standingOf(bug)}</li>${
    bug.confirmed ? null : markup`<li class="chip">not confirmed</li>`
  }${severityOf(bug) === null && bug.severity !== null ? markup`<li>severity ${bug.severity}</li>` : null}${
    bug.category === null ? null : markup`<li>${bug.category}</li>`
  }${bug.confidence === null ? null : markup`<li>${bug.confidence} confidence</li>`}<li>seen ${
    bug.sightingCount === 1 ? "once" : `${bug.sightingCount} times`
  }</li>${bug.bugId === null ? null : markup`<li><code>${bug.bugId}</code></li>`}</ul>
${
    bug.accepted === null
      ? null
      : markup`<p class="acceptance">${bug.accepted.reason} <small>(${bug.accepted.owner})</small></p>`
  }${bug.description === null ? null : markup`<p class="text">${bug.description}</p>`}
<details><summary>${
    bug.reproductionSteps.length === 0 ? "Where it was seen" : "How to reproduce it, and where it was seen"
  }<span class="hidden">: ${bug.title}</span></summary>
${
    bug.reproductionSteps.length === 0
      ? null
      : markup`<ol class="reproduction">${bug.reproductionSteps.map((step) => markup`<li>${step}</li>`)}</ol>`
  }<ul class="sightings">${bug.sightings.map(sighting)}${
    bug.sightingCount > bug.sightings.length
      ? markup`<li>…and ${bug.sightingCount - bug.sightings.length} more</li>`
      : null
  }</ul></details>
</article>
`

const sighting = ({ detectedAt, player, runId, step, testName }: SightingView): Markup =>
  markup`<li>${testName ?? "A test without a name"}${player === null ? null : markup`, player ${player}`}${
    step === null ? null : markup`, step “${step}”`
  }${
    detectedAt === null
      ? null
      : markup`, <time datetime="${detectedAt}">${detectedAt.slice(0, 19).replace("T", " ")} UTC</time>`
  }${runId === null ? null : markup` <code>${runId}</code>`}</li>`

const standingOf = ({ accepted, standing }: BugView): string =>
  accepted === null ? standing : standing === "known" ? `known until ${accepted.until}` : `expired ${accepted.until}`

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
