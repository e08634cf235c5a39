/**
 * The report for code scanning: SARIF 2.1.0. A bug is a result with a baseline state: `new`; `unchanged` when the
 * baseline knows it, with a suppression while it is accepted; `absent` when it is fixed.
 */
import type { PipelineResult } from "../PipelineResult.ts"
import type { AcceptedView, BugView, ReportView } from "./ReportView.ts"
import { viewOf } from "./ReportView.ts"

/** Writes a result as SARIF. */
export const render = (result: PipelineResult): string => `${JSON.stringify(logOf(viewOf(result)), null, 2)}\n`

const logOf = (view: ReportView) => {
  const categories = [...new Set([...view.bugs.map(categoryOf), ...(view.fixed.length === 0 ? [] : [unknown])])]
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "nunu",
          rules: categories.map((category) => ({
            id: `nunu/${category}`,
            name: `Bug in ${category}`,
            shortDescription: { text: `A bug of category ${category}, found by a player` }
          }))
        }
      },
      automationDetails: { id: `nunu/${view.program}/` },
      columnKind: "utf16CodeUnits",
      invocations: [{
        executionSuccessful: view.verdict !== "inconclusive",
        startTimeUtc: view.startedAt,
        endTimeUtc: view.endedAt,
        toolExecutionNotifications: view.reasons.filter(({ kind }) => kind !== "BugOverThreshold").map((reason) => ({
          level: "error",
          descriptor: { id: reason.kind },
          message: { text: escape(reason.message) }
        }))
      }],
      results: [
        ...view.bugs.map((bug) => bugResult(bug, categories, view)),
        ...view.fixed.map((bug) => fixedResult(bug, categories, view))
      ],
      properties: { verdict: view.verdict, summary: view.summary, gate: view.gate.text }
    }]
  }
}

const bugResult = (bug: BugView, categories: ReadonlyArray<string>, view: ReportView) => ({
  ruleId: `nunu/${categoryOf(bug)}`,
  ruleIndex: categories.indexOf(categoryOf(bug)),
  level: levelOf(bug.severity),
  message: { text: escape(bug.description === null ? bug.title : `${bug.title}\n\n${bug.description}`) },
  locations: [locationOf(view, bug.sightings[0]?.testName ?? null)],
  occurrenceCount: bug.sightingCount,
  baselineState: bug.standing === "new" ? "new" : "unchanged",
  ...(bug.bugId === null ? {} : { partialFingerprints: { "nunuBugId/v1": bug.bugId } }),
  ...(bug.standing === "known" && bug.accepted !== null
    ? { suppressions: [{ kind: "external", status: "accepted", justification: acceptance(bug.accepted) }] }
    : {}),
  properties: {
    severity: bug.severity,
    confidence: bug.confidence,
    category: bug.category,
    standing: bug.standing,
    fails: bug.fails
  }
})

const fixedResult = (bug: AcceptedView, categories: ReadonlyArray<string>, view: ReportView) => ({
  ruleId: `nunu/${unknown}`,
  ruleIndex: categories.indexOf(unknown),
  level: "none",
  message: { text: escape(bug.title ?? bug.bugId) },
  locations: [locationOf(view, null)],
  baselineState: "absent",
  partialFingerprints: { "nunuBugId/v1": bug.bugId }
})

/** Code scanning asks for a file; what has the fault is the build. */
const locationOf = ({ build }: ReportView, testName: string | null) => ({
  physicalLocation: { artifactLocation: { uri: `build/${encodeURIComponent(build?.buildId ?? "unknown")}` } },
  ...(testName === null ? {} : { logicalLocations: [{ name: testName, kind: "test" }] })
})

const acceptance = ({ owner, reason, until }: AcceptedView): string => `${reason} (${owner}, until ${until})`

const unknown = "unknown"

/** A category as part of a rule's id; remote words may have any letters. */
const categoryOf = ({ category }: BugView): string =>
  category?.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || unknown

const levelOf = (severity: string | null): "error" | "warning" | "note" => {
  switch (severity?.toLowerCase()) {
    case "low":
      return "note"
    case "medium":
      return "warning"
    default:
      return "error" // a severity that is not known counts as the worst
  }
}

/** SARIF's own marks in a message: links stand in brackets, placeholders in braces. */
const escape = (text: string): string => text.replace(/[\\[\]]/g, "\\$&").replace(/[{}]/g, "$&$&")
