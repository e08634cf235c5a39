/** What a pipeline came to, for people: the verdict first, then what it rests on. */
import * as Gate from "@nunu-effect/pipelines/Gate"
import type { PipelineResult, TestedBuild } from "@nunu-effect/pipelines/PipelineResult"
import { jobsOf } from "@nunu-effect/pipelines/PipelineResult"
import { viewOf } from "@nunu-effect/pipelines/report/ReportView"
import type { BugView } from "@nunu-effect/pipelines/report/ReportView"
import type { Finding } from "@nunu-effect/pipelines/Verdict"
import * as Format from "./Format.ts"
import type { Reported } from "./Reports.ts"
import type { Style } from "./Screen.ts"

export const resultText = (result: PipelineResult, reports: ReadonlyArray<Reported>, style: Style): string => {
  const { bugs, fixed } = viewOf(result)
  return [
    "",
    verdictLine(result, style),
    ...findingsOf(result).map((finding) => `  ${describe(finding, result)}`),
    "",
    ...(result.build === null ? [] : [buildLine(result.build)]),
    ...jobsOf(result).map(({ job, run }) =>
      run === null
        ? `  job    ${Format.remote(job.jobId)}  never came to a run`
        : `  run    ${Format.remote(run.runId)}  ${Format.remote(run.test?.name ?? "")}  ${
          Format.remote(run.result ?? "no result")
        }` +
          (run.durationMs === null ? "" : ` in ${Format.seconds(run.durationMs / 1000)}`)
    ),
    `  bugs   ${bugs.length === 0 ? "none" : bugs.length} found; ${gateText(result.gate)}`,
    ...fixed.map(({ bugId, title }) => `  fixed  ${Format.remote(bugId)}  ${Format.remote(title ?? "")}`),
    ...reports.flatMap(({ error, report }) => error === null ? [`  report ${Format.remote(report)}`] : []),
    ...(bugs.length === 0 ? [] : ["", ...bugs.map((bug) => bugLine(bug, style))]),
    ...nextOf(result).map((line) => style("dim", line)),
    ""
  ].join("\n")
}

/** Says what fails a gate. */
export const gateText = (gate: Gate.Gate): string =>
  gate.failOn.length === 0 ? "no bug fails the gate" : `the gate fails from ${Gate.describe(gate)} on`

/** What to type next, where something is to be looked at. */
const nextOf = (result: PipelineResult): ReadonlyArray<string> => {
  const ids = jobsOf(result).flatMap(({ run }) => run === null ? [] : [Format.remote(run.runId)])
  const isOver = result.verdict._tag === "Failed" &&
    result.verdict.findings.some(({ _tag }) => _tag === "BugOverThreshold")
  return result.verdict._tag === "Passed" || ids[0] === undefined ? [] : [
    "",
    `  What the players saw: nunu artifacts ${ids[0]} --to recordings`,
    ...(isOver ? [`  To accept the bugs: nunu baseline update ${ids.join(" ")} --owner NAME --reason TEXT`] : [])
  ]
}

const buildLine = ({ buildId, receipt }: TestedBuild): string =>
  `  build  ${Format.remote(buildId)}` +
  (receipt === null
    ? ""
    : `, ${Format.bytes(receipt.size)} in ${receipt.parts} ${receipt.parts === 1 ? "piece" : "parts"}`)

const verdictLine = (report: PipelineResult, style: Style): string => {
  switch (report.verdict._tag) {
    case "Passed":
      return style("bold", style("green", "PASSED"))
    case "Failed":
      return style("bold", style("red", "FAILED"))
    case "Inconclusive":
      return style("bold", style("yellow", "INCONCLUSIVE"))
  }
}

const findingsOf = ({ verdict }: PipelineResult): ReadonlyArray<Finding> =>
  verdict._tag === "Passed" ? [] : verdict.findings

const describe = (finding: Finding, { accepted }: PipelineResult): string => {
  switch (finding._tag) {
    case "RunNotSuccessful":
      return `the run of job ${Format.remote(finding.jobId)} ended with ${Format.remote(finding.result)}`
    case "BugOverThreshold":
      return `${Format.remote(finding.bug.severity ?? "unknown")} bug: ${Format.remote(finding.bug.title)}` +
        (finding.standing === "expired" && finding.bug.bugId !== null
          ? `; it was accepted until ${accepted.expired.get(finding.bug.bugId)?.until}`
          : "")
    case "NoResult":
      return (finding.jobId === "" ? "" : `job ${Format.remote(finding.jobId)}: `) + Format.remote(finding.why)
    case "BuildMismatch":
      return `job ${Format.remote(finding.jobId)} tested build ${
        Format.remote(finding.actual)
      }, not ${finding.expected}`
    case "BugsNotSettled":
      return `the bugs of job ${Format.remote(finding.jobId)} could not be read to the end`
  }
}

const bugLine = ({ accepted, category, severity, sightingCount, standing, title }: BugView, style: Style): string => {
  const word = Format.remote(severity ?? "unknown")
  const color = word === "critical" || word === "high" ? "red" : word === "medium" ? "yellow" : "dim"
  return `  ${style(color, Format.pad(word, 8))}  ${Format.pad(Format.remote(category ?? ""), 11)}  ${
    Format.remote(title)
  }` +
    (sightingCount === 1 ? "" : ` (${sightingCount} times)`) +
    (accepted === null
      ? ""
      : style("dim", standing === "known" ? ` known until ${accepted.until}` : ` expired ${accepted.until}`))
}
