/**
 * The report for CI systems that show tests: JUnit XML, as Jenkins reads it. One suite for each trial with its runs, one
 * for the bugs, and one for the verdict, so that a result that did not pass has at least one test that did not.
 */
import type { PipelineResult } from "../PipelineResult.ts"
import type { Markup } from "./Markup.ts"
import { markup } from "./Markup.ts"
import type { Reason } from "./Reason.ts"
import { byJob } from "./Reason.ts"
import type { BugView, JobView, ReportView, TrialView } from "./ReportView.ts"
import { viewOf } from "./ReportView.ts"

/** Writes a result as JUnit XML. */
export const render = (result: PipelineResult): string => {
  const view = viewOf(result)
  const reasons = byJob(view.reasons)
  const suites = [
    ...view.trials.map((trial) => suiteOf(trial.name, trial.durationMs, casesOf(trial, reasons))),
    suiteOf("Bugs", null, view.bugs.map(bugCase)),
    suiteOf("Verdict", view.durationMs, [verdictCase(view)])
  ]
  const { errors, failures, tests } = countsOf(suites.flatMap(({ cases }) => cases))
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nunu ${view.program}" tests="${tests}" failures="${failures}" errors="${errors}" time="${
    seconds(view.durationMs)
  }">
${suites.map((suite) => suiteXml(suite, view))}</testsuites>
`.source
}

interface Case {
  readonly name: string
  readonly className: string
  readonly millis: number | null
  readonly outcome: "passed" | "failure" | "error" | "skipped"
  readonly type: string
  readonly message: string
  readonly details: string
}

interface Suite {
  readonly name: string
  readonly millis: number | null
  readonly cases: ReadonlyArray<Case>
}

const suiteOf = (name: string, millis: number | null, cases: ReadonlyArray<Case>): Suite => ({ name, millis, cases })

const passed = { outcome: "passed", type: "", message: "", details: "", millis: null } as const

type Reasons = ReturnType<typeof byJob>

const casesOf = (trial: TrialView, reasons: Reasons): ReadonlyArray<Case> => [
  ...(trial.error === null ? [] : [{
    ...passed,
    name: "Start to end",
    className: trial.name,
    outcome: "error" as const,
    type: "NoEnd",
    message: trial.error
  }]),
  ...trial.jobs.map((job) => jobCase(job, trial, reasons.get(job.jobId) ?? []))
]

const jobCase = ({ jobId, run, testName }: JobView, trial: TrialView, own: ReadonlyArray<Reason>): Case => {
  const worst = own.find(({ kind }) => kind === "RunNotSuccessful") ?? own[0]
  return {
    ...passed,
    name: testName ?? jobId,
    className: trial.name,
    millis: run?.durationMs ?? null,
    ...(worst === undefined ? {} : {
      outcome: worst.kind === "RunNotSuccessful" ? "failure" : "error",
      type: worst.kind,
      message: worst.message
    }),
    details: own.map(({ message }) => message).join("\n")
  }
}

const bugCase = (bug: BugView): Case => ({
  ...passed,
  name: bug.title + (bug.bugId === null ? "" : ` [${bug.bugId}]`),
  className: `bugs.${bug.category ?? "unknown"}`,
  outcome: bug.fails ? "failure" : bug.standing === "known" ? "skipped" : "passed",
  type: bug.severity ?? "unknown",
  message: bug.standing === "known" && bug.accepted !== null
    ? `Accepted until ${bug.accepted.until} by ${bug.accepted.owner}: ${bug.accepted.reason}`
    : `${bug.severity ?? "unknown"} bug: ${bug.title}`,
  details: [bug.description ?? "", ...bug.reproductionSteps.map((step, index) => `${index + 1}. ${step}`)].join("\n")
    .trim()
})

const verdictCase = ({ reasons, summary, verdict }: ReportView): Case => ({
  ...passed,
  name: "Verdict",
  className: "Verdict",
  outcome: verdict === "passed" ? "passed" : verdict === "failed" ? "failure" : "error",
  type: verdict,
  message: summary,
  details: reasons.slice(0, 100).map(({ message }) => message).join("\n")
})

const countsOf = (cases: ReadonlyArray<Case>) => ({
  tests: cases.length,
  failures: cases.filter(({ outcome }) => outcome === "failure").length,
  errors: cases.filter(({ outcome }) => outcome === "error").length,
  skipped: cases.filter(({ outcome }) => outcome === "skipped").length
})

const suiteXml = ({ cases, millis, name }: Suite, { startedAt }: ReportView): Markup => {
  const { errors, failures, skipped, tests } = countsOf(cases)
  return markup`  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${
    seconds(millis)
  }" timestamp="${startedAt.slice(0, 19)}">
${cases.map(caseXml)}  </testsuite>
`
}

const caseXml = ({ className, details, message, millis, name, outcome, type }: Case): Markup =>
  markup`    <testcase name="${name}" classname="${className}" time="${seconds(millis)}">${
    outcome === "skipped"
      ? markup`<skipped>${message}</skipped>`
      : outcome === "failure"
      ? markup`<failure type="${type}" message="${message}">${details}</failure>`
      : outcome === "error"
      ? markup`<error type="${type}" message="${message}">${details}</error>`
      : null
  }</testcase>
`

const seconds = (millis: number | null): string => ((millis ?? 0) / 1000).toFixed(3)
