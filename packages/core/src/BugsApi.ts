/** The endpoints under `/bugs`, for projects with the feature `bug_review`. Statuses: the vendor's pages "List Bugs", "Get Bug". */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { BugId, Category, Severity } from "./Bug.ts"
import { BugDetails, BugSummary } from "./BugSummary.ts"
import { common, Permission } from "./Endpoint.ts"
import * as Page from "./Page.ts"
import * as Wire from "./Wire.ts"

/** `status`: `active` unless asked for another. The vendor's page also has a search in free text, under a name not seen. */
export const ListBugsOptions = Schema.Struct({
  status: Schema.optionalKey(Wire.openWord(["active", "archived", "all"])),
  severity: Schema.optionalKey(Severity),
  category: Schema.optionalKey(Category),
  sortBy: Schema.optionalKey(Wire.openWord(["created_at", "severity", "occurrence_count"])),
  sortOrder: Schema.optionalKey(Wire.openWord(["asc", "desc"])),
  ...Page.options
}).pipe(Wire.encodeKeys({ sortBy: "sort_by", sortOrder: "sort_order", pageSize: "page_size" }))
export type ListBugsOptions = typeof ListBugsOptions.Type

export const listBugs = HttpApiEndpoint.get("list", "/bugs", {
  query: ListBugsOptions,
  success: Page.Page(BugSummary),
  // 400: a filter that is not valid · 403: also where the project lacks the feature `bug_review`
  error: [BadRequest, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "listBugs", summary: "List bugs" })).annotate(
  Permission,
  "project:read-runs"
)

export const getBug = HttpApiEndpoint.get("get", "/bugs/:bugId", {
  params: { bugId: BugId },
  success: BugDetails,
  // 403: also where the project lacks the feature `bug_review` · 404: no such bug in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getBug", summary: "Get bug" })).annotate(
  Permission,
  "project:read-runs"
)

export class BugsApi extends HttpApiGroup.make("bugs").add(listBugs, getBug).middleware(ApiKey) {}
