/** The page of one release: how it stands, its steps, what may be done, its bugs, and all that has happened. */
import type { Markup } from "../../../report/Markup.ts"
import { markup } from "../../../report/Markup.ts"
import { count, duration, line } from "../../../report/ReportText.ts"
import { isEnded } from "../../Release.ts"
import type { ReleaseBug } from "../../Release.ts"
import type { LoggedEvent } from "../../ReleaseEvent.ts"
import type { ReleaseRecord } from "../../ReleaseLog.ts"
import { says } from "./ListPage.ts"
import { badge, moment } from "./PageFrame.ts"
import type { ReleaseStep, StepState } from "./ReleaseTimeline.ts"
import { stepsOf, wordsOf } from "./ReleaseTimeline.ts"

/** Draws a release. `problem` says why what somebody asked for was not done. */
export const draw = (record: ReleaseRecord, { events, problem }: {
  readonly events: ReadonlyArray<LoggedEvent>
  readonly problem: string | null
}): Markup => {
  const { outcome, request } = record
  const { releaseId } = request
  return markup`<a class="back" href="/">← All releases</a>
<div class="headline"><h1>${releaseId}</h1><span id="badge" data-live>${badge(record.status)}</span></div>
<p class="says" id="says" data-live role="status">${says(record)}</p>
${problem === null ? null : markup`<p class="note bad" role="alert">${problem}</p>`}
<dl class="facts" id="facts" data-live>${factsOf(record)}</dl>
<div id="actions" data-live>${actionsOf(record)}</div>
<section class="card" aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2>
<ol class="steps" id="steps" data-live>${stepsOf(record, events).map(stepOf)}</ol></section>
<div id="bugs" data-live>${outcome === null ? null : bugsOf(outcome.bugs, releaseId)}</div>
<div id="left" data-live>${leftOf(outcome?.leftBehind ?? [])}</div>
<section class="card" aria-labelledby="events-title"><h2 id="events-title">What has happened</h2>
<ol class="events" id="events" data-live>${
    eventsShown(events).map(({ at, event }) => markup`<li>${moment(at, "second")}<span>${wordsOf(event)}</span></li>`)
  }</ol></section>`
}

const factsOf = ({ outcome, request, submittedAt, status, updatedAt }: ReleaseRecord): ReadonlyArray<Markup> => [
  ...request.branch === undefined ? [] : [fact("Branch", line(request.branch, 100))],
  request.source._tag === "File"
    ? fact("File", line(request.source.path, 300))
    : fact("Build", line(request.source.buildId, 100)),
  ...outcome?.buildId === undefined || outcome.buildId === null || request.source._tag === "Build"
    ? []
    : [fact("Build", line(outcome.buildId, 100))],
  fact("Test", line(testOf(request.run), 100)),
  markup`<div><dt>Submitted</dt><dd>${moment(submittedAt)}</dd></div>`,
  ...isEnded(status) ? [fact("Took", duration(Math.max(0, updatedAt - submittedAt)))] : []
]

const fact = (name: string, value: string): Markup => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`

const testOf = (run: ReleaseRecord["request"]["run"]): string =>
  run.multiplayerTestId ?? (run.testPlanId === undefined ? run.name ?? "instructions" : `plan ${run.testPlanId}`)

const actionsOf = ({ request, status }: ReleaseRecord): Markup | null => {
  if (isEnded(status)) return null
  const action = `/view/${encodeURIComponent(request.releaseId)}`
  return markup`${
    status === "awaiting-approval"
      ? markup`<section class="card" aria-labelledby="approve-title"><h2 id="approve-title">May the runs start?</h2>
<form method="post" action="${action}/approve">
<label for="comment">Comment, for the record</label><textarea id="comment" name="comment" rows="2" maxlength="2000"></textarea>
<p class="buttons"><button id="yes" name="approved" value="true">Approve</button><button id="no" class="no" name="approved" value="false">Refuse</button></p>
</form></section>`
      : null
  }${
    status === "held"
      ? markup`<form method="post" action="${action}/retry"><p class="buttons"><button id="again">Try again now</button></p></form>`
      : null
  }<details class="stop"><summary>Stop this release</summary>
<form method="post" action="${action}/cancel"><p>Its runs are stopped and its upload is given up. It ends as cancelled.</p>
<p class="buttons"><button id="stop" class="no">Stop it</button></p></form></details>`
}

const stepOf = ({ begunAt, endedAt, name, notes, progress, state }: ReleaseStep): Markup =>
  markup`<li class="${state}"><span class="mark" aria-hidden="true">${
    marks[state]
  }</span><h3>${name}</h3><span class="hidden">${stateWords[state]}. </span><small>${
    begunAt === null
      ? null
      : endedAt === null
      ? markup`since ${moment(begunAt)}`
      : markup`${duration(Math.max(0, endedAt - begunAt))}`
  }</small>${
    progress === null
      ? null
      : markup`<progress max="100" value="${Math.floor(progress * 100)}" aria-label="${name}">${
        Math.floor(progress * 100)
      } %</progress>`
  }${notes.map((note) => markup`<p>${note}</p>`)}</li>`

const marks: Readonly<Record<StepState, string>> = { done: "✓", now: "•", held: "!", bad: "✕", todo: "" }

const stateWords: Readonly<Record<StepState, string>> = {
  done: "Done",
  now: "Going on",
  held: "Held",
  bad: "Ended the release",
  todo: "Not reached"
}

const bugsOf = (bugs: ReadonlyArray<ReleaseBug>, releaseId: string): Markup =>
  markup`<section class="card" aria-labelledby="bugs-title"><h2 id="bugs-title">${count(bugs.length, "bug")}</h2>
${
    bugs.length === 0 ?
      null :
      markup`<ul class="bugs">${
        bugs.slice(0, maxBugs).map((bug) =>
          markup`<li><strong>${line(bug.title) || line(bug.bugId)}</strong><p>${
            line([bug.severity, bug.category].filter((word) => word !== null).join(" · "), 80)
          } <span class="chip">${bug.known ? "known" : "not in the baseline"}</span>${
            bug.blocking ? markup` <span class="chip fail">fails the gate</span>` : null
          }</p></li>`
        )
      }</ul>`
  }${bugs.length > maxBugs ? markup`<p class="soft">…and ${bugs.length - maxBugs} more, in the report</p>` : null}
<p><a href="/releases/${encodeURIComponent(releaseId)}/report">Report as JSON</a></p></section>`

const maxBugs = 100

const leftOf = (left: ReadonlyArray<string>): Markup | null =>
  left.length === 0
    ? null
    : markup`<section class="note bad"><h2>Left behind</h2><ul>${
      left.map((what) => markup`<li>${line(what)}</li>`)
    }</ul></section>`

/** Newest first. Of a long upload the last word is enough, and of very many events the newest. */
const eventsShown = (events: ReadonlyArray<LoggedEvent>): ReadonlyArray<LoggedEvent> =>
  events
    .filter(({ event }, index) => event._tag !== "UploadProgress" || events[index + 1]?.event._tag !== "UploadProgress")
    .slice(-maxEvents)
    .toReversed()

const maxEvents = 200
