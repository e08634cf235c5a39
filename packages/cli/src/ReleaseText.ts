/** A release for people: the verdict first, then what it rests on. */
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import type { Gate } from "@nunu-effect/pipelines/Gate"
import type { ReleaseResult } from "@nunu-effect/pipelines/Pipeline"
import { jobsOf } from "@nunu-effect/pipelines/PipelineResult"
import type { Finding } from "@nunu-effect/pipelines/Verdict"
import * as Format from "./Format.ts"
import type { Style } from "./Screen.ts"

export const releaseText = (report: ReleaseResult, gate: Gate, style: Style): string => {
  const bugs = jobsOf(report).flatMap((job) => job.bugs ?? []).toSorted(bySeverity)
  const thresholds = gate.failOn.map(({ confidence, severity }) =>
    confidence === undefined ? severity : `${severity}:${confidence}`
  ).join(" or ")
  return [
    "",
    verdictLine(report, style),
    ...findingsOf(report).map((finding) => `  ${describe(finding)}`),
    "",
    `  build  ${Format.remote(report.build.buildId)}, ${
      Format.bytes(report.build.receipt.size)
    } in ${report.build.receipt.parts} ${report.build.receipt.parts === 1 ? "piece" : "parts"}`,
    ...jobsOf(report).map(({ job, run }) =>
      run === null
        ? `  job    ${Format.remote(job.jobId)}  never came to a run`
        : `  run    ${Format.remote(run.runId)}  ${Format.remote(run.test?.name ?? "")}  ${
          Format.remote(run.result ?? "no result")
        }` +
          (run.durationMs === null ? "" : ` in ${Format.seconds(run.durationMs / 1000)}`)
    ),
    `  bugs   ${bugs.length === 0 ? "none" : bugs.length} found; the gate fails from ${thresholds} on`,
    ...(bugs.length === 0 ? [] : ["", ...bugs.map((bug) => bugLine(bug, style))]),
    ""
  ].join("\n")
}

const verdictLine = (report: ReleaseResult, style: Style): string => {
  switch (report.verdict._tag) {
    case "Passed":
      return style("bold", style("green", "PASSED"))
    case "Failed":
      return style("bold", style("red", "FAILED"))
    case "Inconclusive":
      return style("bold", style("yellow", "INCONCLUSIVE"))
  }
}

const findingsOf = ({ verdict }: ReleaseResult): ReadonlyArray<Finding> =>
  verdict._tag === "Passed" ? [] : verdict.findings

const describe = (finding: Finding): string => {
  switch (finding._tag) {
    case "RunNotSuccessful":
      return `the run of job ${Format.remote(finding.jobId)} ended with ${Format.remote(finding.result)}`
    case "BugOverThreshold":
      return `${Format.remote(finding.bug.severity ?? "unknown")} bug: ${Format.remote(finding.bug.title)}`
    case "NoResult":
      return `job ${Format.remote(finding.jobId)}: ${Format.remote(finding.why)}`
    case "BuildMismatch":
      return `job ${Format.remote(finding.jobId)} tested build ${
        Format.remote(finding.actual)
      }, not ${finding.expected}`
    case "BugsNotSettled":
      return `the bugs of job ${Format.remote(finding.jobId)} could not be read to the end`
  }
}

const bugLine = (bug: BugOccurrence, style: Style): string => {
  const severity = Format.remote(bug.severity ?? "unknown")
  const color = severity === "critical" || severity === "high" ? "red" : severity === "medium" ? "yellow" : "dim"
  return `  ${style(color, severity.padEnd(8))}  ${Format.remote(bug.category ?? "").padEnd(11)}  ${
    Format.remote(bug.title)
  }`
}

const order = ["critical", "high", "medium", "low"]

const bySeverity = (a: BugOccurrence, b: BugOccurrence): number =>
  order.indexOf(a.severity ?? "") - order.indexOf(b.severity ?? "")
