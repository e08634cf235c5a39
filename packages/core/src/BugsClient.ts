/** The methods of `nunu.bugs`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, KeyedCallError, NotFound } from "./ApiError.ts"
import type { BugId } from "./Bug.ts"
import * as BugsApi from "./BugsApi.ts"
import type { BugDetails, BugSummary } from "./BugSummary.ts"
import { callEndpoint } from "./Call.ts"
import type { Page } from "./Page.ts"

export interface BugsClient {
  /** Lists the bugs of the project. `Forbidden` also where the project lacks the feature `bug_review`. */
  readonly list: (options?: BugsApi.ListBugsOptions) => Effect.Effect<Page<BugSummary>, BadRequest | KeyedCallError>
  /** Gives a bug with all its occurrences. */
  readonly get: (bugId: BugId) => Effect.Effect<BugDetails, NotFound | KeyedCallError>
}

export const make = (api: HttpApiClient.Client.Group<typeof BugsApi.BugsApi, never, never>): BugsClient => ({
  list: (query = {}) => callEndpoint(BugsApi.listBugs, api.list({ query })),
  get: (bugId) => callEndpoint(BugsApi.getBug, api.get({ params: { bugId } }))
})
