/** The page at `/`: uploads, runs, requests and weather as they stand, without scripts. */
import type { StartedJob, Upload } from "./EmulatorState.ts"
import type { Html } from "./Html.ts"
import { html } from "./Html.ts"
import type { LoggedRequest } from "./RequestLog.ts"
import type { JobAt } from "./RunViews.ts"
import { tagsOf } from "./RunViews.ts"
import { describe } from "./Storm.ts"
import type { ActiveStorm } from "./Weather.ts"

export interface Dashboard {
  readonly baseUrl: string
  readonly generation: string
  readonly speed: number
  /** Epoch milliseconds. */
  readonly now: number
  /** Newest first. */
  readonly uploads: ReadonlyArray<Upload>
  readonly runs: ReadonlyArray<JobAt>
  readonly requests: ReadonlyArray<LoggedRequest>
  readonly totals: { readonly uploads: number; readonly runs: number; readonly requests: number }
  readonly violations: ReadonlyArray<string>
  readonly storms: ReadonlyArray<ActiveStorm>
  readonly weatherSeed: number | null
  /** Seconds after which the page shows itself anew; null for a page that stands still. */
  readonly refresh: number | null
}

/** Draws the page. */
export const draw = (dashboard: Dashboard): Html => {
  const { baseUrl, generation, now, refresh, requests, runs, speed, totals, uploads, violations } = dashboard
  return page(
    "Emulator",
    refresh,
    html`
<header>
  <h1>nunu emulator</h1>
  <p><code>${baseUrl}</code></p>
  <p class="facts">shapes <b>${generation}</b> · speed <b>${speed}×</b> · ${clock(now)} UTC</p>
  <nav>
    ${refresh === null ? html`<a href="/">Follow</a>` : html`<a href="/?still">Stand still</a>`}
    <a href="/docs">API</a>
    <a href="/openapi.json">openapi.json</a>
    <a href="/_emulator/requests">log</a>
    <a href="/_emulator/state">state</a>
  </nav>
</header>
${
      violations.length === 0
        ? html`<p class="well">No violations</p>`
        : html`<section class="ill"><h2>${violations.length} ${
          violations.length === 1 ? "violation" : "violations"
        }</h2>
<ul>${violations.map((violation) => html`<li>${violation}</li>`)}</ul></section>`
    }
${weatherOf(dashboard)}
<section>
  <h2>Uploads <small>${shown(uploads.length, totals.uploads)}</small></h2>
  ${
      table(
        ["Build", "File", "Parts", "State"],
        uploads.map((upload) => uploadRow(upload, now)),
        "No uploads yet"
      )
    }
</section>
<section>
  <h2>Runs <small>${shown(runs.length, totals.runs)}</small></h2>
  ${table(["Run", "Test", "Steps", "State", "Found"], runs.map(runRow), "No runs yet")}
</section>
<section>
  <h2>Requests <small>${shown(requests.length, totals.requests)}</small></h2>
  ${table(["Time", "To", "Request", "Answer"], requests.map(requestRow), "No requests yet")}
</section>`
  )
}

/** A whole document around a body; its style comes from the emulator itself. */
export const page = (title: string, refresh: number | null, body: Html): Html =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refresh === null ? null : html`<meta http-equiv="refresh" content="${refresh}">`}
<title>${title} · nunu</title>
<link rel="stylesheet" href="/_emulator/style.css">
</head>
<body>${body}</body>
</html>
`

const weatherOf = ({ storms, weatherSeed }: Dashboard): Html | null =>
  storms.length === 0 && weatherSeed === null ? null : html`<section>
  <h2>Weather</h2>
  <ul>${
    storms.map(({ concerned, met, storm }) =>
      html`<li><b>${describe(storm)}</b> ${whenOf(storm.when)} <small>met ${met} of ${concerned}, ${
        storm.times === "always" ? "for good" : `at most ${storm.times ?? 1}`
      }</small></li>`
    )
  }${weatherSeed === null ? null : html`<li><b>random</b> <small>seed ${weatherSeed}</small></li>`}</ul>
</section>`

const whenOf = (when: ActiveStorm["storm"]["when"]): string =>
  Object.entries(when ?? {}).map(([key, value]) => `${key} ${value}`).join(", ")

const shown = (count: number, total: number): string => count === total ? String(total) : `last ${count} of ${total}`

const table = (titles: ReadonlyArray<string>, rows: ReadonlyArray<Html>, empty: string): Html =>
  rows.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<div class="scroll"><table><thead><tr>${
      titles.map((title) => html`<th scope="col">${title}</th>`)
    }</tr></thead>
<tbody>${rows}</tbody></table></div>`

const uploadRow = ({ buildId, etags, expiresAt, request, status, totalParts }: Upload, now: number): Html => {
  const state = status === "open" && expiresAt <= now ? "expired" : status
  return html`<tr>
<td><code title="${buildId}">…${buildId.slice(-8)}</code></td>
<td class="wide">${request.name}<br><small>${request.fileName} · ${
    size(request.fileSize)
  } · ${request.platform}</small></td>
<td>${progress(etags.size, totalParts)}</td>
<td>${badge(state)}${state === "open" ? html`<br><small>${minutes(expiresAt - now)} left</small>` : null}</td>
</tr>`
}

const runRow = ({ job, snapshot }: JobAt): Html => {
  const steps = snapshot.players.flatMap((player) => player.steps)
  const done = steps.filter(({ state }) => state === "COMPLETED").length
  const current = steps.find(({ state }) => state === "RUNNING")
  return html`<tr>
<td><code>${job.runId}</code>${tags(job)}</td>
<td class="wide">${job.script.testName}<br><small>${snapshot.rejection ?? current?.goal ?? ""}</small></td>
<td>${progress(done, steps.length)}</td>
<td>${
    badge(snapshot.rejection === null ? snapshot.result ?? snapshot.shownState ?? snapshot.shownStatus : "refused")
  }</td>
<td>${snapshot.bugs.length} <small>${snapshot.bugs.length === 1 ? "bug" : "bugs"}</small></td>
</tr>`
}

const tags = (job: StartedJob): Html | null => {
  const all = tagsOf(job)
  return all.length === 0 ? null : html`<br><small>${all.join(", ")}</small>`
}

const requestRow = ({ at, method, origin, path, status, weather }: LoggedRequest): Html =>
  html`<tr>
<td><time>${clock(at)}</time></td>
<td>${origin}</td>
<td class="wide"><b>${method}</b> <code class="path">${decoded(path)}</code>${
    weather.length === 0 ? null : html`<br><small>${weather.join(", ")}</small>`
  }</td>
<td>${badge(status === null ? "gone" : String(status))}</td>
</tr>`

const progress = (done: number, total: number): Html =>
  html`<progress max="${Math.max(total, 1)}" value="${done}">${done}</progress><br><small>${done} of ${total}</small>`

const badge = (word: string): Html => html`<span class="badge ${tone(word)}">${word.toLowerCase()}</span>`

const tone = (word: string): string =>
  /^(success|completed|2\d\d|3\d\d)$/i.test(word)
    ? "good"
    : /^(open|running|initializing|queued|starting)$/i.test(word)
    ? "live"
    : /^(cancelled|stopped)$/i.test(word)
    ? "plain"
    : "bad"

const clock = (at: number): string => new Date(at).toISOString().slice(11, 19)

const minutes = (millis: number): string =>
  millis < 60_000 ? `${Math.ceil(millis / 1000)} s` : `${Math.ceil(millis / 60_000)} min`

const size = (bytes: number): string => {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 4)
  return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
