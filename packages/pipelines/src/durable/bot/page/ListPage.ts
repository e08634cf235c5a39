/** The page at `/`: how the bot is, and its releases, newest first. */
import type { Markup } from "../../../report/Markup.ts"
import { markup } from "../../../report/Markup.ts"
import { count, duration, line } from "../../../report/ReportText.ts"
import type { ReleaseStatus } from "../../Release.ts"
import type { ReleaseRecord } from "../../ReleaseLog.ts"
import type { BotState } from "../ReleaseBot.ts"
import { badge, moment } from "./PageFrame.ts"

/** Which releases are shown. */
export interface Shown {
  readonly only: "all" | "unfinished" | "failed"
  readonly branch: string | undefined
  /** The id of a release; only those that come after it. */
  readonly before: string | undefined
}

export interface List {
  readonly state: BotState
  readonly releases: ReadonlyArray<ReleaseRecord>
  readonly shown: Shown
  /** There are older ones than these. */
  readonly hasOlder: boolean
}

/** Draws the list. */
export const draw = ({ hasOlder, releases, shown, state }: List): Markup => {
  const last = releases.at(-1)
  return markup`<h1>Releases</h1>
<p class="says" id="state" data-live role="status">${stateOf(state)}</p>
<div id="pause" data-live>${pauseOf(state)}</div>
<nav aria-label="Which releases"><ul>
${
    filters.map(([only, name]) =>
      markup`<li><a href="${hrefOf({ ...shown, only, before: undefined })}"${
        only === shown.only ? markup` aria-current="page"` : null
      }>${name}</a></li>`
    )
  }${
    shown.branch === undefined
      ? null
      : markup`<li><a href="${hrefOf({ ...shown, branch: undefined, before: undefined })}">Branch ${
        line(shown.branch, 60)
      } <span aria-hidden="true">×</span><span class="hidden">(show all branches)</span></a></li>`
  }
</ul></nav>
<div id="list" data-live>${
    releases.length === 0
      ? markup`<p class="card soft">No releases here. One comes by the API, by the clock, or with a file in a watched folder.</p>`
      : markup`<ul class="releases">${releases.map(rowOf)}</ul>`
  }${
    hasOlder && last !== undefined
      ? markup`<nav aria-label="More releases"><ul><li><a href="${
        hrefOf({ ...shown, before: last.request.releaseId })
      }">Older</a></li></ul></nav>`
      : null
  }</div>`
}

/** Says what a release is doing, or came to, as one line. */
export const says = ({ outcome, status }: ReleaseRecord): string =>
  outcome === null ? words[status] ?? status : line(outcome.summary) || status

const words: { readonly [Status in ReleaseStatus]?: string } = {
  queued: "Waits for its turn",
  uploading: "The build is being uploaded",
  "awaiting-approval": "Somebody has to approve it before the runs start",
  starting: "The runs are being started",
  waiting: "The runs are going on",
  collecting: "The bugs are being collected",
  held: "Waits until the API takes it again"
}

const filters = [["all", "All"], ["unfinished", "Not over"], ["failed", "Not passed"]] as const

const hrefOf = ({ before, branch, only }: Shown): string => {
  const query = new URLSearchParams({
    ...only === "all" ? {} : { show: only },
    ...branch === undefined ? {} : { branch },
    ...before === undefined ? {} : { before }
  }).toString()
  return query === "" ? "/" : `/?${query}`
}

const stateOf = ({ draining, unfinished }: BotState): string => {
  const { queued = 0, "awaiting-approval": asking = 0, held = 0, ...going } = unfinished
  const parts = [
    `${Object.values(going).reduce((sum, number) => sum + number, 0)} under way`,
    ...asking === 0 ? [] : [`${count(asking, "needs", "need")} approval`],
    ...held === 0 ? [] : [`${held} held`],
    `${queued} queued`
  ]
  return `${parts.join(" · ")}${draining ? " · the bot is being stopped, and goes on after its next start" : ""}`
}

const pauseOf = ({ paused }: BotState): Markup | null =>
  paused === null
    ? null
    : markup`<p class="note"><strong>Paused:</strong> ${
      line(paused.message)
    }. Nothing new begins until then. <a href="/view/${encodeURIComponent(paused.releaseId)}">${
      line(paused.releaseId, 100)
    }</a>, since ${moment(paused.since)}</p>`

const rowOf = (record: ReleaseRecord): Markup => {
  const { outcome, request, status, submittedAt, updatedAt } = record
  const fresh = outcome?.bugs.filter(({ known }) => !known).length ?? 0
  return markup`<li>${badge(status)}<h2><a href="/view/${encodeURIComponent(request.releaseId)}">${
    line(request.releaseId, 100)
  }</a></h2>${moment(submittedAt)}<p>${says(record)}<small>${
    request.branch === undefined
      ? null
      : markup` · <a href="${hrefOf({ only: "all", branch: request.branch, before: undefined })}">${
        line(request.branch, 60)
      }</a>`
  } · ${sourceOf(request.source)}${
    outcome === null
      ? null
      : markup`${fresh === 0 ? "" : ` · ${count(fresh, "unknown bug")}`} · took ${
        duration(Math.max(0, updatedAt - submittedAt))
      }`
  }</small></p></li>`
}

const sourceOf = (source: ReleaseRecord["request"]["source"]): string =>
  source._tag === "Build" ? `build ${line(source.buildId, 60)}` : line(source.path.replace(/^.*\//, ""), 80)
