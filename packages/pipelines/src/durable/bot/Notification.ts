/** What people are told of a release: the bugs that nobody knew and nobody was told of. Pure. */
import { BuildId } from "@nunu-effect/core/Build"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as JsonFile from "../../JsonFile.ts"
import { line } from "../../report/ReportText.ts"
import { ReleaseBug, ReleaseOutcome } from "../Release.ts"
import type { LoggedEvent } from "../ReleaseEvent.ts"
import type { ReleaseRecord } from "../ReleaseLog.ts"

/** The body of a webhook. Grows by fields only; what could not be read as this has another `schemaVersion`. */
export const Notification = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  type: Schema.Literal("release.new-bugs"),
  /** The same for each attempt, also after a restart; also in the header `Idempotency-Key`. */
  id: Schema.String,
  /** When the release ended, in ISO 8601. */
  at: Schema.String,
  release: Schema.Struct({
    releaseId: Schema.String,
    branch: Schema.NullOr(Schema.String),
    status: ReleaseOutcome.fields.status,
    /** One line for people. */
    summary: Schema.String,
    buildId: Schema.NullOr(BuildId),
    /** The page of the release, where the bot knows how it is reached. */
    url: Schema.NullOr(Schema.String)
  }),
  /** At least one. */
  bugs: Schema.Array(Schema.Struct(Struct.omit(ReleaseBug.fields, ["known"])))
})
export type Notification = typeof Notification.Type

/** Gives the JSON Schema of a webhook's body. */
export const jsonSchema = (): JsonSchema.JsonSchema => JsonFile.jsonSchemaOf(Notification, "ignore")

/** The bugs of an outcome that are not in the baseline and not in `told`; each once. */
export const newBugsOf = (outcome: ReleaseOutcome, told: ReadonlySet<string>): Notification["bugs"] => {
  const fresh = outcome.bugs.filter(({ bugId, known }) => !known && !told.has(bugId))
  return Array.from(new Map(fresh.toReversed().map((bug) => [bug.bugId, bug])).values()).toReversed().map((bug) => ({
    bugId: bug.bugId,
    title: line(bug.title),
    severity: bug.severity,
    category: bug.category,
    blocking: bug.blocking
  }))
}

/** Makes the notification of a release that has ended. */
export const of = (
  { at, releaseId, seq }: Pick<LoggedEvent, "at" | "releaseId" | "seq">,
  { bugs, outcome, publicUrl, request }: {
    readonly outcome: ReleaseOutcome
    readonly request: Pick<ReleaseRecord["request"], "branch">
    readonly bugs: Notification["bugs"]
    readonly publicUrl: string | undefined
  }
): Notification => ({
  schemaVersion: 1,
  type: "release.new-bugs",
  id: `${releaseId}:${seq}`,
  at: new Date(at).toISOString(),
  release: {
    releaseId,
    branch: request.branch ?? null,
    status: outcome.status,
    summary: line(outcome.summary),
    buildId: outcome.buildId,
    url: publicUrl === undefined ? null : `${publicUrl.replace(/\/+$/, "")}/view/${encodeURIComponent(releaseId)}`
  },
  bugs
})
