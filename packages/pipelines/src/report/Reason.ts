/** Why a verdict is as it is, in words. */
import * as Schema from "effect/Schema"
import type { PipelineResult } from "../PipelineResult.ts"
import type { Finding } from "../Verdict.ts"
import * as ReportText from "./ReportText.ts"

export const Reason = Schema.Struct({
  /** Such as `BugOverThreshold`. */
  kind: Schema.String,
  /** On one line, its remote words made harmless. */
  message: Schema.String,
  jobId: Schema.NullOr(Schema.String),
  bugId: Schema.NullOr(Schema.String)
})
export type Reason = typeof Reason.Type

/** Says the findings of a verdict in words; none for a pass. */
export const reasonsOf = (
  { accepted, trials, verdict }: Pick<PipelineResult, "accepted" | "trials" | "verdict">
): ReadonlyArray<Reason> => {
  if (verdict._tag === "Passed") return []
  const names = new Map(
    trials.flatMap(({ jobs }) => jobs.map(({ job, run }) => [job.jobId as string, run?.test?.name ?? job.testName]))
  )
  const nameOf = (jobId: string): string => {
    const name = names.get(jobId)
    return typeof name === "string"
      ? `“${ReportText.line(name, 120)}” (job ${ReportText.line(jobId, 60)})`
      : `job ${ReportText.line(jobId, 60)}`
  }
  return verdict.findings.map((finding): Reason => ({
    kind: finding._tag,
    message: messageOf(finding, nameOf, accepted),
    jobId: "jobId" in finding && finding.jobId !== "" ? ReportText.line(finding.jobId, 100) : null,
    bugId: finding._tag === "BugOverThreshold" ? ReportText.lineOrNull(finding.bug.bugId, 100) : null
  }))
}

/** Gives the reasons of each job, by its id. */
export const byJob = (reasons: ReadonlyArray<Reason>): ReadonlyMap<string | null, ReadonlyArray<Reason>> => {
  const byId = new Map<string | null, Array<Reason>>()
  for (const reason of reasons) {
    const others = byId.get(reason.jobId)
    if (others === undefined) byId.set(reason.jobId, [reason])
    else others.push(reason)
  }
  return byId
}

const messageOf = (
  finding: Finding,
  nameOf: (jobId: string) => string,
  accepted: PipelineResult["accepted"]
): string => {
  switch (finding._tag) {
    case "RunNotSuccessful":
      return `The run of ${nameOf(finding.jobId)} ended with ${ReportText.line(finding.result, 60)}`
    case "BugOverThreshold": {
      const { bug, sightings, standing } = finding
      const known = bug.bugId === null ? undefined : accepted.expired.get(bug.bugId)
      return `Bug of severity ${ReportText.line(bug.severity ?? "unknown", 30)}: ${ReportText.line(bug.title)}` +
        (sightings === 1 ? "" : ` (seen ${sightings} times)`) +
        (standing === "expired" && known !== undefined
          ? `; it was accepted until ${known.until} by ${ReportText.line(known.owner, 60)}`
          : "")
    }
    case "NoResult":
      return finding.jobId === ""
        ? ReportText.line(finding.why)
        : `No result of ${nameOf(finding.jobId)}: ${ReportText.line(finding.why)}`
    case "BuildMismatch":
      return `The run of ${nameOf(finding.jobId)} tested build ${ReportText.line(finding.actual, 60)}, not ${
        ReportText.line(finding.expected, 60)
      }`
    case "BugsNotSettled":
      return `The bugs of ${nameOf(finding.jobId)} could not be read to the end`
  }
}
