/** The methods of `nunu.knowledge`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { KeyedCallError, NotFound } from "./ApiError.ts"
import { callEndpoint } from "./Call.ts"
import type { KnowledgeFiles, KnowledgeSections } from "./Knowledge.ts"
import * as KnowledgeApi from "./KnowledgeApi.ts"

type Options = KnowledgeApi.KnowledgeOptions

export interface KnowledgeClient {
  /** Lists the files of a project, of its agents and of its tests. */
  readonly list: (
    projectId: string,
    options?: Options
  ) => Effect.Effect<KnowledgeSections, NotFound | KeyedCallError>
  /** Lists the files that are for the whole project. */
  readonly ofProject: (
    projectId: string,
    options?: Options
  ) => Effect.Effect<KnowledgeFiles, NotFound | KeyedCallError>
  readonly ofAgent: (
    owner: { readonly projectId: string; readonly agentId: string },
    options?: Options
  ) => Effect.Effect<KnowledgeFiles, NotFound | KeyedCallError>
  readonly ofTest: (
    owner: { readonly projectId: string; readonly testCaseId: string },
    options?: Options
  ) => Effect.Effect<KnowledgeFiles, NotFound | KeyedCallError>
}

export const make = (
  api: HttpApiClient.Client.Group<typeof KnowledgeApi.KnowledgeApi, never, never>
): KnowledgeClient => ({
  list: (projectId, query = {}) => callEndpoint(KnowledgeApi.listKnowledge, api.list({ params: { projectId }, query })),
  ofProject: (projectId, query = {}) =>
    callEndpoint(KnowledgeApi.listProjectKnowledge, api.ofProject({ params: { projectId }, query })),
  ofAgent: (params, query = {}) => callEndpoint(KnowledgeApi.listAgentKnowledge, api.ofAgent({ params, query })),
  ofTest: (params, query = {}) => callEndpoint(KnowledgeApi.listTestKnowledge, api.ofTest({ params, query }))
})
