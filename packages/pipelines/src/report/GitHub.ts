/** The report for GitHub Actions: outputs, a step summary, and annotations, within the limits that GitHub has. */
import type { PipelineResult } from "../PipelineResult.ts"
import * as Markdown from "./Markdown.ts"
import { cap, count } from "./ReportText.ts"
import type { ReportView } from "./ReportView.ts"
import { viewOf } from "./ReportView.ts"

export interface GitHubReport {
  /** Lines for the file that `GITHUB_OUTPUT` names. */
  readonly outputs: string
  /** Markdown for the file that `GITHUB_STEP_SUMMARY` names; under 1 MiB. */
  readonly summary: string
  /** Workflow commands, one a line, for stdout or stderr: at most ten errors, ten warnings and ten notices. */
  readonly annotations: string
}

/** Writes a result for GitHub Actions. */
export const render = (result: PipelineResult): GitHubReport => {
  const view = viewOf(result)
  const failing = view.reasons.filter(({ kind }) => isFailure(kind)).map(({ message }) => message)
  const unclear = view.reasons.filter(({ kind }) => !isFailure(kind)).map(({ message }) => message)
  const others = view.bugs.filter(({ fails, standing }) => !fails && standing === "new")
    .map(({ severity, title }) => `${severity ?? "unknown"} bug under the gate: ${title}`)
  return {
    outputs: outputsOf(view),
    summary: summaryOf(view, 1000),
    annotations: [
      ...annotationsOf("error", "nunu: failed", failing),
      ...annotationsOf("warning", "nunu: could not tell", unclear),
      ...annotationsOf("notice", "nunu: new bug", others)
    ].map((line) => `${line}\n`).join("")
  }
}

const isFailure = (kind: string): boolean => kind === "BugOverThreshold" || kind === "RunNotSuccessful"

const outputsOf = (view: ReportView): string => {
  const runIds = view.trials.flatMap(({ jobs }) => jobs.flatMap(({ run }) => run === null ? [] : [run.runId]))
  return [
    ["verdict", view.verdict],
    ["summary", view.summary],
    ["build-id", view.build?.buildId ?? ""],
    ["run-ids", runIds.join(",")],
    ["bugs", view.counts.bugs],
    ["new-bugs", view.counts.new],
    ["known-bugs", view.counts.known],
    ["failing-bugs", view.counts.failing],
    ["fixed-bugs", view.counts.fixed]
  ].map(([name, value]) => `${name}=${value}\n`).join("") // no value has a line feed: a second line would be an output
}

/** GitHub drops a summary of more than 1 MiB. */
const summaryOf = (view: ReportView, maxBugs: number): string => {
  const summary = Markdown.renderView(view, { maxBugs })
  if (summary.length <= maxSummary) return summary
  return maxBugs < 10 ? summary.slice(0, maxSummary) : summaryOf(view, Math.floor(maxBugs / 2))
}

/** In UTF-16 units, each of which takes at most three bytes. */
const maxSummary = 340_000

/** GitHub shows ten of a level for a step, so the tenth may have to stand for the rest. */
const annotationsOf = (level: string, title: string, messages: ReadonlyArray<string>): ReadonlyArray<string> => {
  const shown = messages.length <= 10 ? messages : messages.slice(0, 9)
  const rest = messages.length - shown.length
  return [...shown, ...(rest === 0 ? [] : [`…and ${count(rest, "more", "more")}: see the summary of this step`])]
    .map((message) => `::${level} title=${escapeProperty(title)}::${escapeData(cap(message, 2000))}`)
}

/** `##[` begins an older form of a command, wherever in a line it stands. */
const escapeData = (text: string): string =>
  text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/##(?=\[)/g, "# #")

const escapeProperty = (text: string): string => escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C")
