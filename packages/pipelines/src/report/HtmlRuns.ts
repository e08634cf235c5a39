/** The runs of the HTML report: for each player a timeline of its steps, the bugs on it, and the files that it left. */
import type { Picture } from "./Html.ts"
import { severityOf } from "./HtmlBugs.ts"
import type { Markup } from "./Markup.ts"
import { markup } from "./Markup.ts"
import type { ArtifactView, PlayerView, StepView } from "./PlayerView.ts"
import { pictureKey } from "./PlayerView.ts"
import { byJob } from "./Reason.ts"
import { bytes, count, duration } from "./ReportText.ts"
import type { BugView, JobView, ReportView, TrialView } from "./ReportView.ts"

type Pictures = ReadonlyMap<string, Picture>

/** A sighting with its bug and when it was, in milliseconds after the start of the run. */
interface Seen {
  readonly bug: BugView
  readonly place: number
  readonly player: number | null
  readonly at: number | null
}

/** Draws all trials with their runs. */
export const runSections = (view: ReportView, pictures: Pictures): Markup => {
  const byRun = new Map<string | null, Array<Omit<Seen, "at"> & { readonly detectedAt: string | null }>>()
  view.bugs.forEach((bug, index) => {
    for (const { detectedAt, player, runId } of bug.sightings) {
      const one = { bug, place: index + 1, player, detectedAt }
      const others = byRun.get(runId)
      if (others === undefined) byRun.set(runId, [one])
      else others.push(one)
    }
  })
  const seenIn = ({ runId, startedAt }: NonNullable<JobView["run"]>): ReadonlyArray<Seen> =>
    (byRun.get(runId) ?? []).map(({ detectedAt, ...one }) => ({
      ...one,
      at: detectedAt === null || startedAt === null
        ? null
        : Math.max(0, Date.parse(detectedAt) - Date.parse(startedAt))
    }))
  const reasons = byJob(view.reasons)
  const linked = view.trials.some(({ jobs }) =>
    jobs.some(({ run }) => run?.players.some(({ artifacts }) => artifacts.some(({ url }) => url !== null)))
  )
  return markup`<section aria-labelledby="runs"><h2 id="runs" tabindex="-1">Runs</h2>
${
    linked
      ? markup`<p class="hint">Linked files are on the artifact host, which asks for an API key of the project.</p>`
      : null
  }
${
    view.trials.map((trial) =>
      trialSection(trial, ({ jobId, run }) => ({
        problems: (reasons.get(jobId) ?? []).map(({ message }) => message),
        seen: run === null ? [] : seenIn(run),
        pictures
      }))
    )
  }</section>`
}

/** What the rest of the result says of a job. */
type Around = (job: JobView) => {
  readonly problems: ReadonlyArray<string>
  readonly seen: ReadonlyArray<Seen>
  readonly pictures: Pictures
}

const trialSection = (trial: TrialView, around: Around): Markup =>
  markup`<section class="trial">
<h3>${trial.name}</h3>
${trial.error === null ? null : markup`<p class="problem">It came to no end: ${trial.error}</p>`}
${trial.instructions === null ? null : markup`<p class="text">${trial.instructions}</p>`}
${trial.jobs.map((job) => jobSection(job, trial, around))}</section>
`

const jobSection = (job: JobView, trial: TrialView, around: Around): Markup => {
  const { bugCount, run, settled, status } = job
  const { pictures, problems, seen } = around(job)
  const name = job.testName ?? "A test without a name"
  const players = run?.players ?? []
  const total = Math.max(
    run?.durationMs ?? 0,
    ...players.flatMap(({ steps }) => steps.map((step) => (step.startMs ?? 0) + (step.durationMs ?? 0)))
  )
  return markup`<section class="run">
<h4>${name === trial.name ? null : markup`${name} · `}${
    run === null ? markup`Job <code>${job.jobId}</code>` : markup`Run <code>${run.runId}</code>`
  }</h4>
<p class="meta"><span class="result ${resultClass(run?.result ?? null)}">${
    run === null ? status : run.result ?? "no result"
  }</span>${run === null || run.durationMs === null ? null : markup` in ${duration(run.durationMs)}`} · ${
    run === null ? "never came to a run" : count(players.length, "player")
  } · ${bugCount === null ? "bugs not read" : bugCount === 0 ? "no bug seen" : `bugs seen ${times(bugCount)}`}${
    bugCount === null || settled ? null : ", perhaps more"
  }</p>
${problems.map((problem) => markup`<p class="problem">${problem}</p>`)}
${
    players.map((player) =>
      playerSection(player, {
        name,
        total,
        pictures,
        seen: seen.filter((one) => one.player === player.number).toSorted(byTime)
      })
    )
  }</section>
`
}

const byTime = (a: Seen, b: Seen): number => (a.at ?? Infinity) - (b.at ?? Infinity) || a.place - b.place

const times = (number: number): string => number === 1 ? "once" : number === 2 ? "twice" : `${number} times`

const playerSection = (
  player: PlayerView,
  { name, pictures, seen, total }: {
    readonly name: string
    readonly total: number
    readonly pictures: Pictures
    readonly seen: ReadonlyArray<Seen>
  }
): Markup =>
  markup`<section class="player">
<h5>Player ${player.number ?? player.id}${
    player.platform === null ? null : markup` <small>${player.platform}</small>`
  } <span class="result ${resultClass(player.result)}">${player.result ?? player.state ?? "no result"}</span></h5>
${
    player.steps.length === 0
      ? markup`<p class="none">No steps were told.</p>`
      : markup`${
        total > 0
          ? markup`<div class="axis" aria-hidden="true"><span><i>0</i><i>${duration(total)}</i></span></div>`
          : null
      }<ol class="steps" aria-label="Steps of player ${player.number ?? player.id} in ${name}">
${player.steps.map((step) => stepItem(step, total))}</ol>
`
  }${
    seen.length === 0 ?
      null :
      markup`<div class="found">${total > 0 ? marks(seen, total) : null}<p>Found here: ${
        seen.map(({ at, bug, place }, index) =>
          markup`${index === 0 ? "" : ", "}<a href="#bug-${place}">${bug.title}</a>${
            at === null ? null : markup` <small>at ${duration(at)}</small>`
          }`
        )
      }</p></div>
`
  }${files(player, pictures)}</section>
`

const stepItem = (step: StepView, total: number): Markup =>
  markup`<li class="${resultClass(step.result)}"><div class="goal"><span class="mark" aria-hidden="true">${
    signs[resultClass(step.result)]
  }</span><span>${step.goal ?? `Step ${step.number}`} <span class="hidden">(${
    step.result ?? step.state ?? "not reached"
  })</span></span></div>
${bar(step, total)}
<div class="time">${step.durationMs === null ? "–" : duration(step.durationMs)}</div>${
    step.report === null ? null : markup`<p class="text">${step.report}</p>`
  }</li>
`

/** A lane with the step on it, where its times are known. */
const bar = ({ durationMs, startMs }: StepView, total: number): Markup =>
  markup`<svg class="lane" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="3"/>${
    startMs === null || durationMs === null || total <= 0
      ? null
      : markup`<rect class="bar" x="${percent(startMs, total)}%" width="${
        percent(Math.max(durationMs, total / 150), total)
      }%" height="100%" rx="3"/>`
  }</svg>`

const marks = (seen: ReadonlyArray<Seen>, total: number): Markup =>
  markup`<svg class="lane marks" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="3"/>${
    seen.slice(0, 100).flatMap(({ at, bug }) =>
      at === null
        ? []
        : [markup`<circle class="${severityOf(bug) ?? "unknown"}" cx="${percent(at, total)}%" cy="50%" r="5"/>`]
    )
  }</svg>`

const percent = (millis: number, total: number): string => Math.min(100, (millis / total) * 100).toFixed(2)

const files = ({ artifacts, id, number }: PlayerView, pictures: Pictures): Markup | null => {
  if (artifacts.length === 0) return null
  const shown = artifacts.flatMap((artifact) => {
    const picture = pictures.get(pictureKey({ id }, artifact))
    return picture === undefined ? [] : [{ artifact, picture }]
  })
  const rest = artifacts.filter((artifact) => !pictures.has(pictureKey({ id }, artifact)))
  return markup`${
    shown.length === 0 ?
      null :
      markup`<div class="pictures">${
        shown.map(({ artifact, picture }) =>
          markup`<figure><img src="data:${picture.mediaType};base64,${picture.base64}" alt="Screenshot of player ${
            number ?? id
          }: ${artifact.filename}"><figcaption>${artifact.filename}</figcaption></figure>`
        )
      }</div>
`
  }${
    rest.length === 0
      ? null
      : markup`<ul class="files" aria-label="Files of player ${number ?? id}">${rest.map(file)}</ul>`
  }`
}

const file = ({ filename, kind, size, url }: ArtifactView): Markup =>
  markup`<li><span class="kind">${kinds[kind]}</span> ${
    url === null ? filename : markup`<a href="${url}" rel="noreferrer">${filename}</a>`
  }${size === null ? null : markup` <small>${bytes(size)}</small>`}</li>`

const kinds = { image: "Screenshot", video: "Recording", file: "File" } as const

const resultClass = (result: string | null): "ok" | "bad" | "open" | "odd" =>
  result === null ? "open" : result === "SUCCESS" ? "ok" : badResults.has(result) ? "bad" : "odd"

const badResults: ReadonlySet<string> = new Set(["FAILED", "MAX_STEPS", "ERROR"])

const signs = { ok: "✓", bad: "✕", open: "·", odd: "?" } as const
