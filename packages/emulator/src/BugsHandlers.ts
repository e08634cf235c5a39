/** `/bugs`: the bugs of all runs so far, one for each bug id. */
import { NotFound } from "@nunu-effect/core/ApiError"
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { BugId } from "@nunu-effect/core/Bug"
import type { BugDetails } from "@nunu-effect/core/BugSummary"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { EmulatedApi } from "./EmulatedApi.ts"
import * as JobRegister from "./JobRegister.ts"
import { paged, sorted } from "./Paged.ts"
import type { JobAt } from "./RunViews.ts"
import { projectId, toBugs } from "./RunViews.ts"

export const layer = HttpApiBuilder.group(
  EmulatedApi,
  "bugs",
  Effect.fnUntraced(function*(handlers) {
    const register = yield* JobRegister.make
    const all = Effect.map(register.now, (now) =>
      byBugId(
        register.find().flatMap((job) => {
          const at = register.view(job, now)
          return toBugs(at).map((occurrence) => ({ at, occurrence }))
        })
      ))
    return handlers.handleAll({
      list: Effect.fnUntraced(function*({ query }) {
        const found = (yield* all)
          .filter((bug) => query.status === undefined || query.status === "all" || bug.status === query.status)
          .filter((bug) => query.severity === undefined || bug.severity === query.severity)
          .filter((bug) => query.category === undefined || bug.category === query.category)
        return paged(sorted(found, sortKeys[query.sortBy ?? ""] ?? createdAt, query.sortOrder ?? "desc"), query)
      }),
      get: Effect.fnUntraced(function*({ params }) {
        const bug = (yield* all).find(({ id }) => id === params.bugId)
        return bug ?? (yield* new NotFound({ error: "bug not found" }))
      })
    })
  })
)

interface Seen {
  readonly at: JobAt
  readonly occurrence: BugOccurrence
}

const byBugId = (seen: ReadonlyArray<Seen>): ReadonlyArray<BugDetails> =>
  Object.entries(Arr.groupBy(seen, ({ occurrence }) => occurrence.bugId ?? occurrence.id))
    .map(([id, occurrences]) => toDetails(BugId.make(id), occurrences))

const toDetails = (id: BugDetails["id"], seen: ReadonlyArray<Seen>): BugDetails => {
  const first = seen.at(-1)?.occurrence // newest first
  return {
    id,
    projectId,
    title: first?.title ?? "",
    description: first?.description ?? null,
    reproductionSteps: first?.reproductionSteps ?? null,
    severity: first?.severity ?? null,
    category: first?.category ?? null,
    confidence: first?.confidence ?? null,
    tags: [],
    details: null,
    status: "active",
    suppressReporting: false,
    occurrenceCount: seen.length,
    createdAt: first?.detectedAt ?? null,
    createdBy: null,
    occurrences: seen.map(({ at: { job }, occurrence }) => ({
      id: occurrence.id,
      runId: job.runId,
      playerIndex: occurrence.playerNumber,
      testStep: null,
      turn: null,
      detectedAt: occurrence.detectedAt,
      reviewedAt: null,
      reviewedBy: null,
      reviewComment: null,
      title: occurrence.title,
      testName: job.script.testName,
      testVersion: null,
      testPlanName: null,
      severity: occurrence.severity,
      category: occurrence.category
    }))
  }
}

const createdAt = ({ createdAt }: BugDetails) => createdAt === null ? 0 : DateTime.toEpochMillis(createdAt)

const severities = ["low", "medium", "high", "critical"]

const sortKeys: Readonly<Record<string, (bug: BugDetails) => number>> = {
  severity: ({ severity }) => severities.indexOf(severity ?? ""),
  occurrence_count: ({ occurrenceCount }) => occurrenceCount ?? 0
}
