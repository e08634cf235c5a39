/** The report for pull requests, wikis and step summaries: GitHub's Markdown, in which text from outside stays text. */
import { severities } from "../Gate.ts"
import type { PipelineResult } from "../PipelineResult.ts"
import { bytes, count, duration } from "./ReportText.ts"
import type { AcceptedView, BugView, JobView, ReportView, TrialView } from "./ReportView.ts"
import { viewOf } from "./ReportView.ts"

export interface MarkdownOptions {
  /** How many bugs are listed, the worst first; the rest is counted. @default all */
  readonly maxBugs?: number
}

/** Writes a result as Markdown. */
export const render = (result: PipelineResult, options: MarkdownOptions = {}): string =>
  renderView(viewOf(result), options)

/** Writes what reports show as Markdown. */
export const renderView = (view: ReportView, { maxBugs = Infinity }: MarkdownOptions = {}): string => {
  const { build, gate, reasons } = view
  const shown = view.bugs.slice(0, maxBugs)
  const hidden = view.bugs.length - shown.length
  const facts = [
    ...(build === null ? [] : [`build ${code(build.buildId)}${build.size === null ? "" : ` (${bytes(build.size)})`}`]),
    count(view.counts.runs, "run"),
    duration(view.durationMs),
    gate.failOn.length === 0 ? "no bug fails the gate" : `the gate fails from ${escape(gate.text)} on`
  ]
  const told = reasons.slice(0, maxReasons)
  return paragraphs([
    `# ${headings[view.verdict]}`,
    `**${escape(view.summary)}**`,
    facts.join(" · "),
    ...(told.length === 0 ? [] : [
      "## Why",
      [
        ...told.map(({ message }) => `- ${escape(message)}`),
        ...(reasons.length > told.length ? [`- and ${reasons.length - told.length} more`] : [])
      ].join("\n")
    ]),
    "## Bugs",
    ...(view.bugs.length === 0 ? ["No bug was found."] : [countsOf(view)]),
    ...[...severities.toReversed(), null].flatMap((severity) => bugTable(severity, shown)),
    ...(hidden === 0 ? [] : [`…and ${count(hidden, "bug")} more.`]),
    ...acceptedList("Fixed", "Known bugs that no run has seen any more:", view.fixed),
    ...acceptedList(
      "Not seen",
      "Known bugs that were not seen, though not every run was played to its end:",
      view.notSeen
    ),
    "## Runs",
    ...view.trials.flatMap((trial) => trialTable(trial, view.trials.length > 1))
  ])
}

/**
 * Escapes a line of text. Beside the marks of Markdown it breaks what GitHub makes of plain text by itself: mentions of
 * people and teams, references to issues, and addresses. What begins the text begins no list, heading or rule.
 */
export const escape = (text: string): string =>
  text.replace(/[\\`*_[\]{}<>|~$]/g, "\\$&").replace(/&/g, "&amp;").replace(/:(?=\/\/)/g, "&#58;").replace(
    /\bwww\./gi,
    (www) => `${www.slice(0, -1)}&#46;`
  ).replace(/@/g, `@${joiner}`).replace(/#(?=\d)|\bGH-(?=\d)/gi, `$&${joiner}`)
    .replace(/^(\d*)(?=[-#+=.)])/, "$1\\")

/** A space of no width, where a line cannot break. */
const joiner = "\u2060"

const headings = { passed: "✅ Passed", failed: "❌ Failed", inconclusive: "❔ Inconclusive" } as const

const maxReasons = 50

const paragraphs = (parts: ReadonlyArray<string>): string => `${parts.join("\n\n")}\n`

/** An id as code, which it could end, as it could a cell of a table: ids have no such signs but to do harm. */
const code = (id: string): string => `\`${id.replace(/[`|]/g, "'") || "?"}\``

const countsOf = ({ counts }: ReportView): string =>
  [
    `${counts.new} new`,
    ...(counts.known === 0 ? [] : [`${counts.known} known`]),
    ...(counts.expired === 0 ? [] : [`${counts.expired} expired`]),
    ...(counts.fixed === 0 ? [] : [`${counts.fixed} fixed`]),
    `**${counts.failing} over the gate**`
  ].join(" · ")

/** One table for each severity; null is for words that nobody knows. */
const bugTable = (severity: string | null, all: ReadonlyArray<BugView>): ReadonlyArray<string> => {
  const bugs = all.filter((bug) =>
    severity === null ? !severities.some((word) => isSame(word, bug.severity)) : isSame(severity, bug.severity)
  )
  if (bugs.length === 0) return []
  return [
    `### ${
      severity === null ? "Of unknown severity" : severity.charAt(0).toUpperCase() + severity.slice(1)
    } (${bugs.length})`,
    table(
      ["", "Bug", "Category", "Confidence", "Seen"],
      bugs.map((bug) => [
        standingOf(bug),
        escape(bug.title) + (bug.bugId === null ? "" : ` ${code(bug.bugId)}`),
        escape(bug.category ?? ""),
        escape(bug.confidence ?? ""),
        `${bug.sightingCount}×`
      ])
    )
  ]
}

const isSame = (severity: string, word: string | null): boolean => word?.toLowerCase() === severity

const standingOf = ({ accepted, confirmed, fails, standing }: BugView): string =>
  (fails ? "❌ " : "") +
  (standing === "known" && accepted !== null
    ? `known until ${accepted.until}`
    : standing === "expired" && accepted !== null
    ? `expired on ${accepted.until}`
    : "new") +
  (confirmed ? "" : ", not confirmed")

const acceptedList = (heading: string, what: string, bugs: ReadonlyArray<AcceptedView>): ReadonlyArray<string> =>
  bugs.length === 0 ? [] : [
    `## ${heading}`,
    what,
    bugs.map(({ bugId, owner, title }) => `- ${code(bugId)} ${escape(title ?? "")} (${escape(owner)})`).join("\n")
  ]

const trialTable = (trial: TrialView, named: boolean): ReadonlyArray<string> => [
  ...(named ? [`### ${escape(trial.name)}`] : []),
  ...(trial.error === null ? [] : [`It came to no end: ${escape(trial.error)}`]),
  ...(trial.jobs.length === 0 ? [] : [
    table(["Test", "Result", "Duration", "Players", "Bugs", "Run"], trial.jobs.map(jobRow))
  ])
]

const jobRow = ({ bugCount, jobId, run, settled, status, testName }: JobView): ReadonlyArray<string> => [
  escape(testName ?? ""),
  escape(run === null ? `no run (${status})` : run.result ?? "no result"),
  run === null || run.durationMs === null ? "" : duration(run.durationMs),
  run === null ? "" : String(run.players.length),
  bugCount === null ? "not read" : `${bugCount}${settled ? "" : " or more"}`,
  run === null ? `job ${code(jobId)}` : code(run.runId)
]

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
